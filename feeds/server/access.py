"""Decide whether requests are allowed, by their tokens and the access that the routes require.

A client sends its token as ``Authorization: Bearer`` (``GoogleLogin`` in the Google Reader API), as
the password of ``Basic`` with any user name (browsers and feed readers do this), or as ``?token=``.
A token in a URL allows only reading, because URLs are shared and logged. In the address of a
memento, ``?token=`` is a part of the archived URL.

The rules for tokens are in data.access.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import unquote

from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from data.access.permissions import AccessVerdict, Permissions
from data.access.tokens import TokenScope
from feeds.replay.memento_address import MEMENTO_PREFIX, PartGrants, asked_memento
from feeds.server.api.problems import BEARER_CHALLENGE, api_refusal
from feeds.server.error_pages import page
from feeds.server.requests.client import TOKEN_NAME, Network, client_of
from feeds.server.requests.http_protocol import CachedResponse
from feeds.server.requests.routes import RouteTable
from feeds.server.site_server import SiteServer
from feeds.urls import API_PREFIX, MCP_PATH

TOKEN_PARAMETER: Final = b"token="
"""Beginning of the query parameter that contains a token."""

SCHEME: Final = re.compile(rb"(bearer|basic|googlelogin)[ ]+(?:auth=)?(\S+)[ ]*", re.IGNORECASE)

BEARER: Final = re.compile(rb"(bearer)[ ]+(\S+)[ ]*", re.IGNORECASE)

CHALLENGES: Final = ('Basic realm="Communique", charset="UTF-8"', BEARER_CHALLENGE)
"""Values of the WWW-Authenticate header: Basic for browsers and feed readers, Bearer for
programs."""

PUBLIC_CACHE: Final = b"cache-control: public"

PRIVATE_CACHE: Final = b"cache-control: private"


class Access:
    """Decides whether requests are allowed, by their tokens and the site's ``permissions``.

    ``proxies`` are trusted to report the addresses of their clients.
    """

    def __init__(self, permissions: Permissions, proxies: Sequence[Network] = ()) -> None:
        self.permissions: Final = permissions
        self._proxies = proxies

    def judge(
        self, scope: Scope, needed: TokenScope, *, bearer_only: bool = False
    ) -> AccessVerdict:
        """Decide whether the token in a request allows the request.

        ``needed`` is the required permission: to read the site or to operate it. With
        ``bearer_only``, a password that a browser may send by itself is not accepted.
        """
        text = token_in(scope["headers"], BEARER if bearer_only else SCHEME)
        if text is None and needed == "read" and scope["method"] in {"GET", "HEAD"}:
            text = token_in_query(scope)
        return self.permissions.judge(text, needed, client_of(scope, self._proxies))


def token_in(
    headers: Iterable[tuple[bytes, bytes]], scheme: re.Pattern[bytes] = SCHEME
) -> str | None:
    """Return the token in a request's Authorization header, or None if there is none."""
    for name, value in headers:
        if name == b"authorization" and (found := scheme.fullmatch(value)):
            if found[1].lower() != b"basic":
                return found[2].decode("latin-1")
            try:
                decoded = base64.b64decode(found[2], validate=True)
            except binascii.Error:
                return ""
            return decoded.decode("utf-8", "replace").partition(":")[2]
    return None


def token_in_query(scope: Scope) -> str | None:
    """Return the token in a request's query string, or None if it contains no token."""
    if is_memento(scope):
        return None
    # The name is not decoded: only an unescaped ``token=`` is also removed from the query.
    parts = (one for one in scope["query_string"].split(b"&") if one.startswith(TOKEN_PARAMETER))
    return next((unquote(part[len(TOKEN_PARAMETER) :].decode("latin-1")) for part in parts), None)


def without_token(scope: Scope) -> bytes:
    """Return a request's query string without the token, which must not be in links and caches."""
    query: bytes = scope["query_string"]
    if is_memento(scope):
        return query
    return b"&".join(part for part in query.split(b"&") if not part.startswith(TOKEN_PARAMETER))


def is_memento(scope: Scope) -> bool:
    """Return whether a request is for a memento, whose query belongs to the archived URL."""
    path: str = scope["path"]
    return path.startswith(MEMENTO_PREFIX)


def refusal(scope: Scope, verdict: AccessVerdict) -> Response:
    """Return the error response for a request without access."""
    if scope["path"] == MCP_PATH or (
        scope["path"].startswith(API_PREFIX) and scope["path"] != API_PREFIX
    ):
        answer = api_refusal(verdict)
        if scope["method"] == "POST":
            del answer.headers["access-control-allow-origin"]
        return answer
    if verdict.status == 429:  # noqa: PLR2004 - Too Many Requests
        wait = {"retry-after": str(verdict.retry_after), "cache-control": "no-store"}
        return PlainTextResponse("Too many wrong tokens from your address.\n", 429, wait)
    if verdict.status == 403:  # noqa: PLR2004 - Forbidden
        return page(scope, 403, message="Your token does not allow this.")
    message = "This site needs a token: enter it as the password, with any user name."
    answer = page(scope, 401, message=message)
    for challenge in CHALLENGES:
        answer.headers.append("www-authenticate", challenge)
    return answer


class TokenGate:
    """Passes requests with the required access to the application, and refuses all others.

    On an open site, a token is needed only to operate the site. On other sites, it is also needed
    to read the site. A part of a captured page may have one of the ``grants`` instead.
    """

    def __init__(
        self,
        app: SiteServer,
        table: RouteTable,
        access: Access,
        grants: PartGrants | None,
        *,
        is_open: bool,
    ) -> None:
        self._grants = grants
        self._app = app
        self._table = table
        self._access = access
        self._is_open = is_open

    def cached_response(
        self, path: str, headers: Iterable[tuple[bytes, bytes]]
    ) -> CachedResponse | None:
        """Return the cached response to a plain GET with a valid token, or None."""
        if self._table.needed(path, "GET", is_open=self._is_open) is None:
            return self._app.cached_response(path, headers)
        text = token_in(headers)
        # ``__call__`` sends and counts the refusals. Every token allows reading.
        if text is None or self._access.permissions.find(text) is None:
            return None
        answer = self._app.cached_response(path, headers)
        return answer and (answer[0].replace(PUBLIC_CACHE, PRIVATE_CACHE, 1), answer[1])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request or lifespan event."""
        needed: TokenScope | None = None
        if scope["type"] == "http" and scope["method"] != "OPTIONS":
            needed = self._table.needed(scope["path"], scope["method"], is_open=self._is_open)
        if needed is None:
            await self._app(scope, receive, send)
            return
        if needed == "read" and self._has_grant(scope):
            verdict = AccessVerdict()
        else:
            verdict = self._access.judge(scope, needed, bearer_only=needed == "operate")
        if not verdict.is_granted:
            await refusal(scope, verdict)(scope, receive, send)
            return

        async def send_private(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Only private caches may store the response.
                kept = [
                    (name, value.replace(b"public", b"private", 1))
                    if name == b"cache-control"
                    else (name, value)
                    for name, value in message["headers"]
                ]
                message = {**message, "headers": kept}
            await send(message)

        name = verdict.token.name if verdict.token else ""
        passed = {**scope, "query_string": without_token(scope), TOKEN_NAME: name}
        await self._app(passed, receive, send_private)

    def _has_grant(self, scope: Scope) -> bool:
        """Return whether a request is for a part of a captured page, with a valid grant."""
        if self._grants is None or not is_memento(scope):
            return False
        if scope["method"] not in {"GET", "HEAD"}:
            return False
        return self._grants.allows(asked_memento(scope["raw_path"], scope["query_string"]))
