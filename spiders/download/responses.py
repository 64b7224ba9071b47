"""What the answer of a server holds for us, or why there is none."""

from __future__ import annotations

import datetime as dt
from typing import Final

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from data.errors import StoreError
from data.models import Validator
from data.text.redaction import without_user
from data.text.urls import page_address, page_key, section_fragment
from spiders.download.decompression import TOO_LARGE
from spiders.download.documents import DOCUMENT
from spiders.download.header_limits import head_error
from spiders.download.limited_downloader import SlowRequest
from spiders.download.retry_after import HostError
from spiders.download.ssrf import HostResolver, PrivateAddressError
from spiders.download.truncation import TruncatedResponse
from spiders.items import Form
from spiders.page.page import Page

TOO_LONG: Final = "its answer is larger than [network] max_bytes allows"


def requested_url(response: Response) -> str:
    """The address that was asked for, before any redirect."""
    return str(response.meta["asked"])


POSTED: Final = "posted"
"""The key in a request's meta that holds the Form of a request by POST."""


def posting(request: Request, form: Form) -> Request:
    """The same request as the POST request that a form makes.

    Its response is known by the address that was asked for (Form.address).
    """
    return request.replace(
        url=without_user(form.url),
        method="POST",
        body=form.body.encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        meta={**request.meta, POSTED: form},
    )


def is_posted(response: Response) -> bool:
    """Whether the address of a response was asked for by POST."""
    return POSTED in response.meta


def is_led_on(response: Response) -> bool:
    """Whether a response comes from another address than the request was sent to."""
    form: Form | None = response.meta.get(POSTED)
    sent_to = form.url if form else requested_url(response)
    return page_key(response.url) != page_key(sent_to)


def page_of(response: Response) -> Page:
    """The page in a response; a redirect to a part of a page leads to the page."""
    url = without_user(response.url)
    return Page(
        page_address(url) if section_fragment(url) else url,
        response.body,
        _header(response, "Content-Type") or "",
        response.meta.get(DOCUMENT),
    )


def validator_of(response: Response) -> Validator:
    """What the server gave to ask with next time."""
    return Validator(_header(response, "ETag"), _header(response, "Last-Modified"))


def links_of(response: Response) -> tuple[str, ...]:
    """The Link fields of an answer."""
    return tuple(value.decode("latin-1") for value in response.headers.getlist("Link"))


def certificate_end(response: Response) -> dt.datetime | None:
    """When the certificate of its server ends, aware UTC; None without TLS."""
    certificate = response.certificate
    if certificate is None:
        return None
    # As X.509 writes it: 20261008120000Z.
    written = certificate.original.get_notAfter()
    return dt.datetime.strptime(written.decode(), "%Y%m%d%H%M%S%z") if written else None


NOT_PACKED: Final = "its answer is not packed as its Content-Encoding says"

KNOWN: Final = {
    "TimeoutError": ("timeout", "it took too long to answer"),
    "DownloadTimeoutError": ("timeout", "it took too long to answer"),
    "DNSLookupError": ("dns", "its host name leads nowhere"),
    "CannotResolveHostError": ("dns", "its host name leads nowhere"),
    "DownloadConnectionRefusedError": ("connection", "nothing listens at its address"),
    "ValueError": ("refused", "nothing can be requested at its address"),
    "NotSupported": ("refused", "only http and https addresses are fetched"),
    "DownloadCancelledError": ("size", TOO_LONG),
    "ConnectionDone": ("connection", "the server closed the connection without an answer"),
    "ConnectionLost": ("connection", "the connection was lost before there was an answer"),
    "ConnectError": ("connection", "no connection to its address could be made"),
    "ResponseDataLossError": ("connection", "the connection was lost in the midst of its answer"),
    "ResponseDataLoss": ("connection", "the connection was lost in the midst of its answer"),
    "ParseError": ("network", "what answers there does not speak HTTP"),
    "InvalidHeaderName": ("network", "the header fields of its answer are not those of HTTP"),
    "Undecodable": ("network", NOT_PACKED),
    "Error": ("certificate", "no secure connection to it could be made (TLS)"),
    "VerificationError": ("certificate", "its certificate is not one to be trusted"),
}
"""By the name of an error a short code, and a sentence."""


def describe_failure(failure: Failure, host: str) -> tuple[str, str]:
    """A short code and a sentence for an address that gave no answer."""
    return describe_error(failure.value, host)


def describe_error(error: BaseException | None, host: str) -> tuple[str, str]:
    """A short code and a sentence for what went wrong instead of an answer."""
    if isinstance(error, HostError | TruncatedResponse | SlowRequest):
        return error.kind, str(error)
    if host in HostResolver.refused:
        return "refused", str(PrivateAddressError(host, HostResolver.refused[host]))
    if isinstance(error, IgnoreRequest):
        return _ignored(error)
    if head := head_error(error):
        return "size", str(head)
    known = KNOWN.get(type(error).__name__)
    # What a download failed of lies within: Twisted's own failures, innermost last.
    cause = error.__cause__ if error else None
    reasons = getattr(error, "reasons", None) or getattr(cause, "reasons", None) or ()
    inner = [KNOWN.get(type(reason.value).__name__) for reason in reasons]
    found = known or next((one for one in reversed(inner) if one), None)
    if found is None and isinstance(error, StoreError):
        # What is known of the address, or of its host, could not be read or kept.
        found = "store", str(error)
    if found is None:
        last = reasons[-1].value if reasons else error
        return "network", f"it could not be fetched ({type(last).__name__})"
    return found


def _ignored(error: IgnoreRequest) -> tuple[str, str]:
    """The same for an answer that is not taken."""
    text = str(error)
    if isinstance(error, HttpError):
        status, place = error.response.status, _header(error.response, "Location")
        return "refused", f"it answers {status} and leads to {place}, which is not fetched"
    if "max redirections" in text:
        text = "it leads from one address to the next without end"
    return "size" if text in {TOO_LARGE, TOO_LONG} else "refused", text


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None
