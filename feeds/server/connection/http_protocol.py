"""How HTTP/1.1 is spoken on one connection: bounded, and the shortest way to an answer in memory.

Feeds are there for everybody, and so also for those who send a header without an end, or a byte a
minute, or who take nothing of the answer that they asked for. Most requests of feed readers are a
GET of what they have already: such a request is answered as soon as its headers are read, before a
task, a scope or any routing is made for it. Whatever is not that plain goes the way of every ASGI
application.

This overrides what uvicorn calls private, so its version is bounded in pyproject.toml; the tests of
this module say what has to hold with another.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Protocol, TypeAlias

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from feeds.server.requests.client import CONNECTION

# Who speaks no HTTP, or asks for another protocol, is answered: anybody could fill the log by that.
logging.getLogger("uvicorn.error").setLevel(logging.ERROR)

LARGEST = 65_536
"""Bytes of a request's line and headers that are read; a few more come with them."""

PATIENCE = 30.0
"""Seconds in which a connection has to get on, between one and two times; idle ones go before."""


def refusal(status: int, detail: str) -> bytes:
    """The answer to what no application sees, which ends the connection (RFC 9457)."""
    phrase = HTTPStatus(status).phrase
    body = json.dumps({"title": phrase, "status": status, "detail": detail}).encode()
    retry = "retry-after: 10\r\n" if status in {429, 503} else ""
    head = (
        f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/problem+json\r\n"
        f"content-length: {len(body)}\r\ncache-control: no-store\r\n"
        "x-content-type-options: nosniff\r\nreferrer-policy: no-referrer\r\n"
        "content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n"
        f"{retry}connection: close\r\n\r\n"
    )
    return head.encode() + body


TOO_LARGE = refusal(431, f"the header of this request has more than {LARGEST} bytes")
ONE_HOST = refusal(400, "a request names one Host, and no more")
SAME_HOST = refusal(400, "the host in the request target and the Host header must be the same")
NO_HTTP = refusal(400, "this is no request of HTTP/1.1")
TOO_MANY = {
    429: refusal(429, "your address has too many connections open; end some, or come again later"),
    503: refusal(503, "too many connections are open; come again later"),
}


class Connections(Protocol):
    """Counts connections by address (see connection/open_connections)."""

    def add(self, address: str) -> int:
        """Count one more; the status with which it is refused, or 0."""

    def remove(self, address: str) -> None:
        """Count one less."""


class ServerConfig(uvicorn.Config):
    """What uvicorn is told, and which connections are too many."""

    connections: Connections | None = None


ReadyAnswer: TypeAlias = tuple[bytes, bytes]
"""A status line with headers, but for the date and the empty line; and a body."""

FindAnswer: TypeAlias = Callable[[str, Iterable[tuple[bytes, bytes]]], ReadyAnswer | None]

PLAIN = re.compile(rb"/[A-Za-z0-9/_.~-]*").fullmatch
"""An address that needs no decoding and asks for nothing more."""


ABSOLUTE = re.compile(rb"https?://([^/?#]*)", re.IGNORECASE).match
"""The beginning of a request target that is a whole address, with the host and port it names."""


