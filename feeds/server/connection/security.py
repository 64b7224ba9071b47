"""What every answer tells a browser not to do with it, whoever gives the answer.

What an answer says itself is left as it is: pages say what they may load, feeds and captured pages
are in a sandbox.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.settings import Site
from feeds.server.connection.http_protocol import FindAnswer, ReadyAnswer

Headers = list[tuple[bytes, bytes]]

POLICY: Final = b"content-security-policy"

COMMON: Final[Headers] = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (POLICY, b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
]

PAGE: Final[Headers] = [
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
"""Pages share no window and no process with those of other sites; feeds, badges and icons are
shown by them."""

HTTPS_ALONE: Final = (b"strict-transport-security", b"max-age=15552000")
"""For half a year no browser asks this host for anything without TLS (RFC 6797)."""


def completed(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The header fields of an answer, with those that it lacks."""
    given = list(headers)
    said = {name.lower(): value for name, value in given}
    given += [(name, value) for name, value in COMMON if name not in said]
    # A browser shows no page in a sandbox that asks for a window of its own.
    is_page = said.get(b"content-type", b"").startswith(b"text/html")
    if is_page and b"sandbox" not in said.get(POLICY, b""):
        given += [(name, value) for name, value in PAGE if name not in said]
    return given


def for_all(site: Site) -> Headers:
    """What goes into all answers of a site that is reached by TLS at the usual port."""
    address = urlsplit(site.url)
    return [HTTPS_ALONE] if address.scheme == "https" and address.port in {None, 443} else []


class SecureAnswers:
    """Completes the answers of an application; those that lie ready are complete."""

    def __init__(self, app: ASGIApp, ready: FindAnswer) -> None:
        self._app = app
        self._ready = ready

    def ready(self, path: str, headers: Iterable[tuple[bytes, bytes]]) -> ReadyAnswer | None:
        """The answer to a plain GET, where nothing is to be made (see http_protocol)."""
        return self._ready(path, headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (or whatever else ASGI brings)."""

        async def send_completed(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] != 304:  # noqa: PLR2004 - Not Modified
                message = {**message, "headers": completed(message.get("headers", ()))}
            await send(message)

        await self._app(scope, receive, send_completed)
