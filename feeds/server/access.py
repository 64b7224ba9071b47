"""Who may read, by the token that a request carries; and what wrong tokens are answered.

A token comes as ``Authorization: Bearer`` (``GoogleLogin`` of readers that sync), as the password
of ``Basic`` under any user's name, as browsers and feed readers send it, or in the address,
``?token=``, for readers that send no headers.
A token in an address lets nobody do more than read: addresses get about.

A right token is never refused for the sake of wrong ones, since nobody can guess it; behind a
proxy, whoever sends wrong ones has the same address as all others. What is bounded is what wrong
ones cost: after some of them, an address gets short answers without a page.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import parse_qsl

from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from data.tokens import Token, TokenFolder, TokenScope
from feeds.server.api.problems import Refused
from feeds.server.errors import page
from feeds.server.http_protocol import ReadyAnswer
from feeds.urls import ADMIN_PATH, API, CALLBACK_PATH, READER_LOGINS, WATCH_FEED

PARAMETER: Final = "token"
"""The name of the parameter that holds a token in a private address."""

SCHEME: Final = re.compile(rb"(bearer|basic|googlelogin)[ ]+(?:auth=)?(\S+)[ ]*", re.IGNORECASE)

CHALLENGES: Final = ('Basic realm="Communique", charset="UTF-8"', 'Bearer realm="Communique"')

ALLOWED: Final = 10
"""Wrong tokens of one address that are answered at length."""

FORGIVEN: Final = 6.0
"""Seconds after which one wrong token is forgotten."""

REMEMBERED: Final = 4096
"""Addresses of whose wrong tokens is kept how many; those that sent the last go last."""

OPEN: Final = ("/static/", CALLBACK_PATH, WATCH_FEED, f"{ADMIN_PATH}/")
"""Beginnings of addresses that are for everybody, or look at tokens or secrets themselves."""

PUBLIC: Final = b"cache-control: public"
PRIVATE: Final = b"cache-control: private"

OPEN_PATHS: Final = frozenset(
    {"/healthz", "/robots.txt", "/favicon.ico", ADMIN_PATH, *READER_LOGINS}
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a request: ``status`` is 200, or that of a refusal.

    401 where it has no token or a wrong one, 403 where its ``token`` is not for this, 429 where too
    many wrong ones came from its address; then it may come again after ``retry_after`` seconds.
    """

    status: int = 200
    token: Token | None = None
    retry_after: int = 0

    @property
    def is_granted(self) -> bool:
        """Whether the request may go on."""
        return self.status == 200  # noqa: PLR2004 - OK


class Access:
    """Says who may do what, by the tokens in a folder. ``clock`` tells seconds."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._tokens = TokenFolder(folder)
        self._wrong = WrongTokens(clock)

    def judge(self, scope: Scope, needed: TokenScope) -> Verdict:
        """Whether a request may do what ``needed`` says, by the token that it carries."""
        text = token_in(scope["headers"])
        if text is None and needed == "read" and scope["method"] in {"GET", "HEAD"}:
            text = token_in_query(scope["query_string"])
        if text is None:
            return Verdict(401)
        if token := self.find(text):
            return Verdict(200 if token.allows(needed) else 403, token)
        wait = self._wrong.wait(scope["client"][0] if scope.get("client") else "")
        return Verdict(429, retry_after=wait) if wait else Verdict(401)

    def lets(self, scope: TokenScope) -> bool:
        """Whether there is a token at all that lets do something."""
        return self._tokens.lets(scope)

    def find(self, text: str) -> Token | None:
        """The token that a text is, whose use is noted, or None."""
        if token := self._tokens.find(text):
            self._tokens.note_use(token)
        return token


class WrongTokens:
    """How many wrong tokens came from which address, in bounded memory."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, address: str) -> int:
        """Note one more, and say after how many seconds another may come; 0 is at once."""
        network = network_of(address)
        now = self._clock()
        count, at = self._seen.pop(network, (0.0, now))
        count = max(0.0, count - (now - at) / FORGIVEN)
        wait = 0
        if count + 1 > ALLOWED:
            wait = math.ceil((count + 1 - ALLOWED) * FORGIVEN)
        else:
            count += 1
        self._seen[network] = count, now
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return wait


def network_of(address: str) -> str:
    """Whose an address is: of IPv6 the first half, as one subscriber has all of the other."""
    try:
        if (found := ipaddress.ip_address(address)).version == 6:  # noqa: PLR2004 - of IP
            return str(ipaddress.ip_network((found, 64), strict=False))
    except ValueError:
        return address[:64]
    return address


def token_in(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The token in the header fields of a request, or None."""
    for name, value in headers:
        if name == b"authorization" and (found := SCHEME.fullmatch(value)):
            if found[1].lower() != b"basic":
                return found[2].decode("latin-1")
            try:
                decoded = base64.b64decode(found[2], validate=True)
            except binascii.Error:
                return ""
            return decoded.decode("utf-8", "replace").partition(":")[2]
    return None


def token_in_query(query: bytes) -> str | None:
    """The token in a private address, or None."""
    if b"token=" not in query:
        return None
    return dict(parse_qsl(query.decode("latin-1"))).get(PARAMETER)


def without_token(query: bytes) -> bytes:
    """A query as it was before a token was added: what is made of it knows none."""
    return b"&".join(part for part in query.split(b"&") if not part.startswith(b"token="))


def refusal(scope: Scope, verdict: Verdict) -> Response:
    """The answer to a request that is refused."""
    if scope["path"].startswith(API):
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