class WhileOpen:
    """A transport that takes what is written to nobody, where uvloop takes it for an error.

    Whoever asked may go at any time: that is no event, and nothing to log.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def write(self, data: bytes) -> None:
        """Send some bytes, if there is somebody still."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class HttpProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, which ends connections that ask too much.

    An application with a method ``ready`` is asked that first: it takes a path and headers, and
    gives an answer or None.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._find: FindAnswer | None = getattr(self.app, "ready", None)
        self._in_head = True
        self._head_size = 0
        self._answered = False
        self._facts: dict[str, object] = {}
        self._answers = 0
        self._before = (0, 0)
        self._watch: asyncio.TimerHandle | None = None
        self._connections: Connections | None = getattr(self.config, "connections", None)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Begin a connection, and keep an eye on it."""
        super().connection_made(WhileOpen(transport))  # type: ignore[arg-type]  # is one in all else
        self._watch = self.loop.call_later(PATIENCE, self._look)
        if self._connections and (status := self._connections.add(self._peer)):
            self._refuse(TOO_MANY[status])

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        if self._watch:
            self._watch.cancel()
        if self._connections:
            self._connections.remove(self._peer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a head that has no end is not read to it."""
        if self._in_head:
            self._head_size += len(data)
        super().data_received(data)
        if self._in_head and self._head_size > LARGEST and not self.transport.is_closing():
            self._refuse(TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begin a request; the scope waits until it is needed."""
        self._in_head = True
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._answered = False

    def on_headers_complete(self) -> None:
        """Answer at once, or leave the request to the application."""
        self._in_head = False
        self._head_size = 0
        if not self._names_one_host():
            self._refuse(ONE_HOST)
            self._answered = True
            return
        if (found := ABSOLUTE(self.url)) and not self._agrees_with_host(found[1]):
            self._refuse(SAME_HOST)
            self._answered = True
            return
        if self._answer():
            self._answered = True
        else:
            url, headers, expects = self.url, self.headers, self.expect_100_continue
            super().on_message_begin()
            self.url, self.expect_100_continue = url, expects
            self.headers = self.scope["headers"] = headers
            self.scope[CONNECTION] = self._facts  # type: ignore[typeddict-unknown-key]
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take in a body; a GET that was answered has none of use."""
        if not self._answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        if not self._answered:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Count an answer."""
        self._answers += 1
        super().on_response_complete()

    def _look(self) -> None:
        """End the connection where nothing came of it since the last look."""
        now = self._answers, self.transport.get_write_buffer_size()
        is_ours = self._is_busy and not self.cycle.more_body and not self.flow.write_paused
        if now == self._before and not is_ours:
            self.transport.abort()
            return
        self._before = now
        self._watch = self.loop.call_later(PATIENCE, self._look)

    @property
    def _is_busy(self) -> bool:
        """Whether an answer is under way."""
        return self.cycle is not None and not self.cycle.response_complete

    def _names_one_host(self) -> bool:
        """Whether a request has one Host header, as all but HTTP/1.0's must (RFC 9112, 3.2)."""
        hosts = [value for name, value in self.headers if name == b"host"]
        return len(hosts) == 1 or (not hosts and self.parser.get_http_version() == "1.0")

    def _agrees_with_host(self, authority: bytes) -> bool:
        """Whether the Host header names the host of a target that is a whole address.

        Clients send the same in both (RFC 9112, 3.2.2). HTTP/1.0 has no Host: it is added.
        """
        host = next((value for name, value in self.headers if name == b"host"), None)
        if host is None:
            self.headers.append((b"host", authority))
            return True
        return host.lower() == authority.lower()

    @property
    def _peer(self) -> str:
        """The address at the other end."""
        return self.client[0] if self.client else ""

    def send_400_response(self, msg: str) -> None:
        """End the connection of whoever speaks no HTTP."""
        del msg
        self._refuse(NO_HTTP)

    def _refuse(self, answer: bytes) -> None:
        """End the connection with an answer, if no other is under way."""
        if self.transport.is_closing():
            return
        if not self._is_busy:
            self.transport.write(answer)
        self.transport.close()

    def _is_plain(self) -> bool:
        """Whether a request may be answered at once: a GET on a connection that goes on."""
        parser = self.parser
        return not (
            self._is_busy
            or self.flow.write_paused
            or self.expect_100_continue
            or parser.get_method() != b"GET"
            or parser.should_upgrade()
            or not parser.should_keep_alive()
            or not PLAIN(self.url)
            # Such a reader waits for the end of the connection, unless it is told to keep it.
            or parser.get_http_version() != "1.1"
        )

    def _answer(self) -> bool:
        """Give the answer that lies ready, if there is one."""
        if self._find is None or not self._is_plain():
            return False
        try:
            found = self._find(self.url.decode("ascii"), self.headers)
        except OSError:
            # The application says it better.
            return False
        if found is None:
            return False
        head, body = found
        for name, value in self.server_state.default_headers:
            head += b"%s: %s\r\n" % (name, value)
        self.transport.write(head + b"\r\n" + body)
        self.server_state.total_requests += 1
        self._answers += 1
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )
        return True
