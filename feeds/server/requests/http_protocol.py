"""HTTP/1.1 on one connection: limits against abuse, and a fast path for cached files.

The site is public, so some clients send endless headers, or one byte per minute, or never read the
response. Most requests of feed readers are a GET of a cached feed. This protocol responds to such a
request as soon as its headers are parsed, without a task or an ASGI scope. All other requests go
through the ASGI application. Open connections are limited, in total and per client network.

This module overrides private methods of uvicorn, so pyproject.toml limits uvicorn's version. The
tests of this module check that a new version of uvicorn still works.
"""

import asyncio
import json
import logging
import re
import resource
from collections import Counter
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from data.network.addresses import network_of
from data.settings import SiteSettings
from feeds.server.requests.client import CONNECTION_SCOPE_KEY, is_proxy, proxies_of
from feeds.server.requests.security import COMMON_HEADERS

# Malformed requests and upgrades get a response. Logging them would let anyone fill the log.
logging.getLogger("uvicorn.error").setLevel(logging.ERROR)

MAX_HEADER_BYTES = 65_536
"""Maximum size in bytes of a request line with headers. A request that is slightly larger may be
accepted."""

PROGRESS_CHECK_SECONDS = 30.0
"""Seconds between two checks of a connection's progress. A stalled connection is closed after one
to two intervals."""

CachedResponse: TypeAlias = tuple[bytes, bytes]
"""A response in memory: the status line with headers (without Date and the final blank line), and
the body."""

FindCachedResponse: TypeAlias = Callable[
    [str, Iterable[tuple[bytes, bytes]]], CachedResponse | None
]
"""Function that returns the response for a path and request headers if it is in memory, or None."""

OPEN_FILES_SHARE: Final = 2
"""The maximum number of connections is the process's limit on open files (RLIMIT_NOFILE), divided
by this number. The other file descriptors remain for files.
"""

PLAIN_PATH = re.compile(rb"/[A-Za-z0-9/_.~-]*").fullmatch
"""Pattern that matches a path without percent-encoding or a query."""

ABSOLUTE_TARGET = re.compile(rb"https?://([^/?#]*)", re.IGNORECASE).match
"""Matches a request target that is an absolute URL. Group 1 is the host and port."""


def refusal(status: int, detail: str) -> bytes:
    """Return the bytes of an error response that closes the connection (problem details, RFC 9457).

    This response is for requests that never reach the application.
    """
    phrase = HTTPStatus(status).phrase
    body = json.dumps({"title": phrase, "status": status, "detail": detail}).encode()
    retry = "retry-after: 10\r\n" if status in {429, 503} else ""
    head = (
        f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/problem+json\r\n"
        f"content-length: {len(body)}\r\ncache-control: no-store\r\n{retry}connection: close\r\n"
    )
    security = b"".join(b"%s: %s\r\n" % header for header in COMMON_HEADERS)
    return head.encode() + security + b"\r\n" + body


TOO_LARGE = refusal(431, f"the request's headers are larger than {MAX_HEADER_BYTES} bytes")
HOST_NOT_UNIQUE = refusal(400, "a request needs exactly one Host header")
HOST_MISMATCH = refusal(400, "the host in the request target and the Host header must be the same")
NOT_HTTP = refusal(400, "this is not an HTTP/1.1 request")
TOO_MANY_CONNECTIONS = {
    429: refusal(429, "your address has too many open connections; close some, or try again later"),
    503: refusal(503, "the server has too many open connections; try again later"),
}


class OpenConnections:
    """Counts open connections, in total and per client network, and enforces the limits.

    Connections from this machine and from trusted proxies count only towards the total.
    """

    def __init__(self, site: SiteSettings, max_connections: int | None = None) -> None:
        self._proxies = proxies_of(site)
        self._each = site.connections
        self._most = max_connections or max(
            1, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // OPEN_FILES_SHARE
        )
        self._open: Counter[str] = Counter()

    def add(self, address: str) -> int:
        """Count a new connection from the client IP ``address``.

        Returns 0 if the connection is allowed, otherwise the HTTP status of the refusal.
        """
        network = network_of(address)
        self._open[network] += 1
        if self._open.total() > self._most:
            return 503
        shared = not self._each or is_proxy(address, self._proxies)
        return 0 if shared or self._open[network] <= self._each else 429

    def remove(self, address: str) -> None:
        """Subtract a closed connection of the client IP ``address`` from the counts."""
        network = network_of(address)
        self._open[network] -= 1
        if not self._open[network]:
            del self._open[network]


class ServerConfig(uvicorn.Config):
    """Uvicorn's configuration, with a limit on connections."""

    connections: OpenConnections | None = None


