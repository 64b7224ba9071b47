"""A real web server on loopback that plays a press room, answer by answer."""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.peer import PATIENCE


@dataclass
class Answer:
    """What the server says at one address.

    ``hold`` lets it wait until that event is set, ``longest`` seconds at the most.
    ``tag`` is its ETag, where that is not of its body.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    etag: bool = True
    tag: str = ""
    hold: threading.Event | None = None
    longest: float = PATIENCE


class Room(ThreadingHTTPServer):
    """The server: ``answers`` by path with query, and a ``log`` of (path, status) pairs.

    ``connections`` are the addresses and ports that asked, ``sent`` each Cookie and Authorization.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Answer] = {}
        self.makers: dict[str, Callable[[], str]] = {}
        self.log: list[tuple[str, int]] = []
        self.agents: set[str] = set()
        self.sent: set[str] = set()
        self.connections: set[object] = set()
        self.asked = threading.Condition()
        self.base = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what went wrong, unless it is only that the client hung up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def fresh(self, path: str, make: Callable[[], str]) -> None:
        """Let ``path`` answer with a new page for each request."""
        self.makers[path] = make

    def page(self, path: str, html: str, **more: object) -> None:
        """Let ``path`` answer with a page."""
        self.answers[path] = Answer(html.encode(), **more)  # type: ignore[arg-type]

    def wait_for(self, path: str, *, times: int = 1) -> None:
        """Return as soon as ``path`` has been requested so many times."""
        with self.asked:
            heard = self.asked.wait_for(lambda: len(self.statuses(path)) >= times, PATIENCE)
        assert heard, f"{path} was not requested {times} times"

    def reset(self) -> None:
        """Forget all answers and requests, for the next test."""
        self.answers.clear()
        for heard in (self.log, self.agents, self.sent, self.connections):
            heard.clear()

    def statuses(self, path: str) -> list[int]:
        """What ``path`` has answered so far."""
        return [status for asked, status in self.log if asked == path]


class Handler(BaseHTTPRequestHandler):
    """Answers GET, conditional ones too."""

    server: Room
    protocol_version = "HTTP/1.1"
    # Head and body are sent one after the other; the system would keep the body back until the head
    # is acknowledged, which readers put off by 40 milliseconds.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer as the room says."""
        answer = self.server.answers.get(self.path, Answer(b"not here", 404, etag=False))
        if make := self.server.makers.get(self.path):
            answer = Answer(make().encode())
        of_body = f'"{hashlib.sha1(answer.body).hexdigest()}"'  # noqa: S324 - a tag, no secret
        tag = answer.tag or of_body
        known = answer.etag and self.headers["If-None-Match"] == tag
        status = 304 if known else answer.status
        with self.server.asked:
            self.server.log.append((self.path, status))
            self.server.agents.add(self.headers["User-Agent"])
            secrets = (self.headers["Cookie"], self.headers["Authorization"])
            self.server.sent.update(filter(None, secrets))
            self.server.connections.add(self.client_address)
            self.server.asked.notify_all()
        if answer.hold:
            answer.hold.wait(answer.longest)
        self.send_response(status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.etag:
            self.send_header("ETag", tag)
        if known:
            self.end_headers()
            return
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited name
        """Keep the test's output clean."""


@contextmanager
def served() -> Iterator[Room]:
    """A room that is served for the length of a ``with`` block."""
    room = Room()
    thread = threading.Thread(
        target=room.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        yield room
    finally:
        room.shutdown()
        room.server_close()
        thread.join()


def release_html(number: int, *, day: str = "2 March 2026", text: str = "") -> str:
    """A release page of the invented Harbour Board; ``text`` replaces its body."""
    body = text or (
        f"<p>The Harbour Board of Lindmouth counted {number * 37} ships in its basins last week, "
        f"and {number * 11} of them came from the eastern ports.</p>"
        f"<p>Harbour master Odile Brandt said that pier {number} would stay open all winter, and "
        "that the pilots had asked for a second lamp on the northern mole.</p>"
    )
    return (
        '<!DOCTYPE html><html lang="en"><head><title>Notice - Harbour Board</title></head><body>'
        '<ul class="menu"><li><a href="/">Home</a></li><li><a href="/tides">Tides</a></li></ul>'
        f'<h1>Notice {number}: ships counted at pier {number}</h1><span class="date">{day}</span>'
        f'<div class="text">{body}</div><div class="foot">Harbour Board of Lindmouth</div>'
        "</body></html>"
    )


def listing_html(numbers: list[int], *, path: str = "/news/{}.html", more: str = "") -> str:
    """A listing page of the Harbour Board; ``more`` is put below the list."""
    rows = "".join(
        f'<li class="row"><span class="date">{2 + number % 20} March 2026</span> '
        f'<a href="{path.format(number)}">Notice {number}: ships counted at pier {number}</a></li>'
        for number in numbers
    )
    return (
        '<!DOCTYPE html><html lang="en"><head><title>Notices</title></head><body>'
        '<ul class="menu"><li><a href="/">Home</a></li><li><a href="/tides">Tides</a></li></ul>'
        f'<ul class="news">{rows}</ul>{more}</body></html>'
    )
