"""A source is collected back to its first release, in as many visits as that takes."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from data.models import Run
from data.store.sqlite.store import SqliteStore
from tests.command import collect, command, communique, make_home
from tests.examples import thorough
from tests.press_room import Answer, Room, listing_html, release_html, served

SIZE = 3
"""Releases on a page of the listing."""


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room with twelve releases on four pages."""
    with served() as room:
        fill(room, range(12, 0, -1))
        yield room


@pytest.fixture
def home(room: Room, tmp_path: Path) -> Path:
    """A HOME that collects from it."""
    return make_home(tmp_path / "home", f"{room.base}/news/")


def fill(room: Room, numbers: Sequence[int]) -> None:
    """Let the room list these releases, newest first, and have a page for each."""
    for number in numbers:
        room.page(f"/news/{number}.html", release_html(number, day=day(number)))
    pages = [numbers[start : start + SIZE] for start in range(0, len(numbers), SIZE)]
    for place, page in enumerate(pages, 1):
        more = f'<a rel="next" href="{address(place + 1)}">Older</a>' if place < len(pages) else ""
        room.page(address(place), listing_html([*page], more=more))


def address(place: int) -> str:
    """The address of a page of the listing."""
    return "/news/" if place == 1 else f"/news/?page={place}"


def day(number: int) -> str:
    """The day of a release, as the listing dates it."""
    return f"{2 + number % 20} March 2026"


def limit(home: Path, **most: int) -> None:
    """Bound what a visit of this HOME reads."""
    lines = ["[network]", "allow_private = true", "[collect]"]
    lines += [f"{name} = {value}" for name, value in most.items()]
    (home / "communique.toml").write_text("\n".join(lines) + "\n")


def told(run: dict[str, object]) -> tuple[object, object, int]:
    """How far a run came: new releases, history, errors."""
    errors = run["errors"]
    assert isinstance(errors, list)
    return run["new"], run["history"], len(errors)


def places(room: Room) -> list[str]:
    """The pages of the listing that were asked for, in order."""
    return [path for path, _ in room.log if path == "/news/" or "page=" in path]


def exported(home: Path) -> list[str]:
    """The last parts of the addresses that are stored."""
    lines = communique("export", home=home).stdout.splitlines()
    return sorted(json.loads(line)["url"].rpartition("/")[2] for line in lines)


@pytest.mark.thorough
def test_a_first_visit_reads_the_newest_releases_first_down_to_the_oldest(
    room: Room, home: Path
) -> None:
    assert told(collect(home)) == (12, "complete", 0)
    asked = [path for path, _ in room.log if path.startswith("/news/")]
    assert asked == [
        path
        for place, first in enumerate((12, 9, 6, 3), 1)
        for path in (address(place), *(f"/news/{first - n}.html" for n in range(SIZE)))
    ]
    room.log.clear()
    assert told(collect(home)) == (0, "complete", 0)
    assert places(room) == ["/news/"]


@pytest.mark.thorough
def test_pagination_continues_in_the_next_visits_and_new_releases_come_first(
    room: Room, home: Path
) -> None:
    limit(home, max_pages=2)
    assert told(collect(home)) == (6, "walking", 0)
    fill(room, range(13, 0, -1))
    room.log.clear()
    run = collect(home)
    assert told(run)[:2] == (3, "walking"), "the new one, and what has moved on to page 3"
    fresh = [path for path, status in room.log if path.endswith(".html") and status == 200]
    assert fresh[0] == "/news/13.html"
    limit(home, max_pages=20)
    assert told(collect(home)) == (4, "complete", 0)
    told_of_it = communique("sources", "show", "harbour", home=home).stdout
    assert "complete" in told_of_it


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("max_pages", "first", "second"),
    [(1, [1, 2], [1, 2, 3]), *thorough((2, [1, 2], [1, 2, 3]), (3, [1, 2, 3], [1, 3, 4]))],
)
def test_a_visit_reads_its_share_of_pages_and_the_one_where_the_last_visit_stopped(
    room: Room, home: Path, max_pages: int, first: list[int], second: list[int]
) -> None:
    limit(home, max_pages=max_pages)
    for numbers in (first, second):
        room.log.clear()
        collect(home)
        assert places(room) == [address(number) for number in numbers]


@pytest.mark.thorough
def test_pages_that_list_the_same_for_ever_end_a_walk_soon(room: Room, home: Path) -> None:
    for place in range(1, 60):
        more = f'<a rel="next" href="/news/?page={place + 1}">Older</a>'
        room.page(address(place), listing_html([3, 2, 1], more=more))
    assert told(collect(home)) == (3, "complete", 0)
    assert len(places(room)) == 4
    room.log.clear()
    assert told(collect(home, "--backfill")) == (0, "complete", 0)
    assert len(places(room)) == 4


