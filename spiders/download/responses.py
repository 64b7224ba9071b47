"""Convert Scrapy's responses to the project's types, and failed requests to error messages."""

import datetime as dt
from typing import Final

from scrapy import Request, Spider
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from data.errors import StoreError
from data.health.run_errors import ErrorKind
from data.models import Validator
from data.text.masking import without_user
from data.text.urls import host_of, page_address, page_key, part_fragment
from spiders.download.documents import DOCUMENT
from spiders.download.downloader import SlowRequest
from spiders.download.retry_after import HostError
from spiders.download.settings import CONNECTIONS, CrawlConnections
from spiders.download.size_limits import TOO_LARGE, head_error
from spiders.download.ssrf import PrivateAddressError
from spiders.download.truncation import TruncatedResponse
from spiders.items import Form
from spiders.page.page import Page

TOO_LONG: Final = "the response is larger than [network] max_bytes"

FORM_META_KEY: Final = "posted"
"""Key in a request's ``meta`` for the `Form` that it sends."""

NOT_PACKED: Final = "the response does not match its Content-Encoding"

KNOWN_ERRORS: Final[dict[str, tuple[ErrorKind, str]]] = {
    "TimeoutError": ("timeout", "the server took too long to respond"),
    "DownloadTimeoutError": ("timeout", "the server took too long to respond"),
    "DNSLookupError": ("dns", "the host name has no address"),
    "CannotResolveHostError": ("dns", "the host name has no address"),
    "DownloadConnectionRefusedError": ("connection", "no server listens at the address"),
    "ValueError": ("refused", "the address can't be requested"),
    "NotSupported": ("refused", "only http and https addresses are fetched"),
    "DownloadCancelledError": ("size", TOO_LONG),
    "ConnectionDone": ("connection", "the server closed the connection without a response"),
    "ConnectionLost": ("connection", "the connection was lost before a response"),
    "ConnectError": ("connection", "a connection to the address failed"),
    "ResponseDataLossError": ("connection", "the connection was lost during the response"),
    "ResponseDataLoss": ("connection", "the connection was lost during the response"),
    "ParseError": ("network", "the server does not speak HTTP"),
    "InvalidHeaderName": ("network", "the header fields of the response are not valid HTTP"),
    "Undecodable": ("network", NOT_PACKED),
    "Error": ("certificate", "a secure connection (TLS) failed"),
    "VerificationError": ("certificate", "the certificate of the server is not trusted"),
}
"""Error kinds and messages, by the class name of the exception."""


def requested_url(response: Response) -> str:
    """Return the URL that was requested before any redirects."""
    return str(response.meta["asked"])


def posting(request: Request, form: Form) -> Request:
    """Return a copy of ``request`` as a POST request that sends a form.

    The response is identified by `Form.address`.
    """
    return request.replace(
        url=without_user(form.url),
        method="POST",
        body=form.body.encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        meta={**request.meta, FORM_META_KEY: form},
    )


def is_posted(response: Response) -> bool:
    """Whether a response is the response to a POST request."""
    return FORM_META_KEY in response.meta


def was_redirected(response: Response) -> bool:
    """Whether the URL of a response differs from the requested URL."""
    form: Form | None = response.meta.get(FORM_META_KEY)
    sent_to = form.url if form else requested_url(response)
    return page_key(response.url) != page_key(sent_to)


def page_of(response: Response) -> Page:
    """Convert a response to a `Page`. The URL fragment is removed if there was a redirect."""
    url = without_user(response.url)
    return Page(
        page_address(url) if part_fragment(url) else url,
        response.body,
        _header(response, "Content-Type") or "",
        response.meta.get(DOCUMENT),
    )


def validator_of(response: Response) -> Validator:
    """Return a response's validators (ETag, Last-Modified), for later conditional requests."""
    return Validator(_header(response, "ETag"), _header(response, "Last-Modified"))


def links_of(response: Response) -> tuple[str, ...]:
    """Return the Link headers of a response."""
    return tuple(value.decode("latin-1") for value in response.headers.getlist("Link"))


def certificate_end(response: Response) -> dt.datetime | None:
    """Return the expiry time of the server's certificate (aware, UTC), or None without TLS."""
    certificate = response.certificate
    if certificate is None:
        return None
    # The format of X.509: 20261008120000Z.
    written = certificate.original.get_notAfter()
    return dt.datetime.strptime(written.decode(), "%Y%m%d%H%M%S%z") if written else None


def describe_failure(failure: Failure, spider: Spider) -> tuple[ErrorKind, str]:
    """Return the error kind and a message for a failed request of ``spider``."""
    host = host_of(failure.request.url)  # type: ignore[attr-defined]  # Scrapy sets it
    return describe_error(failure.value, host, spider.settings[CONNECTIONS])


def describe_error(
    error: BaseException | None, host: str, connections: CrawlConnections
) -> tuple[ErrorKind, str]:
    """Return the error kind and a message for an exception that made a request to ``host`` fail."""
    if isinstance(error, HostError | TruncatedResponse | SlowRequest):
        return error.kind, str(error)
    if private := connections.refused.get(host):
        return "refused", str(PrivateAddressError(host, private))
    if isinstance(error, IgnoreRequest):
        return _ignored(error)
    if head := head_error(error):
        return "size", str(head)
    known: tuple[ErrorKind, str] | None = KNOWN_ERRORS.get(type(error).__name__)
    if why := connections.proxy_failures.get(host):
        known = "network", why
    # The cause is Twisted's innermost failure, the last in the list.
    cause = error.__cause__ if error else None
    reasons = getattr(error, "reasons", None) or getattr(cause, "reasons", None) or ()
    inner = [KNOWN_ERRORS.get(type(reason.value).__name__) for reason in reasons]
    found = known or next((one for one in reversed(inner) if one), None)
    if found is None and isinstance(error, StoreError):
        # Data that is stored per URL or host could not be read or written.
        found = "store", str(error)
    if found is None:
        last = reasons[-1].value if reasons else error
        return "network", f"the page could not be fetched ({type(last).__name__})"
    proxy = connections.silent_proxies.get(host) if found[0] == "timeout" else None
    return ("timeout", f"nothing arrived in time through the proxy {proxy}") if proxy else found


def _ignored(error: IgnoreRequest) -> tuple[ErrorKind, str]:
    """Return the error kind and a message for a rejected request or response."""
    text = str(error)
    if isinstance(error, HttpError):
        status, place = error.response.status, _header(error.response, "Location")
        return (
            "refused",
            f"the server responds with {status} and redirects to {place}, which is not requested",
        )
    if "max redirections" in text:
        text = "too many redirects"
    return "size" if text in {TOO_LARGE, TOO_LONG} else "refused", text


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None
