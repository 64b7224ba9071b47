"""Access control for the admin interface, and protection of its forms.

Programs of the user who runs the service need no token at a loopback address, because they can
write to the home directory anyway. This requires an open site, and a loopback address in
``site.url``. All other clients need a token with the scope ``operate``. Proxies need one too
(feeds.server.requests.peer_process).

A page on another site can make a browser send requests to us. It can't read our responses, so it
does not know the token of a form, and the browser does not send our SameSite=Strict cookie. With
DNS rebinding, the Host header is wrong.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from data.errors import CommuniqueError
from data.settings import SiteSettings
from data.text.urls import host_of
from feeds.server.access import Access, refusal
from feeds.server.error_pages import page
from feeds.server.requests.client import host_in, is_local, is_loopback

MAX_FORM_BYTES: Final = 65_536
"""Maximum size in bytes of a submitted form."""

FORM_TYPE: Final = "application/x-www-form-urlencoded"

FORM_TOKEN: Final = "form"  # noqa: S105 - the name of a field
"""Name of the form field for the token that protects against forged forms."""

CLOSED_MESSAGE: Final = (
    "The operator's room needs no token for the user who runs the service, on the same machine and "
    "without a proxy. Everyone else needs a token. To create one, run "
    "communique token new NAME --scope operate."
)


class RejectedForm(CommuniqueError):
    """Raised if a form may be forged, or can't be parsed."""


@dataclass(frozen=True, slots=True)
class Session:
    """Secrets of a session: its cookie, and the token in its forms."""

    cookie: str
    form: str


class Guard:
    """Checks access to the admin interface, and its forms.

    ``place`` makes the cookie's name unique per home directory.
    """

    def __init__(self, access: Access, site: SiteSettings, place: str) -> None:
        self._access = access
        self._site = site
        self._own_host = host_of(site.url)
        self._secret = secrets.token_bytes(32)
        self.cookie_name = f"communique_{hashlib.sha256(place.encode()).hexdigest()[:8]}"

    def needs_process(self, scope: Scope) -> bool:
        """Return whether the client's process decides if a request has access."""
        return not is_part_of_another_site(scope) and is_local(scope, self._site)

    def enter(self, scope: Scope, *, is_own: bool = True) -> Session | Response:
        """Return the session for a request, or the response that denies access.

        ``is_own`` is true if a request from this machine comes from a program of the same user.
        Each token has one session until this process ends, so a link from another site opens the
        same session.
        """
        if is_part_of_another_site(scope):
            text = "Pages of other sites must not request the operator's room."
            return page(scope, 403, message=text)
        if is_own and is_local(scope, self._site):
            return self._session("")
        verdict = self._access.judge(scope, "operate")
        if verdict.is_granted and verdict.token:
            return self._session(verdict.token.name)
        # Do not ask for a password if no token could be correct.
        is_known = host_in(scope) == self._own_host or is_loopback(host_in(scope))
        can_ask = is_known and self._access.permissions.has_token_for("operate")
        if verdict.status == 401 and not can_ask:  # noqa: PLR2004 - Unauthorized
            return page(scope, 403, message=CLOSED_MESSAGE)
        return refusal(scope, verdict)

    async def form(self, request: Request, session: Session) -> Mapping[str, str]:
        """Read the fields of a submitted form. Raises RejectedForm if it may be forged."""
        site = request.headers.get("sec-fetch-site")
        origin = request.headers.get("origin")
        if site is not None and site != "same-origin":
            raise RejectedForm("the form came from another site")
        if site is None and origin and urlsplit(origin).netloc != request.headers.get("host"):
            raise RejectedForm("the form came from another site")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
            raise RejectedForm("the request contains no form data")
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MAX_FORM_BYTES:
                raise RejectedForm(f"the form has more than {MAX_FORM_BYTES:,} bytes")
        fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        cookie = request.cookies.get(self.cookie_name, "")
        if not is_same(cookie, session.cookie) or not is_same(
            fields.pop(FORM_TOKEN, ""), session.form
        ):
            raise RejectedForm("this form is out of date; reload its page and try again")
        return fields

    def _session(self, name: str) -> Session:
        cookie = self._digest(f"cookie {name}")
        return Session(cookie, self._digest(f"form {cookie}"))

    def _digest(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


def is_part_of_another_site(scope: Scope) -> bool:
    """Return whether a page on another site embeds or fetches this resource (Fetch Metadata).

    A click on a link does not count, because it opens our page itself.
    """
    headers = dict(scope["headers"])
    is_foreign = headers.get(b"sec-fetch-site") in {b"cross-site", b"same-site"}
    return is_foreign and headers.get(b"sec-fetch-mode") != b"navigate"


def is_same(given: str, expected: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(given.encode(), expected.encode())