class WhileOpen:
    """Wrapper of a transport that ignores writes after the client has disconnected.

    uvloop treats such a write as an error, but a client may disconnect at any time.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def write(self, data: bytes) -> None:
        """Send bytes if the connection is open."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class HttpProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP protocol with limits and a fast path for responses in memory.

    If the application has a method ``cached_response``, this protocol calls it first, with path and
    headers. The method returns a response in memory or None.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._find: FindCachedResponse | None = getattr(self.app, "cached_response", None)
        self._in_head = True
        self._head_size = 0
        self._answered = False
        self._facts: dict[str, object] = {}
        self._answers = 0
        self._before = (0, 0)
        self._watch: asyncio.TimerHandle | None = None
        self._connections: OpenConnections | None = getattr(self.config, "connections", None)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Count a new connection and start its progress checks, or refuse the connection."""
        super().connection_made(WhileOpen(transport))  # type: ignore[arg-type]  # is one in all else
        self._watch = self.loop.call_later(PROGRESS_CHECK_SECONDS, self._look)
        if self._connections and (status := self._connections.add(self._peer)):
            self._refuse(TOO_MANY_CONNECTIONS[status])

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the progress checks and subtract the connection from the count."""
        if self._watch:
            self._watch.cancel()
        if self._connections:
            self._connections.remove(self._peer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse received bytes. Refuse a request whose headers are too large."""
        if self._in_head:
            self._head_size += len(data)
        super().data_received(data)
        if self._in_head and self._head_size > MAX_HEADER_BYTES and not self.transport.is_closing():
            self._refuse(TOO_LARGE)

    def on_message_begin(self) -> None:
        """Start to parse a request. The ASGI scope is created only if it is needed."""
        self._in_head = True
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._answered = False

    def on_headers_complete(self) -> None:
        """Send a response from memory, or pass the request to the application."""
        self._in_head = False
        self._head_size = 0
        if refused := self._fault_of_host():
            self._refuse(refused)
        self._answered = bool(refused) or self._answer()
        if not self._answered:
            url, headers, expects = self.url, self.headers, self.expect_100_continue
            super().on_message_begin()
            self.url, self.expect_100_continue = url, expects
            self.headers = self.scope["headers"] = headers
            self.scope[CONNECTION_SCOPE_KEY] = self._facts  # type: ignore[typeddict-unknown-key]
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass a request body to the application, or ignore it if the response is already sent."""
        if not self._answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Finish parsing a request."""
        if not self._answered:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Record that a response is finished, which counts as progress."""
        self._answers += 1
        super().on_response_complete()

    def _look(self) -> None:
        """Close the connection if it made no progress since the last check."""
        now = self._answers, self.transport.get_write_buffer_size()
        is_ours = self._is_busy and not self.cycle.more_body and not self.flow.write_paused
        if now == self._before and not is_ours:
            self.transport.abort()
            return
        self._before = now
        self._watch = self.loop.call_later(PROGRESS_CHECK_SECONDS, self._look)

    @property
    def _is_busy(self) -> bool:
        """Whether a response is in progress."""
        return self.cycle is not None and not self.cycle.response_complete

    def _fault_of_host(self) -> bytes | None:
        """Return the refusal of a request with invalid Host headers, or None.

        A request has exactly one Host header (RFC 9112, 3.2). With HTTP/1.0, the header may be
        missing. If the request target is an absolute URL, clients must send the same host in both
        (RFC 9112, 3.2.2). If HTTP/1.0 omits the Host header, it is added.
        """
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) > 1 or (not hosts and self.parser.get_http_version() != "1.0"):
            return HOST_NOT_UNIQUE
        if found := ABSOLUTE_TARGET(self.url):
            if not hosts:
                self.headers.append((b"host", found[1]))
            elif hosts[0].lower() != found[1].lower():
                return HOST_MISMATCH
        return None

    @property
    def _peer(self) -> str:
        """IP address from which the connection was made: the client, or a proxy."""
        return self.client[0] if self.client else ""

    def send_400_response(self, msg: str) -> None:
        """Refuse a malformed request with status 400."""
        del msg
        self._refuse(NOT_HTTP)

    def _refuse(self, answer: bytes) -> None:
        """Close the connection. If no response is in progress, send an error response first."""
        if self.transport.is_closing():
            return
        if not self._is_busy:
            self.transport.write(answer)
        self.transport.close()

    def _is_plain(self) -> bool:
        """Return whether the request is a plain GET on a persistent connection.

        Only responses to such requests are sent from memory.
        """
        parser = self.parser
        return not (
            self._is_busy
            or self.flow.write_paused
            or self.expect_100_continue
            or parser.get_method() != b"GET"
            or parser.should_upgrade()
            or not parser.should_keep_alive()
            or not PLAIN_PATH(self.url)
            # HTTP/1.0 clients expect the server to close the connection after the response.
            or parser.get_http_version() != "1.1"
        )

    def _answer(self) -> bool:
        """Send the response from memory if it is available. Returns whether it was sent."""
        if self._find is None or not self._is_plain():
            return False
        try:
            found = self._find(self.url.decode("ascii"), self.headers)
        except OSError:
            # The application reports the error.
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
