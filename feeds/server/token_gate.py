"""The gate of a site that is for those with tokens, and what is answered to all others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from feeds.server.api.problems import Refused
from feeds.server.connection.http_protocol import ReadyAnswer
from feeds.server.errors import page
from feeds.server.requests.access import PARAMETER, Access, Verdict, token_in
from feeds.urls import ADMIN_PATH, API, CALLBACK_PATH, FRESHRSS_API, READER_LOGINS, WATCH_FEED

CHALLENGES: Final = ('Basic realm="Communique", charset="UTF-8"', 'Bearer realm="Communique"')

OPEN: Final = ("/static/", CALLBACK_PATH, WATCH_FEED, f"{ADMIN_PATH}/")
"""Beginnings of addresses that are for everybody, or look at tokens or secrets themselves."""

PUBLIC: Final = b"cache-control: public"
PRIVATE: Final = b"cache-control: private"

OPEN_PATHS: Final = frozenset(
    {
        "/healthz",
        "/robots.txt",
        "/favicon.ico",
        ADMIN_PATH,
        FRESHRSS_API,
        FRESHRSS_API + "/",
        *READER_LOGINS,
    }
)


def without_token(query: bytes) -> bytes:
    """A query as it was before a token was added: what is made of it knows none."""
    return b"&".join(part for part in query.split(b"&") if not part.startswith(PARAMETER))


def refusal(scope: Scope, verdict: Verdict) -> Response:
    """The answer to a request that is refused."""
    if scope["path"].startswith(API) and scope["path"] != API:
        return refused_program(verdict)
    if verdict.status == 429:  # noqa: PLR2004 - Too Many Requests
        wait = {"retry-after": str(verdict.retry_after), "cache-control": "no-store"}
        return PlainTextResponse("Too many wrong tokens came from your address.\n", 429, wait)
    if verdict.status == 403:  # noqa: PLR2004 - Forbidden
        return page(scope, 403, said="This token is not for what you asked for.")
    said = "This is for those with a token: give it as the password, under any name."
    answer = page(scope, 401, said=said)
    for challenge in CHALLENGES:
        answer.headers.append("www-authenticate", challenge)
    return answer


def refused_program(verdict: Verdict) -> Response:
    """The same for whoever asks the API."""
    why, headers = {
        401: ("this is for those with a token: send it as `Authorization: Bearer`", {}),
        403: ("this token is not for what you asked for", {}),
        429: ("too many wrong tokens came from your address", {"retry-after": verdict.retry_after}),
    }[verdict.status]
    said = {name: str(value) for name, value in headers.items()}
    answer = Refused(verdict.status, why, headers=said).response()
    if verdict.status == 401:  # noqa: PLR2004 - Unauthorized
        answer.headers["www-authenticate"] = CHALLENGES[1]
    return answer


class ReadyApp(Protocol):
    """An application that may have an answer ready (see http_protocol)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

    def ready(self, path: str, headers: Iterable[tuple[bytes, bytes]]) -> ReadyAnswer | None:
        """The answer to a plain GET, where nothing is to be made."""


class TokenGate:
    """Lets requests with a token come to an application, and those that need none."""

    def __init__(self, app: ReadyApp, access: Access) -> None:
        self._app = app
        self._access = access

    def ready(self, path: str, headers: Iterable[tuple[bytes, bytes]]) -> ReadyAnswer | None:
        """The answer to a plain GET with a token, where nothing is to be made."""
        if is_open(path):
            return self._app.ready(path, headers)
        text = token_in(headers)
        # Who is refused is answered, and counted, below. All tokens let read.
        if text is None or self._access.find(text) is None:
            return None
        answer = self._app.ready(path, headers)
        return answer and (answer[0].replace(PUBLIC, PRIVATE, 1), answer[1])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (or whatever else ASGI brings)."""
        if scope["type"] != "http" or scope["method"] == "OPTIONS" or is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        verdict = self._access.judge(scope, "read")
        if not verdict.is_granted:
            await refusal(scope, verdict)(scope, receive, send)
            return

        async def send_private(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(name, made_private(name, value)) for name, value in message["headers"]]
                message = {**message, "headers": kept}
            await send(message)

        query = without_token(scope["query_string"])
        await self._app({**scope, "query_string": query}, receive, send_private)


def is_open(path: str) -> bool:
    """Whether an address is for everybody, whoever may read the site."""
    return path in OPEN_PATHS or (path.startswith(OPEN) and "/.." not in path)


def made_private(name: bytes, value: bytes) -> bytes:
    """The value of a header field of an answer that nobody may keep for others."""
    return value.replace(b"public", b"private", 1) if name == b"cache-control" else value
