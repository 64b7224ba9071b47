"""The server of shapes: it finds the shape's answer to each request."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from tests.systems.shapes.board import NEWS_PATH, Board, Entry

MAX_FORM_BYTES: Final = 1_000_000


@dataclass(frozen=True)
class Request:
    """A request to a shape: ``form`` is what a POST sent."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)

    def number(self, name: str = "page", default: int = 1) -> int:
        """A number in the address; 0 if it is not a number."""
        text = self.query.get(name, str(default))
        return int(text) if text.isdecimal() else 0


@dataclass(frozen=True)
class Reply:
    """A response that is not an HTML page with status 200."""

    body: str
    content_type: str = "text/html; charset=utf-8"
    status: HTTPStatus = HTTPStatus.OK


Answer = str | Reply | None
Lister = Callable[[Board, Request], Answer]
Releaser = Callable[[Board, Entry], str]


@dataclass(frozen=True)
class Shape:
    """One shape: what it answers about its list, and the HTML of its release pages.

    ``answer`` gets every request that is not for a release; None becomes 404. Only POST requests
    of a shape that ``posts`` reach it. ``releases`` is None if releases have no pages of their own.
    """

    name: str
    lang: str
    answer: Lister
    releases: Releaser | None
    posts: bool
    first: str


SHAPES: Final[dict[str, Shape]] = {}


def shape(
    name: str,
    lang: str,
    *,
    releases: Releaser | None = Board.release,
    posts: bool = False,
    first: str = NEWS_PATH,
) -> Callable[[Lister], Lister]:
    """Register a function as the answers of a shape; ``first`` is the address to add."""

    def register(answer: Lister) -> Lister:
        SHAPES[name] = Shape(name, lang, answer, releases, posts, first)
        return answer

    return register


def json_reply(value: Any) -> Reply:
    """A response of JSON."""
    return Reply(json.dumps(value), "application/json")


@dataclass
class Served:
    """The shape that is served now."""

    shape: Shape | None = None
    board: Board = field(default_factory=lambda: Board("en"))

    def reply(self, request: Request) -> Answer:
        """The response to a request."""
        if self.shape is None or (request.method == "POST" and not self.shape.posts):
            return None
        if self.shape.releases and request.method == "GET":
            for one in self.board.entries:
                if one.url == request.path:
                    return self.shape.releases(self.board, one)
        return self.shape.answer(self.board, request)


class Handler(BaseHTTPRequestHandler):
    """Serves a shape, with GET and POST."""

    protocol_version = "HTTP/1.1"
    # As in tests.press_room.
    disable_nagle_algorithm = True

    def __init__(self, served: Served, *arguments: Any) -> None:
        self.served = served
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """Answer a GET request."""
        self.reply_to("GET", {})

    def do_POST(self) -> None:
        """Answer a POST request with a form."""
        length = min(int(self.headers.get("Content-Length") or 0), MAX_FORM_BYTES)
        sent = self.rfile.read(length).decode("utf-8", "replace")
        self.reply_to("POST", dict(parse_qsl(sent, keep_blank_values=True)))

    def reply_to(self, method: str, form: Mapping[str, str]) -> None:
        """Send the shape's answer."""
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        answer = self.served.reply(Request(method, address.path, query, form))
        if answer is None:
            answer = Reply("<h1>Not found</h1>", status=HTTPStatus.NOT_FOUND)
        elif isinstance(answer, str):
            answer = Reply(answer)
        body = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited name
        """Keep the output clean."""
