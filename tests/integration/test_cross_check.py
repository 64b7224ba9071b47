"""A source with a feed: its page is read too, and tells what the feed lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import collect, make_home
from tests.press_room import Answer, Room, listing_html, release_html, served


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room with a page of six releases, and a feed beside it."""
    with served() as room:
        for number in range(1, 10):
            room.page(f"/news/{number}.html", release_html(number, day=day(number)))
        show(room, 1, 2, 3, 4, 5, 6)
        feed(room, 4, 5, 6)
        yield room


@pytest.fixture
def home(room: Room, tmp_path: Path) -> Path:
    """A HOME that collects from the feed."""
    return make_home(tmp_path / "home", f"{room.base}/news/", feed=f'"{room.base}/feed"')


def day(number: int) -> str:
    """The day of a release."""
    return f"{2 + number} March 2026"


def show(room: Room, *numbers: int, more: str = "") -> None:
    """Let the page list these."""
    room.page("/news/", listing_html(list(numbers), more=more))


def feed(room: Room, *numbers: int) -> None:
    """Let the feed hold these."""
    items = "".join(
        f"<item><title>Notice {n}: ships counted at pier {n}</title>"
        f"<link>{room.base}/news/{n}.html</link><pubDate>{day(n)} 09:00:00 +0100</pubDate></item>"
        for n in numbers
    )
    text = f"<?xml version='1.0'?><rss version='2.0'><channel>{items}</channel></rss>"
    room.answers["/feed"] = Answer(text.encode(), content_type="application/rss+xml")


@pytest.mark.thorough
def test_releases_missing_in_the_feed_are_fetched_from_the_page(room: Room, home: Path) -> None:
    run = collect(home)
    assert (run["found"], run["new"], run["errors"]) == (6, 6, [])
    assert room.statuses("/news/") == [200]
    again = collect(home)
    assert (again["new"], again["changed"], again["errors"]) == (0, 0, [])
    assert room.statuses("/news/") == [200, 304], "asked once a visit, with a condition"


def test_a_stopped_feed_is_reported_while_the_page_continues(room: Room, home: Path) -> None:
    collect(home)
    show(room, 1, 2, 3, 4, 5, 6, 7)
    run = collect(home)
    assert (run["new"], run["errors"]) == (1, []), "a feed may lag behind for a day"
    show(room, 4, 5, 6, 7, 8, 9)
    run = collect(home)
    assert run["new"] == 2
    (error,) = run["errors"]
    assert (error["kind"], error["url"]) == ("stale", f"{room.base}/feed")
    for fact in ("2026-03-08", "3 newer releases", "2026-03-11"):
        assert fact in error["message"]
    feed(room, 7, 8, 9)
    assert collect(home)["errors"] == []


@pytest.mark.thorough
def test_a_page_that_can_not_be_read_is_not_an_error_beside_a_feed(room: Room, home: Path) -> None:
    room.page("/news/", "gone to lunch", status=503)
    run = collect(home)
    assert (run["new"], run["errors"]) == (3, [])
    room.page("/news/", "<html><body><p>Nothing here lists anything.</p></body></html>")
    assert collect(home)["errors"] == []


def test_an_unreadable_feed_is_reported_and_the_page_is_read(room: Room, home: Path) -> None:
    room.page("/feed", "gone", status=404)
    run = collect(home)
    assert run["new"] == 6
    (error,) = run["errors"]
    assert error["kind"] == "http:404"


@pytest.mark.thorough
def test_the_pages_that_no_feed_reaches_are_walked_to_the_first_release(
    room: Room, home: Path
) -> None:
    show(room, 5, 6, more='<a rel="next" href="/news/?page=2">Older</a>')
    room.page("/news/?page=2", listing_html([1, 2, 3, 4]))
    feed(room, 5, 6)
    run = collect(home)
    assert (run["new"], run["history"], run["errors"]) == (6, "complete", [])
    assert collect(home)["new"] == 0
    assert room.statuses("/news/?page=2") == [200], "the walk is over"
    assert collect(home, "--backfill")["new"] == 0
    assert room.statuses("/news/?page=2") == [200, 200]
