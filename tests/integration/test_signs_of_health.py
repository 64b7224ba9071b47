"""A press room that works, then breaks in one way: its health says so, with the code of that way.

Each begins from one HOME in which ten releases were collected and nothing is wrong.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from data.health.state import Health, overview
from data.models import Facet
from data.store.sqlite.store import SqliteStore
from tests.command import collect, make_home
from tests.examples import thorough
from tests.press_room import Answer, Room, listing_html, release_html, served

QUIET: Final = "silent"
"""What is told of the room where nothing is wrong with it: all that it published is of March."""

NUMBERS: Final = list(range(1, 11))
NAV: Final = '<ul class="menu">{}</ul>'.format(
    "".join(f'<li><a href="/about/{n}">About the Board, part {n}</a></li>' for n in range(9))
)
FIELDS: Final = '<form><input name="user"><input type="password" name="p"></form>'
LOGIN: Final = f"<title>Sign in</title><h1>Sign in</h1>{FIELDS}<p>To read this page.</p>"
WALL: Final = f"<p>{'We and our partners store cookies to measure how you read. ' * 8}</p>"


class Board(NamedTuple):
    """The room, another site, and a HOME that was collected from the room."""

    room: Room
    other: Room
    home: Path


def page(number: int, **more: str) -> str:
    return release_html(number, day=f"{2 + number} March 2026", **more)


def show(room: Room, numbers: list[int], listed: list[int] | None = None) -> None:
    """Let the room have these releases, and list them or some."""
    room.answers.clear()
    room.page("/news/", listing_html((listed or numbers)[::-1]))
    room.page("/", "<title>Harbour Board</title><h1>Welcome</h1><p>The Board of Lindmouth.</p>")
    for number in numbers:
        room.page(f"/news/{number}.html", page(number))


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    with served() as room, served() as other:
        home = make_home(tmp_path_factory.mktemp("collected") / "home", f"{room.base}/news/")
        for last in (9, 10):
            show(room, NUMBERS[:last])
            assert collect(home)["errors"] == []
        assert health(home).code == QUIET
        yield Board(room, other, home)


@pytest.fixture
def board(collected: Board, tmp_path: Path) -> Board:
    show(collected.room, NUMBERS)
    home = tmp_path / "home"
    shutil.copytree(collected.home, home)
    return collected._replace(home=home)


def health(home: Path) -> Health:
    with closing(SqliteStore(home / "communique.db")) as store:
        (one,) = overview(store)
    return one


def every_page(room: Room, change: Callable[[int], str], status: int = 200) -> None:
    for number in NUMBERS:
        room.page(f"/news/{number}.html", change(number), status=status)


def with_new(board: Board, html: str, status: int = 200) -> None:
    show(board.room, [*NUMBERS, 11])
    board.room.page("/news/11.html", html, status=status)


def led(room: Room, to: str) -> None:
    room.page("/news/", "", status=301, headers={"Location": to})


def elsewhere(board: Board) -> None:
    board.other.page("/press/", listing_html([21, 22, 23, 24], path="/press/{}.html"))
    for number in (21, 22, 23, 24):
        board.other.page(f"/press/{number}.html", page(number))
    led(board.room, f"{board.other.base}/press/")


def parked(board: Board) -> None:
    board.other.page("/parked", "<h1>This domain is for sale</h1>")
    led(board.room, f"{board.other.base}/parked")


def moved(board: Board) -> None:
    board.room.answers["/all/"] = board.room.answers["/news/"]
    led(board.room, "/all/")


def without_pages(board: Board) -> None:
    every_page(board.room, lambda _: "it failed", status=500)


def one_title(number: int) -> str:
    return re.sub(r"<h1>.*?</h1>", "<h1>News of the Board</h1>", page(number))


BROKEN: Final[dict[str, tuple[str, Callable[[Board], None]]]] = {
    "a listing of menus": ("listing.empty", lambda b: b.room.page("/news/", NAV)),
    "a section that is gone": ("listing.moved", lambda b: b.room.page("/news/", "", status=404)),
    "a section that leads home": ("listing.moved", lambda b: led(b.room, "/")),
    "another site": ("site.redirects_away", elsewhere),
    "another site that lists nothing": ("site.redirects_away", parked),
    "a login": ("site.login", lambda b: b.room.page("/news/", LOGIN)),
    "robots.txt": (
        "site.robots",
        lambda b: b.room.answers.update(
            {"/robots.txt": Answer(b"User-agent: *\nDisallow: /", content_type="text/plain")}
        ),
    ),
    "half of the rows, every second one": (
        "listing.lost_rows",
        lambda b: b.room.page("/news/", listing_html(NUMBERS[1::2][::-1])),
    ),
    "an old copy": (
        "listing.stands_still",
        lambda b: b.room.page("/news/", listing_html(NUMBERS[:8][::-1])),
    ),
    "pages that all fail": ("release.unread", without_pages),
    "a new page that fails": ("release.unread", lambda b: with_new(b, "it failed", status=500)),
    "a new page behind a login": ("site.login", lambda b: with_new(b, LOGIN)),
    "short texts": (
        "release.thin",
        lambda b: every_page(b.room, lambda n: page(n, text=f"<p>Notice {n} in short.</p>")),
    ),
    "one notice": (
        "release.texts_alike",
        lambda b: every_page(b.room, lambda n: page(n, text=WALL)),
    ),
    "lost letters": (
        "release.garbled",
        lambda b: every_page(b.room, lambda n: page(n).replace("e", "\ufffd")),
    ),
    "one title": ("release.titles_alike", lambda b: every_page(b.room, one_title)),
}


WAYS: Final = [*{code: way for way, (code, _) in BROKEN.items()}.values()][:4]
"""One way for each of some codes."""


@pytest.mark.parametrize("way", [*WAYS, *thorough(*(way for way in BROKEN if way not in WAYS))])
def test_a_visit_reports_a_new_fault_and_the_next_one_its_end(way: str, board: Board) -> None:
    code, break_it = BROKEN[way]
    break_it(board)
    collect(board.home)
    told = health(board.home)
    assert told.code == code, told
    show(board.room, [*NUMBERS, 11])
    collect(board.home)
    assert health(board.home).code == QUIET


WELL: Final[dict[str, Callable[[Board], None]]] = {
    "a new page that is not there": lambda b: with_new(b, "not here", status=404),
    "an edit of one release": lambda b: b.room.page("/news/3.html", page(3, text="<p>Void.</p>")),
    "another address for the listing": moved,
}


@pytest.mark.parametrize("what", [*WELL][:1] + thorough(*[*WELL][1:]))
def test_what_happens_to_press_rooms_that_work_is_not_a_sign(what: str, board: Board) -> None:
    WELL[what](board)
    for _ in range(2):
        collect(board.home)
        told = health(board.home)
        assert told.code == QUIET, told


def releases(home: Path) -> dict[str, tuple[str, int, str]]:
    with closing(SqliteStore(home / "communique.db")) as store:
        found = store.releases(Facet(source="harbour"), limit=100)
        return {one.id: (one.url, one.revision, one.content.title) for one in found}


def test_a_listing_that_always_redirected_to_another_site_yields_nothing(
    board: Board, tmp_path: Path
) -> None:
    elsewhere(board)
    home = make_home(tmp_path / "first", f"{board.room.base}/news/")
    for _ in range(2):
        run = collect(home)
        assert (run["found"], run["new"]) == (0, 0)
    told = health(home)
    assert told.code == "site.redirects_away"
    assert f"{board.other.base}/press/" in told.reason
    assert releases(home) == {}


def test_releases_listed_by_another_site_are_not_missed_when_the_listing_returns(
    board: Board,
) -> None:
    before = releases(board.home)
    elsewhere(board)
    collect(board.home)
    show(board.room, NUMBERS)
    collect(board.home)
    told = health(board.home)
    assert told.code == QUIET, told
    assert releases(board.home) == before


def test_a_page_beside_a_feed_that_leads_to_another_site_is_reported(
    board: Board, tmp_path: Path
) -> None:
    items = "".join(
        f"<item><title>Notice {n}: ships counted at pier {n}</title>"
        f"<link>{board.room.base}/news/{n}.html</link></item>"
        for n in NUMBERS
    )
    feed = f'<rss version="2.0"><channel><title>Harbour Board</title>{items}</channel></rss>'
    board.room.page("/feed.xml", feed, content_type="application/rss+xml")
    elsewhere(board)
    feed_url = f'"{board.room.base}/feed.xml"'
    home = make_home(tmp_path / "first", f"{board.room.base}/news/", feed=feed_url)
    run = collect(home)
    assert run["new"] == len(NUMBERS)
    assert [one["kind"] for one in run["errors"]] == ["redirect"]
    assert all(url.startswith(f"{board.room.base}/") for url, _, _ in releases(home).values())


PAGE_ROWS: Final = 12
"""Rows on one page of a listing."""


def show_pages(room: Room, rows: list[tuple[int, str]]) -> None:
    """Let the room list these releases, each with its day, the first ones on its first page."""
    room.answers.clear()
    for first in range(0, len(rows), PAGE_ROWS):
        number = first // PAGE_ROWS + 1
        link = f'<a rel="next" href="/news/?page={number + 1}">Older</a>'
        listed = "".join(
            f'<li class="row"><span class="date">{day}</span> <a href="/news/{one}.html">'
            f"Notice {one}: ships counted at pier {one}</a></li>"
            for one, day in rows[first : first + PAGE_ROWS]
        )
        more = link if first + PAGE_ROWS < len(rows) else ""
        listing = listing_html([], more=f'<ul class="news">{listed}</ul>{more}')
        room.page(f"/news/?page={number}" if first else "/news/", listing)
    for one, day in rows:
        room.page(f"/news/{one}.html", release_html(one, day=day))


BUSY_DAYS: Final = {
    "as many, of the same day": [(n, "27 November 2026") for n in range(24, 12, -1)],
    "more, of the same day": [(n, "27 November 2026") for n in range(54, 12, -1)],
    "an old one above them": [
        (54, "3 May 2024"),
        *((n, "27 November 2026") for n in range(53, 12, -1)),
    ],
    "of a later day, an old one above": [
        (25, "3 May 2024"),
        *((n, "28 November 2026") for n in range(24, 12, -1)),
    ],
}


@pytest.mark.parametrize(
    ("new", "max_pages"),
    [
        ("of a later day, an old one above", 2),
        *thorough(
            ("more, of the same day", 2),
            ("as many, of the same day", 2),
            ("an old one above them", 2),
            *((new, max_pages) for new in BUSY_DAYS for max_pages in (1, 10)),
        ),
    ],
)
def test_a_page_of_new_releases_loses_none(
    new: str, max_pages: int, board: Board, tmp_path: Path
) -> None:
    old = [(n, "27 November 2026") for n in range(12, 0, -1)]
    show_pages(board.room, old)
    home = make_home(tmp_path / "busy", f"{board.room.base}/news/")
    with (home / "communique.toml").open("a") as settings:
        settings.write(f"max_pages = {max_pages}\n")
    collect(home)
    show_pages(board.room, [*BUSY_DAYS[new], *old])
    for _ in range(2):
        assert collect(home)["errors"] == []
        assert health(home).state == "ok", health(home)
