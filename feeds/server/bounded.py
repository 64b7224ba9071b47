"""What one connection may cost: the size of a request's head, and the time that it is waited for.

Feeds are there for everybody, and so also for those who send a header without an end, or a byte a
minute, or who take nothing of the answer that they asked for.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST = 65_536
"""Bytes of a request's line and headers that are read; a few more come with them."""

PATIENCE = 30.0
"""Seconds in which a connection has to get on, between one and two times; idle ones go before."""

TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)

BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, which ends connections that ask too much.

    Whoever derives from it says when the head of a request begins and ends (``in_head``), of which
    ``head_size`` bytes have come, and counts the ``answers`` that it gives itself.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.answers = 0
        self.in_head = True
        self.head_size = 0
        self._before = (0, 0)
        self._watch: asyncio.TimerHandle | None = None

    @property
    def is_busy(self) -> bool:
        """Whether an answer is under way."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Begin a connection, and keep an eye on it."""
        super().connection_made(transport)
        self._watch = self.loop.call_later(PATIENCE, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        if self._watch:
            self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a head that has no end is not read to it."""
        if self.in_head:
            self.head_size += len(data)
        super().data_received(data)
        if self.in_head and self.head_size > LARGEST and not self.transport.is_closing():
            self.refuse(TOO_LARGE)

    def names_one_host(self) -> bool:
        """Whether a request has one Host header, as all but HTTP/1.0's must (RFC 9112, 3.2)."""
        hosts = [value for name, value in self.headers if name == b"host"]
        return len(hosts) == 1 or (not hosts and self.parser.get_http_version() == "1.0")

    def refuse(self, answer: bytes) -> None:
        """End the connection with an answer, if no other is under way."""
        if self.transport.is_closing():
            return
        if not self.is_busy:
            self.transport.write(answer)
        self.transport.close()

    def on_response_complete(self) -> None:
        """Count an answer."""
        self.answers += 1
        super().on_response_complete()

    def _look(self) -> None:
        """End the connection where nothing came of it since the last look."""
        now = self.answers, self.transport.get_write_buffer_size()
        is_ours = self.is_busy and not self.cycle.more_body and not self.flow.write_paused
        if now == self._before and not is_ours:
            self.transport.abort()
            return
        self._before = now
        self._watch = self.loop.call_later(PATIENCE, self._look)
