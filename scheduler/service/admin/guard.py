"""Who may come into the operator's room, and whose forms are believed.

A program of the user who runs the service may, at a loopback address: it can write into HOME as
well. This ends when the site is not open, or when ``site.url`` is not a loopback address. All
others need a token that may operate, and so do proxies (feeds.server.requests.peer_process).

A page of another site can have a browser send requests here. It can't read the answer, and so knows
no form's token; it has no cookie that is SameSite=Strict; and by a name of its own that leads to
127.0.0.1 (DNS rebinding) it comes with a Host that is not ours.
"""

from __future__ import annotations

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
from data.settings import Site
from feeds.server.errors import page
from feeds.server.requests.access import Access
from feeds.server.requests.client import host_in, is_local, is_loopback
from feeds.server.token_gate import refusal

LARGEST: Final = 65_536
"""Bytes of a form that are read."""

FORM: Final = "application/x-www-form-urlencoded"

FORM_TOKEN: Final = "form"  # noqa: S105 - the name of a field
"""The name of the field that says that a form is one of ours."""

CLOSED: Final = (
    "The operator's room is open to the user who runs the service, on the same machine and "
    "without a proxy. All others need a token that may operate: "
    "communique token new NAME --scope operate."
)


OURS_ALONE: Final = "The operator's room is no part of another site's page."


class Refused(CommuniqueError):
    """A form that is not believed, or can't be read."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a browser and the pages that it was shown know of each other."""

    cookie: str
    form: str


class Guard:
    """Lets in who may operate. ``place`` tells HOMEs apart whose cookies one browser holds."""

    def __init__(self, access: Access, site: Site, place: str) -> None:
        self._access = access
        self._site = site
        self._own_host = urlsplit(site.url).hostname or ""
        self._secret = secrets.token_bytes(32)
        self.cookie_name = f"communique_{hashlib.sha256(place.encode()).hexdigest()[:8]}"

    def needs_process(self, scope: Scope) -> bool:
        """Whether the process at the other end decides: no header field refuses."""
        return not is_part_of_another_site(scope) and is_local(scope, self._site)

    def enter(self, scope: Scope, *, is_own: bool = True) -> Session | Response:
        """The session of a request, or why there is none.

        ``is_own`` is whether a request from this machine comes from a client of the same user.
        A session lasts as long as this process, one for each token: a page that another site leads
        to gets the same one again.
        """
        if is_part_of_another_site(scope):
            return page(scope, 403, said=OURS_ALONE)
        if is_own and is_local(scope, self._site):
            return self._session("")
        verdict = self._access.judge(scope, "operate")
        if verdict.is_granted and verdict.token:
            return self._session(verdict.token.name)
        # Whoever has no token and can have none is not asked for one.
        is_known = host_in(scope) == self._own_host or is_loopback(host_in(scope))
        if verdict.status == 401 and not (is_known and self._access.has_token_for("operate")):  # noqa: PLR2004 - Unauthorized
            return page(scope, 403, said=CLOSED)
        return refusal(scope, verdict)

    async def form(self, request: Request, session: Session) -> Mapping[str, str]:
        """What the form of a request says. Raises Refused for what is no form of ours."""
        site = request.headers.get("sec-fetch-site")
        origin = request.headers.get("origin")
        if site is not None and site != "same-origin":
            raise Refused("the form came from another site")
        if site is None and origin and urlsplit(origin).netloc != request.headers.get("host"):
            raise Refused("the form came from another site")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            raise Refused("it is no form")
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > LARGEST:
                raise Refused(f"the form has more than {LARGEST:,} bytes")
        said = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        cookie = request.cookies.get(self.cookie_name, "")
        if not is_same(cookie, session.cookie) or not is_same(
            said.pop(FORM_TOKEN, ""), session.form
        ):
            raise Refused("the page that the form is on is old: load it again, and send it then")
        return said

    def _session(self, name: str) -> Session:
        cookie = self._digest(f"cookie {name}")
        return Session(cookie, self._digest(f"form {cookie}"))

    def _digest(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


def is_part_of_another_site(scope: Scope) -> bool:
    """Whether a page of another site asks for something of ours for itself (Fetch Metadata).

    A link from there, which a person follows, is none: it leads to a page of its own.
    """
    told = dict(scope["headers"])
    elsewhere = told.get(b"sec-fetch-site") in {b"cross-site", b"same-site"}
    return elsewhere and told.get(b"sec-fetch-mode") != b"navigate"


def is_same(given: str, expected: str) -> bool:
    """Whether two secrets are the same, in constant time."""
    return hmac.compare_digest(given.encode(), expected.encode())
