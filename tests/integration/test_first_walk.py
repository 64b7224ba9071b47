"""Alerts during the first walk through a source: new releases alert, older ones do not."""

from __future__ import annotations

import datetime as dt
import json
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from data.clock import utc_now
from data.models import Facet
from data.store.sqlite.store import SqliteStore
from tests.command import collect, command, communique, make_home
from tests.press_room import Answer, Room, release_html, served

SIZE = 3
"""Releases on a page of the listing."""

LONG_AGO = "3 March 2019"


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room of nine old releases on three pages."""
    with served() as room:
        fill(room, range(9, 0, -1))
        yield room


@pytest.fixture
def home(room: Room, tmp_path: Path) -> Path:
    """A HOME that reads one more page of the listing in each visit."""
    return walking(make_home(tmp_path / "home", f"{room.base}/news/"))


def walking(home: Path) -> Path:
    with (home / "communique.toml").open("a") as file:
        file.write("max_pages = 1\n")
    return home


def fill(room: Room, numbers: Sequence[int], days: dict[int, str] | None = None) -> None:
    """Let the room list these releases, newest first, those of ``days`` by these, or none."""
    days = days or {}
    pages = [numbers[start : start + SIZE] for start in range(0, len(numbers), SIZE)]
    for number in numbers:
        page = release_html(number, day=days.get(number, LONG_AGO))
        if number in days and not days[number]:
            page = page.replace('<span class="date"></span>', "")
        room.page(f"/news/{number}.html", page)
    for place, listed in enumerate(pages, 1):
        rows = "".join(
            f'<li class="row"><span class="date">{days.get(number, LONG_AGO)}</span> <a href='
            f'"/news/{number}.html">Notice {number}: ships counted at pier {number}</a></li>'
            for number in listed
        )
        more = f'<a rel="next" href="{address(place + 1)}">Older</a>' if place < len(pages) else ""
        room.page(address(place), f"<html><body><h1>News</h1><ul>{rows}</ul>{more}</body></html>")


def address(place: int) -> str:
    return "/news/" if place == 1 else f"/news/?page={place}"


def written(day: dt.date) -> str:
    """A day as the press room writes it."""
    return f"{day.day} {day:%B %Y}"


def today() -> str:
    return written(local_day())


def local_day() -> dt.date:
    """The present day in the zone of the press room, which a visit takes for today."""
    return utc_now().astimezone(ZoneInfo("Europe/Oslo")).date()


def events(home: Path) -> list[tuple[str, int]]:
    """What watches are alerted of: the kind, and the number of the release."""
    with closing(SqliteStore(home / "communique.db")) as store:
        found = [one for one in store.queued_events(limit=100) if not one.backlog]
        releases = [store.release(one.release) for one in found]
        store.forget_events()
    return sorted(
        (one.kind, int(release.content.title.split()[1].rstrip(":")))
        for one, release in zip(found, releases, strict=True)
        if release
    )


@pytest.mark.thorough
def test_new_releases_and_edits_are_reported_during_the_first_walk(room: Room, home: Path) -> None:
    assert collect(home)["history"] == "walking"
    assert events(home) == []
    fill(room, range(10, 0, -1), {10: today()})
    text = "<p>The Harbour Board of Lindmouth counted no ships at all: the basins are closed.</p>"
    room.page("/news/9.html", release_html(9, day=LONG_AGO, text=text))
    assert collect(home)["history"] == "walking"
    assert events(home) == [("edit", 9), ("release", 10)]
    while collect(home)["history"] == "walking":
        assert events(home) == []
    assert events(home) == []
    assert len(communique("export", home=home).stdout.splitlines()) == 10


def test_a_release_found_deep_in_a_walk_is_reported_if_it_was_published_since(
    room: Room, home: Path
) -> None:
    tomorrow = written(local_day() + dt.timedelta(days=1))
    # Sorted by title, say: the newest is on the last page.
    fill(room, range(9, 0, -1), {1: tomorrow, 2: today(), 3: ""})
    while collect(home)["history"] == "walking":
        assert events(home) == []
    assert events(home) == [("release", 1)]


@pytest.mark.thorough
def test_a_date_stated_only_by_a_deep_page_does_not_make_a_release_new(
    room: Room, home: Path
) -> None:
    tomorrow = written(local_day() + dt.timedelta(days=1))
    fill(room, range(9, 0, -1), dict.fromkeys(range(1, 10), ""))
    for number in (1, 2):
        room.page(f"/news/{number}.html", release_html(number, day=tomorrow))
    while collect(home)["history"] == "walking":
        pass
    assert events(home) == []


@pytest.mark.thorough
def test_releases_in_visits_after_the_walk_are_reported(room: Room, home: Path) -> None:
    while collect(home)["history"] == "walking":
        pass
    days = {10: today(), 11: "", 12: today()}
    for newest in (10, 11, 12):
        fill(room, range(newest, 0, -1), days)
        assert collect(home)["history"] == "complete"
        assert events(home) == [("release", newest)]


def test_a_source_with_a_feed_and_a_page_reports_each_new_release_once(
    room: Room, tmp_path: Path
) -> None:
    home = walking(make_home(tmp_path / "fed", f"{room.base}/news/", feed=f'"{room.base}/feed"'))

    def publish(numbers: Sequence[int]) -> None:
        items = "".join(
            f"<item><title>Notice {number}: ships counted at pier {number}</title>"
            f"<link>{room.base}/news/{number}.html</link></item>"
            for number in numbers
        )
        room.answers["/feed"] = Answer(
            f"<rss version='2.0'><channel>{items}</channel></rss>".encode(),
            content_type="application/rss+xml",
        )

    publish([9, 8, 7])
    assert collect(home)["history"] == "walking"
    assert events(home) == []
    # First in the feed alone, and then on the page too.
    room.page("/news/10.html", release_html(10, day=""))
    publish([10, 9, 8])
    collect(home)
    fill(room, range(10, 0, -1), {10: ""})
    while collect(home)["history"] == "walking":
        pass
    assert events(home) == [("release", 10)]


@pytest.mark.thorough
def test_an_undated_release_at_the_front_of_a_later_visit_is_new_and_one_below_is_not(
    room: Room, home: Path
) -> None:
    undated = dict.fromkeys(range(1, 12), "")
    fill(room, range(9, 0, -1), undated)
    collect(home)
    # One came, and two were taken down: what was on the second page moves up.
    fill(room, [10, 9, 6, 5, 4, 3, 2, 1], undated)
    collect(home)
    assert events(home) == [("release", 10)]
    lines = [json.loads(line) for line in communique("export", home=home).stdout.splitlines()]
    assert {one["precision"] for one in lines} == {"none"}
    communique("publish", home=home)
    feed = json.loads((home / "site" / "feeds" / "all.json").read_text())
    assert [item["title"].split(":")[0] for item in feed["items"]] == ["Notice 10"]


@pytest.mark.thorough
def test_more_new_releases_than_the_front_page_holds_are_all_reported(
    room: Room, home: Path
) -> None:
    fill(room, range(15, 0, -1))
    collect(home)
    collect(home)
    # The walk is at page 3, so that it would never come to the new page 2.
    fill(room, range(21, 0, -1), dict.fromkeys(range(16, 22), today()))
    while collect(home)["history"] == "walking":
        pass
    assert events(home) == [("release", number) for number in range(16, 22)]
    assert len(communique("export", home=home).stdout.splitlines()) == 21


@pytest.mark.thorough
def test_a_release_of_the_first_day_is_reported_if_the_first_visit_did_not_list_it(
    room: Room, home: Path
) -> None:
    fill(room, range(9, 0, -1), {9: today(), 8: today()})
    collect(home)
    fill(room, range(10, 0, -1), {10: today(), 9: today(), 8: today()})
    collect(home)
    assert events(home) == [("release", 10)]


def test_releases_listed_by_a_killed_first_visit_are_backlog_and_later_ones_new(
    room: Room, home: Path
) -> None:
    days = dict.fromkeys((7, 8, 9, 10), today())
    fill(room, range(9, 0, -1), days)
    hold = threading.Event()
    for number in (7, 8, 9):
        room.answers[f"/news/{number}.html"].hold = hold
    with subprocess.Popen(  # noqa: S603 - our own program
        [*command(), "collect", "--home", str(home)], stdout=subprocess.DEVNULL
    ) as child:
        room.wait_for("/news/9.html")
        child.send_signal(signal.SIGKILL)
        child.wait(60)
    hold.set()
    fill(room, range(10, 0, -1), days)
    run = collect(home)
    while "another visit" in str(run["errors"]):
        run = collect(home)
    assert events(home) == [("release", 10)]


@pytest.mark.thorough
def test_a_new_release_listed_by_a_killed_visit_is_reported_by_the_next_one(
    room: Room, home: Path
) -> None:
    collect(home)
    fill(room, range(10, 0, -1), {10: ""})
    hold = threading.Event()
    room.answers["/news/10.html"].hold = hold
    with subprocess.Popen(  # noqa: S603 - our own program
        [*command(), "collect", "--home", str(home)], stdout=subprocess.DEVNULL
    ) as child:
        room.wait_for("/news/10.html")
        child.send_signal(signal.SIGKILL)
        child.wait(60)
    hold.set()
    room.answers["/news/10.html"].hold = None
    run = collect(home)
    while "another visit" in str(run["errors"]):
        run = collect(home)
    assert events(home) == [("release", 10)]


@pytest.mark.thorough
def test_a_feed_added_later_alerts_about_releases_since_the_first_visit(
    room: Room, home: Path
) -> None:
    collect(home)
    first = utc_now()
    items = "".join(
        f"<item><title>Notice {number}: ships counted at pier {number}</title>"
        f"<link>{room.base}/news/{number}.html</link>"
        f"<pubDate>{at:%d %b %Y %H:%M:%S} +0000</pubDate></item>"
        for number, at in (
            (12, first + dt.timedelta(seconds=1)),
            (11, first - dt.timedelta(days=1)),
            *((number, dt.datetime(2019, 3, 3, tzinfo=dt.UTC)) for number in (9, 8, 7)),
        )
    )
    for number in (11, 12):
        room.page(f"/news/{number}.html", release_html(number, day=""))
    room.answers["/feed"] = Answer(
        f"<rss version='2.0'><channel>{items}</channel></rss>".encode(),
        content_type="application/rss+xml",
    )
    with (home / "sources" / "harbour.toml").open("a") as file:
        file.write(f'feed = "{room.base}/feed"\n')
    while collect(home)["history"] == "walking":
        pass
    assert events(home) == [("release", 12)]


@pytest.mark.thorough
def test_imported_releases_and_those_of_the_first_visit_are_not_new(
    room: Room, home: Path, tmp_path: Path
) -> None:
    collect(home)
    lines = communique("export", home=home).stdout
    (tmp_path / "lines.jsonl").write_text(lines)
    other = walking(make_home(tmp_path / "other", f"{room.base}/news/"))
    fill(room, range(10, 0, -1), {10: today()})
    assert communique("import", str(tmp_path / "lines.jsonl"), "--source", "harbour", home=other)
    assert events(other) == []
    collect(other)
    assert events(other) == []
    fill(room, range(11, 0, -1), {10: today(), 11: today()})
    collect(other)
    assert events(other) == [("release", 11)]


def test_a_rebuilt_home_knows_which_releases_were_new_and_since_when(
    room: Room, home: Path, tmp_path: Path
) -> None:
    collect(home)
    fill(room, range(10, 0, -1), {10: today()})
    collect(home)
    rebuilt = tmp_path / "rebuilt"
    done = communique("mirror", "rebuild", "--to", str(rebuilt), home=home)
    assert done.returncode == 0, done.stderr
    assert news(rebuilt) == news(home) == [10]
    fill(room, range(11, 0, -1), {10: today(), 11: ""})
    collect(rebuilt)
    assert events(rebuilt) == [("release", 11)]


def news(home: Path) -> list[int]:
    """The numbers of the releases that were news."""
    with closing(SqliteStore(home / "communique.db")) as store:
        every = {one.id: one for one in store.releases(Facet())}
        found = store.news_of([*every])
    return [int(every[one].content.title.split()[1].rstrip(":")) for one in found]