def test_a_button_for_more_that_repeats_the_same_releases_leaves_a_listing_bounded(
    room: Room, home: Path
) -> None:
    button = "<button data-url=/more data-offset=3 data-limit=3 data-total=900>Load more</button>"
    room.page("/news/", listing_html([3, 2, 1], more=button))
    for offset in range(3, 90, 3):
        room.page(f"/more?offset={offset}&limit=3", listing_html([3, 2, 1]))
    assert told(collect(home)) == (3, "bounded", 0)
    assert sum("/more" in path for path, _ in room.log) <= 4


@pytest.mark.thorough
def test_a_page_that_repeats_others_or_lists_nothing_ends_no_walk(room: Room, home: Path) -> None:
    more = '<a rel="next" href="/news/?page={}">Older</a>'
    room.page("/news/?page=2", listing_html([12, 11, 10], more=more.format(3)))
    room.page(
        "/news/?page=3", f"<html><body><p>Nothing this month.</p>{more.format(4)}</body></html>"
    )
    assert told(collect(home)) == (6, "complete", 0)
    assert "3.html" in exported(home)


@pytest.mark.thorough
def test_a_failed_request_is_retried_by_the_next_visit(room: Room, home: Path) -> None:
    room.page(address(3), "come back later", status=503)
    run = collect(home)
    assert told(run) == (6, "walking", 1)
    assert told(collect(home)) == (0, "walking", 1)
    fill(room, range(12, 0, -1))
    assert told(collect(home)) == (6, "complete", 0)


@pytest.mark.thorough
def test_a_failed_release_of_a_deep_page_is_requested_again(room: Room, home: Path) -> None:
    room.page("/news/5.html", "come back later", status=503)
    assert told(collect(home)) == (11, "complete", 1)
    fill(room, range(12, 0, -1))
    assert told(collect(home)) == (1, "complete", 0)


def test_an_earlier_import_does_not_end_a_walk(room: Room, home: Path, tmp_path: Path) -> None:
    assert collect(home)["new"] == 12
    lines = communique("export", home=home).stdout.splitlines()
    some = [line for line in lines if not line.rpartition("/news/1.html")[1]]
    other = make_home(tmp_path / "other", f"{room.base}/news/")
    path = tmp_path / "some.jsonl"
    path.write_text("\n".join(some) + "\n")
    assert communique("import", str(path), "--source", "harbour", home=other).returncode == 0
    assert told(collect(other)) == (1, "complete", 0)


def test_a_limit_that_no_later_visit_passes_is_reported(home: Path) -> None:
    limit(home, backfill_pages=2)
    run = collect(home)
    assert told(run) == (6, "bounded", 0)
    assert "backfill_pages" in str(run["bound"])
    assert "backfill_pages" in communique("collect", home=home).stdout


@pytest.mark.thorough
def test_the_walk_beyond_the_last_page_is_complete(room: Room, home: Path) -> None:
    more = f'<a rel="next" href="{address(5)}">Older</a>'
    room.page(address(4), listing_html([3, 2, 1], more=more))
    assert told(collect(home)) == (12, "complete", 0)
    assert room.statuses(address(5)) == [404]


def test_a_killed_walk_loses_nothing(room: Room, home: Path) -> None:
    hold = threading.Event()
    room.answers["/news/8.html"].hold = hold
    with subprocess.Popen(  # noqa: S603 - our own program
        [*command(), "collect", "--home", str(home)], stdout=subprocess.DEVNULL
    ) as child:
        room.wait_for("/news/8.html")
        child.send_signal(signal.SIGKILL)
        child.wait(60)
    hold.set()
    room.answers["/news/8.html"].hold = None
    run = collect(home)
    while "another visit" in str(run["errors"]):
        run = collect(home)
    assert run["history"] == "complete"
    assert len(exported(home)) == 12


