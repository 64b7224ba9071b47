"""A press room on loopback whose pager posts forms, and refuses what a real server refuses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs

from tests.http_handlers import answered_by
from tests.press_room import listing_html, release_html

SIZE = 3
"""Releases on a page of the listing."""

GRID = "ctl00$Main$Grid"


def state_of(page: int) -> str:
    """The state that the server gives out with a page, and wants back: long, as real ones are."""
    return hashlib.sha256(f"state of page {page}".encode()).hexdigest() * 8


def grid_html(room: PostingRoom, page: int) -> str:
    """A page of an ASP.NET grid: it goes on by a postback, also from a search and a newsletter."""
    cells = "".join(
        f"<td><span>{number}</span></td>"
        if number == page
        else f"<td><a href=\"javascript:__doPostBack('{GRID}','Page${number}')\">{number}</a></td>"
        for number in range(1, room.pages + 1)
    )
    more = (
        f'<form method="post" action="{room.action}" id="aspnetForm">'
        f'<input type="hidden" name="__VIEWSTATE" value="{state_of(page)}">'
        '<input name="ctl00$q"><input type="submit" name="ctl00$search" value="Search">'
        '<input type="email" name="ctl00$mail">'
        '<input type="submit" name="ctl00$subscribe" value="Subscribe">'
        f"<table><tr>{cells}</tr></table></form>"
    )
    return listing_html(room.numbers(page), more=more)


def grid_page(room: PostingRoom, sent: dict[str, str]) -> int | None:
    """The page that a postback asks for; None if its state is not one that the server gave."""
    known = {state_of(page) for page in range(1, room.pages + 1)}
    argument = sent.get("__EVENTARGUMENT", "")
    if sent.get("__VIEWSTATE") not in known or sent.get("__EVENTTARGET") != GRID:
        return None
    return int(argument.removeprefix("Page$")) if argument.startswith("Page$") else None


def button_html(room: PostingRoom, page: int) -> str:
    """A page whose form has a token of the session and a button for the next page."""
    button = '<button name="next" value="1">Volgende</button>' if page < room.pages else ""
    more = (
        '<form method="post" class="pager"><input type="hidden" name="csrf_token" value="t0ken-77">'
        f'<input type="hidden" name="start" value="{page * SIZE}">{button}</form>'
    )
    return listing_html(room.numbers(page), more=more)


def button_page(_: PostingRoom, sent: dict[str, str]) -> int | None:
    """The page that the button asks for; None without the token."""
    if sent.get("csrf_token") != "t0ken-77" or "next" not in sent:
        return None
    return int(sent["start"]) // SIZE + 1


@dataclass
class PostingRoom:
    """The releases of the room, newest first, and the ``log`` of what was requested.

    ``page_of`` is None if the request is refused; ``stuck`` is the page that is shown for all.
    ``action`` is where the postbacks go.
    """

    count: int
    html: Callable[[PostingRoom, int], str] = grid_html
    page_of: Callable[[PostingRoom, dict[str, str]], int | None] = grid_page
    base: str = ""
    stuck: int | None = None
    action: str = "./"
    needs_cookie: bool = False
    log: list[tuple[str, str, int]] = field(default_factory=list)
    sent: list[dict[str, str]] = field(default_factory=list)
    robots: str = ""

    @property
    def pages(self) -> int:
        """Pages of the listing."""
        return -(-self.count // SIZE)

    def numbers(self, page: int) -> list[int]:
        """The releases on a page."""
        return [*range(self.count, 0, -1)][(page - 1) * SIZE : page * SIZE]

    @property
    def posts(self) -> list[int]:
        """The status of each response to a request by POST."""
        return [status for method, _, status in self.log if method == "POST"]


class Handler(BaseHTTPRequestHandler):
    """Answers for one room."""

    def __init__(self, room: PostingRoom, *arguments: object) -> None:
        self.room = room
        super().__init__(*arguments)  # type: ignore[arg-type]  # as socketserver gives them

    def do_GET(self) -> None:
        """The first page of the listing, or a release."""
        name = self.path.rpartition("/")[2].removesuffix(".html")
        if self.path == "/news/":
            self._answer(200, self.room.html(self.room, 1))
        elif name.isdecimal() and 0 < int(name) <= self.room.count:
            self._answer(200, release_html(int(name)))
        elif self.path == "/robots.txt" and self.room.robots:
            self._answer(200, self.room.robots)
        else:
            self._answer(404, "not here")

    def do_POST(self) -> None:
        """A page of the listing, if the form is as this server wrote it."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        sent = {name: values[-1] for name, values in parse_qs(body, keep_blank_values=True).items()}
        self.room.sent.append(sent)
        form = self.headers["Content-Type"] == "application/x-www-form-urlencoded"
        cookie = "session=abc" in (self.headers["Cookie"] or "") or not self.room.needs_cookie
        page = self.room.page_of(self.room, sent) if form and cookie else None
        if page is None or not 0 < page <= self.room.pages:
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, "Validation of viewstate MAC failed")
        else:
            self._answer(200, self.room.html(self.room, self.room.stuck or page))

    def _answer(self, status: int, html: str) -> None:
        self.room.log.append((self.command, self.path, status))
        self.send_response(status)
        kind = "text/plain" if self.path == "/robots.txt" else "text/html; charset=utf-8"
        self.send_header("Content-Type", kind)
        self.send_header("Set-Cookie", "session=abc; Path=/")
        self.end_headers()
        self.wfile.write(html.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited name
        """Keep the test's output clean."""


@contextmanager
def posting_room(room: PostingRoom) -> Iterator[PostingRoom]:
    """The room, served for the length of a ``with`` block."""
    with answered_by(partial(Handler, room)) as base:
        room.base = base
        yield room
