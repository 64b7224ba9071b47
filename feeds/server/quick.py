"""The shortest way from a request to an answer that lies ready.

Most requests of feed readers are a GET of what they have already. Here such a request is answered
as soon as its headers are read, before a task, a scope or any routing is made for it; whatever is
not that plain goes the way of every ASGI application.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from feeds.server.bounded import BAD_REQUEST, BoundedProtocol

Ready: TypeAlias = tuple[bytes, bytes]
"""A status line with headers, but for the date and the empty line; and a body."""

Find: TypeAlias = Callable[[str, Iterable[tuple[bytes, bytes]]], Ready | None]

PLAIN = re.compile(rb"/[A-Za-z0-9/_.~-]*").fullmatch
"""An address that needs no decoding and asks for nothing more."""


class QuickProtocol(BoundedProtocol):
    """Uvicorn's protocol, bounded; an application with a method ``ready`` is asked that first.

    ``ready`` takes a path and headers, and gives an answer or None.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._find: Find | None = getattr(self.app, "ready", None)
        self._answered = False

    def on_message_begin(self) -> None:
        """Begin a request; the scope waits until it is needed."""
        self.in_head = True
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._answered = False

    def on_headers_complete(self) -> None:
        """Answer at once, or leave the request to the application."""
        self.in_head = False
        self.head_size = 0
        if not self.names_one_host():
            self.refuse(BAD_REQUEST)
            self._answered = True
            return
        if self._answer():
            self._answered = True
            return
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers = self.scope["headers"] = headers
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take in a body; a GET that was answered has none of use."""
        if not self._answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        if not self._answered:
            super().on_message_complete()

    def _answer(self) -> bool:
        parser = self.parser
        if (
            self._find is None
            or self.is_busy
            or self.flow.write_paused
            or self.expect_100_continue
            or parser.get_method() != b"GET"
            or parser.should_upgrade()
            or not parser.should_keep_alive()
            or not PLAIN(self.url)
            # Such a reader waits for the end of the connection, unless it is told to keep it.
            or parser.get_http_version() != "1.1"
        ):
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
        if self.transport.is_closing():
            # Whoever asked is gone, and uvloop takes a write for an error.
            return True
        self.transport.write(head + b"\r\n" + body)
        self.server_state.total_requests += 1
        self.answers += 1
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )
        return True