@pytest.mark.thorough
@pytest.mark.parametrize("pages", [1, *thorough(4)])
def test_a_visit_after_an_interrupted_first_one_requests_unread_releases_first(
    room: Room, home: Path, pages: int
) -> None:
    if pages == 1:
        room.page("/news/", listing_html([*range(12, 0, -1)]))
    hold = threading.Event()
    room.answers["/news/5.html"].hold = hold
    with subprocess.Popen(  # noqa: S603 - our own program
        [*command(), "collect", "--home", str(home)], stdout=subprocess.DEVNULL
    ) as child:
        room.wait_for("/news/5.html")
        child.send_signal(signal.SIGINT)
        child.wait(60)
    hold.set()
    room.answers["/news/5.html"].hold = None
    read = exported(home)
    unread = [f"{n}.html" for n in range(12, 0, -1) if f"{n}.html" not in read]
    assert len(read) >= 6
    assert len(unread) >= 4
    room.log.clear()
    run = collect(home)
    while "another visit" in str(run["errors"]):
        run = collect(home)
    assert (run["new"], run["history"], run["errors"]) == (len(unread), "complete", [])
    releases = [path.removeprefix("/news/") for path, _ in room.log if path.endswith(".html")]
    assert sorted(releases[: len(unread)]) == sorted(unread)
    # Then stored releases are checked as usual.
    assert sorted(releases) == sorted([*unread, *read])


