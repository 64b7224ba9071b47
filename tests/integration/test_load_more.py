"""Lists that scripts extend are collected to their end by the requests that the page states."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.command import collect, make_home
from tests.examples import thorough
from tests.http_handlers import answered_by
from tests.press_room import listing_html, release_html

COUNT, SIZE = 11, 4
LIMIT = 60
"""Requests after which a list that repeats itself is endless."""

More = Callable[[dict[str, str]], tuple[str, str]]
"""Makes the type and the body of a response from the fields of a request."""


@contextmanager
def room_of(button: str, more: More) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A press room whose ``button`` loads what ``more`` returns; and the requests for it."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.respond(parse_qs(urlsplit(self.path).query))

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            self.respond(parse_qs(self.rfile.read(length).decode()))

        def respond(self, fields: dict[str, list[str]]) -> None:
            path = urlsplit(self.path).path
            name = path.rpartition("/")[2].removesuffix(".html")
            kind, body, status = "text/html; charset=utf-8", "not here", 404
            if path == "/news/":
                body, status = listing_html(rows(0), more=button), 200
            elif name.isdecimal():
                body, status = release_html(int(name)), 200
            elif path == "/more":
                asked.append({key: values[-1] for key, values in fields.items()})
                (kind, body), status = more(asked[-1]), 200
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited name
            """Keep the test's output clean."""

    with answered_by(Handler) as base:
        yield base, asked


def rows(start: int) -> list[int]:
    """The numbers of the releases from a place in the list on."""
    return [*range(COUNT, 0, -1)][start : start + SIZE]


def html_of(numbers: list[int]) -> str:
    return "".join(
        f'<li class="row"><span class="date">{2 + number % 20} March 2026</span> '
        f'<a href="/news/{number}.html">Notice {number}: ships counted at pier {number}</a></li>'
        for number in numbers
    )


def fragment(sent: dict[str, str]) -> tuple[str, str]:
    return "text/html; charset=utf-8", html_of(rows(int(sent["offset"])))


def html_in_json(sent: dict[str, str]) -> tuple[str, str]:
    answer = {"html": html_of(rows((int(sent["page"]) - 1) * SIZE)), "status": "ok"}
    return "application/json", json.dumps(answer)


def items(numbers: list[int]) -> list[dict[str, Any]]:
    return [
        {
            "title": f"Notice {number}: ships counted at pier {number}",
            "date": f"2026-03-{2 + number % 20:02d}",
            "url": f"/news/{number}.html",
        }
        for number in numbers
    ]


def with_cursor(sent: dict[str, str]) -> tuple[str, str]:
    start = int(sent.get("cursor", "c4")[1:]) if "cursor" in sent else SIZE
    after = f"c{start + SIZE}" if start + SIZE < COUNT else None
    return "application/json", json.dumps({"items": items(rows(start)), "nextCursor": after})


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("button", "more"),
    [
        ("<button data-url='/more' data-offset='4' data-limit='4'>Meer tonen</button>", fragment),
        ("<div data-endpoint='/more' data-method='post' data-page='2'>Ещё</div>", html_in_json),
        *thorough(
            ("<button data-url='/more' data-offset='4'>Lisää</button>", fragment),
            # Pages are counted from the page that is shown
            ("<a href='#' data-api='/more' data-page='1'>Mehr</a>", html_in_json),
            ("<button data-api='/more' data-page='2'>Więcej</button>", with_cursor),
        ),
    ],
)
def test_a_list_that_a_button_extends_is_read_to_its_end(
    button: str, more: More, tmp_path: Path
) -> None:
    with room_of(button, more) as (base, asked):
        run = collect(make_home(tmp_path / "home", f"{base}/news/"))
    assert (run["new"], run["errors"]) == (COUNT, [])
    assert run["history"] == "complete"
    assert len(asked) < LIMIT


@pytest.mark.thorough
@pytest.mark.parametrize("total", ["", "data-total='100000'"])
def test_repeated_rows_and_a_false_total_come_to_an_end(total: str, tmp_path: Path) -> None:
    def repeat(sent: dict[str, str]) -> tuple[str, str]:
        del sent
        return fragment({"offset": "4"})

    button = f"<button data-url='/more' data-offset='4' data-limit='4' {total}>More</button>"
    with room_of(button, repeat) as (base, asked):
        run = collect(make_home(tmp_path / "home", f"{base}/news/"))
    assert run["new"] == 2 * SIZE
    assert len(asked) < LIMIT


@pytest.mark.thorough
def test_pagination_continues_inside_a_series(tmp_path: Path) -> None:
    button = "<button data-url='/more' data-offset='4' data-limit='4'>More</button>"
    with room_of(button, fragment) as (base, asked):
        home = make_home(tmp_path / "home", f"{base}/news/")
        with (home / "communique.toml").open("a") as file:
            file.write("max_pages = 2\n")
        runs = [collect(home) for _ in range(4)]
    assert sum(run["new"] for run in runs) == COUNT
    assert runs[0]["history"] == "walking"
    assert runs[-1]["history"] == "complete"
    assert len(asked) < LIMIT
