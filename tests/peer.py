"""A real web server on loopback that plays a WebSub hub or a subscriber."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

PATIENCE = 110
"""Maximum seconds that tests wait for an event: little less than pytest's limit of a test."""


class Heard(NamedTuple):
    """A request that the peer got; ``query`` holds the first value of each name."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Peer(ThreadingHTTPServer):
    """Answers 204, or the next of ``statuses``; repeats a challenge while it ``agrees``.

    While ``hold`` is set, answers wait for it to be cleared.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.heard: list[Heard] = []
        self.statuses: deque[int] = deque()
        self.agrees = True
        self.held: threading.Event | None = None
        self.news = threading.Condition()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/call"

    def posts(self) -> list[Heard]:
        """What was posted so far."""
        return [one for one in self.heard if one.method == "POST"]

    def wait_for(self, is_so: Callable[[], object]) -> None:
        """Return as soon as something holds; looked at often, and when a request came in."""
        end = time.monotonic() + PATIENCE
        while not is_so():
            with self.news:
                self.news.wait(0.02)
            assert time.monotonic() < end, self.heard


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Peer

    def do_GET(self) -> None:
        """Confirm, or not."""
        self._answer(b"")

    def do_POST(self) -> None:
        """Take in."""
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.server.news:
            self.server.heard.append(Heard(self.command, parts.path, query, headers, body))
            challenge = query.get("hub.challenge", "") if self.server.agrees else "no"
            status = 200 if query.get("hub.challenge") else 204
            if self.command == "POST" and self.server.statuses:
                status = self.server.statuses.popleft()
            self.server.news.notify_all()
        if self.server.held:
            self.server.held.wait(60)
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(challenge)))
        self.end_headers()
        if status != 204:
            self.wfile.write(challenge.encode())

    def log_message(self, *arguments: object) -> None:
        """Keep the tests' output clean."""


@contextmanager
def peer_served() -> Iterator[Peer]:
    """A peer, while it is served."""
    peer = Peer()
    thread = threading.Thread(target=peer.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield peer
    finally:
        if peer.held:
            peer.held.set()
        peer.shutdown()
        thread.join()
        peer.server_close()