@pytest.mark.thorough
def test_a_walk_does_not_pass_a_page_whose_releases_cannot_be_kept(home: Path) -> None:
    SqliteStore(home / "communique.db").close()
    with closing(sqlite3.connect(home / "communique.db")) as db:
        full = "BEFORE INSERT ON unread_items WHEN NEW.key LIKE '%/5.html'"
        db.execute(f"CREATE TRIGGER full {full} BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    run = collect(home)
    assert (run["history"], [error["kind"] for error in run["errors"]]) == ("walking", ["store"])
    with closing(sqlite3.connect(home / "communique.db")) as db:
        db.execute("DROP TRIGGER full")
    assert told(collect(home))[1:] == ("complete", 0)
    assert len(exported(home)) == 12


@pytest.mark.thorough
def test_changes_during_an_outage_are_followed_after_an_error(room: Room, home: Path) -> None:
    collect(home)
    fill(room, range(21, 0, -1))
    room.page(address(3), "come back later", status=503)
    assert told(collect(home)) == (6, "walking", 1)
    fill(room, range(22, 0, -1))
    assert told(collect(home)) == (4, "complete", 0)


def rss(room: Room, *items: tuple[str, int, str]) -> str:
    """A feed: the address, the number of the day, and the category of each item."""
    entries = "".join(
        f"<item><title>{title(path)}</title><link>{room.base}{path}</link>"
        f"<category>{category}</category><pubDate>{day(n)} 09:00:00 +0100</pubDate></item>"
        for path, n, category in items
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel>{entries}</channel></rss>"


def title(path: str) -> str:
    """The title of the release at an address."""
    number = path.rpartition("/")[2].partition(".")[0]
    return f"Notice {number}: ships counted at pier {number}"


def test_a_feed_of_the_newest_hides_no_older_page(room: Room, tmp_path: Path) -> None:
    home = make_home(tmp_path / "fed", f"{room.base}/news/", feed=f'"{room.base}/feed"')
    text = rss(room, *((f"/news/{n}.html", n, "Press") for n in (12, 11, 10)))
    room.answers["/feed"] = Answer(text.encode(), content_type="application/rss+xml")
    assert told(collect(home)) == (12, "complete", 0)


@pytest.mark.thorough
def test_a_feed_of_the_whole_site_brings_no_page_that_is_not_a_release(
    room: Room, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "fed", f"{room.base}/news/", feed=f'"{room.base}/feed"')
    for path in ("/about/", "/company/careers.html", "/news/privacy/"):
        room.page(path, release_html(40, day=day(11)))
    text = rss(
        room,
        ("/about/", 11, ""),
        ("/company/careers.html", 12, ""),
        ("/news/privacy/", 13, ""),
        *((f"/news/{n}.html", n, "") for n in (12, 11, 10, 9)),
    )
    room.answers["/feed"] = Answer(text.encode(), content_type="application/rss+xml")
    assert told(collect(home)) == (12, "complete", 0)
    assert exported(home) == sorted(f"{n}.html" for n in range(1, 13))


@pytest.mark.thorough
@pytest.mark.parametrize("category", ["", *thorough("Tides")])
def test_a_feed_of_the_whole_site_brings_no_release_of_other_categories(
    room: Room, tmp_path: Path, category: str
) -> None:
    home = make_home(tmp_path / "fed", f"{room.base}/news/", feed=f'"{room.base}/feed"')
    others = range(20, 30) if not category else range(20, 22)
    for number in others:
        room.page(f"/news/{number}.html", release_html(number, day=day(number - 15)))
    ours = "Press" if category else ""
    text = rss(
        room,
        *((f"/news/{n}.html", n, ours) for n in range(12, 0, -1)),
        *((f"/news/{n}.html", n - 15, category) for n in others),
    )
    room.answers["/feed"] = Answer(text.encode(), content_type="application/rss+xml")
    assert told(collect(home)) == (12, "complete", 0)
    assert exported(home) == sorted(f"{n}.html" for n in range(1, 13))


def test_releases_listed_only_by_the_feed_or_only_by_the_page_are_collected(
    room: Room, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "fed", f"{room.base}/news/", feed=f'"{room.base}/feed"')
    room.page("/news/", listing_html([12, 11, 9]))
    text = rss(room, *((f"/news/{n}.html", n, "") for n in (12, 11, 10, 8, 7)))
    room.answers["/feed"] = Answer(text.encode(), content_type="application/rss+xml")
    assert told(collect(home)) == (6, "complete", 0)


@pytest.mark.thorough
def test_a_first_history_lasts_until_all_that_is_listed_has_been_read(
    room: Room, home: Path
) -> None:
    def first() -> bool:
        store = SqliteStore(home / "communique.db")
        walk = store.walk("harbour", f"{room.base}/news/")
        runs: tuple[Run, ...] = store.runs("harbour", limit=1)
        store.close()
        assert walk is not None
        assert runs
        return walk.first

    limit(home, max_pages=3)
    collect(home)
    assert first()
    collect(home)
    collect(home)
    assert not first()


def test_an_index_of_sitemaps_is_walked_and_what_is_new_in_it_is_seen(
    room: Room, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "mapped", f"{room.base}/news/", feed=f'"{room.base}/sitemap.xml"')
    room.page("/news/", listing_html([12, 11, 10]))
    room.page("/about", release_html(40))
    maps = ("posts-1", "posts-2", "page-1")
    places = "".join(
        f"<sitemap><loc>{room.base}/sitemap-{name}.xml</loc></sitemap>" for name in maps
    )
    xml(room, "/sitemap.xml", f"<sitemapindex>{places}</sitemapindex>")
    urls(room, "posts-1", *(f"/news/{number}.html" for number in range(1, 7)))
    urls(room, "posts-2", *(f"/news/{number}.html" for number in range(7, 13)))
    urls(room, "page-1", "/about")
    assert told(collect(home)) == (12, "complete", 0)
    room.page("/news/13.html", release_html(13, day=day(13)))
    urls(room, "posts-2", *(f"/news/{number}.html" for number in range(7, 14)))
    assert told(collect(home)) == (1, "complete", 0)
    assert room.statuses("/about") == []


def xml(room: Room, path: str, text: str) -> None:
    """Let an address answer with XML."""
    room.answers[path] = Answer(text.encode(), content_type="application/xml")


def urls(room: Room, name: str, *paths: str) -> None:
    """Let a sitemap list these."""
    listed = "".join(f"<url><loc>{room.base}{path}</loc></url>" for path in paths)
    xml(room, f"/sitemap-{name}.xml", f"<urlset>{listed}</urlset>")


@pytest.mark.thorough
def test_an_endless_calendar_is_not_walked_forever(room: Room, home: Path) -> None:
    """Each month leads to the one before, and nothing was published in any."""
    for place in range(4, 400):
        more = f'<a rel="next" href="/news/?page={place + 1}">The month before</a>'
        room.page(address(place), f"<html><body><h1>Month {place}</h1>{more}</body></html>")
    room.page(
        address(3),
        listing_html([6, 5, 4], more=f'<a rel="next" href="{address(4)}">Older</a>'),
    )
    run = collect(home)
    # What was listed before the trap is kept, and the walk ends by itself.
    assert told(run)[0] == 9
    assert len(places(room)) < 60
    collect(home)
    assert len(places(room)) < 120
    assert "4.html" in exported(home)


@pytest.mark.thorough
def test_entities_in_a_sitemap_lose_no_stored_release(home: Path, room: Room) -> None:
    """A sitemap of the kind called a billion laughs: nothing expands, and all is kept."""
    assert told(collect(home))[0] == 12
    laughs = "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha" * 100}">' for n in range(12)
    )
    sitemap = (
        f'<?xml version="1.0"?><!DOCTYPE urlset [{laughs}]>'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        f"<url><loc>{room.base}/news/&a11;</loc></url></urlset>"
    )
    room.answers["/sitemap.xml"] = Answer(sitemap.encode(), content_type="application/xml")
    source = home / "sources" / "harbour.toml"
    source.write_text(source.read_text() + f'feed = "{room.base}/sitemap.xml"\n')
    before = exported(home)
    run = collect(home)
    assert any("entities" in error["message"] for error in run["errors"])
    assert run["retracted"] == 0
    assert exported(home) == before
