"""What becomes of releases whose pages are gone, on a site that works and on one that doesn't."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data.models import Run
from data.settings.load import load_settings
from data.store.sqlite.store import SqliteStore
from scheduler.children.executor import Executor
from scheduler.home.home import Home
from spiders.sources.source_file import load_sources
from tests.command import collect, communique, make_home
from tests.examples import thorough
from tests.press_room import Answer, Room, listing_html, release_html, served

pytestmark = pytest.mark.usefixtures("forked_children")

NUMBERS = [*range(1, 8)]


@pytest.fixture(scope="module")
def shared_room() -> Iterator[Room]:
    """The server of all tests of this module."""
    with served() as room:
        yield room


@pytest.fixture
def room(shared_room: Room) -> Room:
    """A press room of seven releases."""
    shared_room.reset()
    show(shared_room, NUMBERS)
    return shared_room


def show(room: Room, numbers: list[int], path: str = "/news/{}.html") -> None:
    """Let the room list these and have pages of no others."""
    room.answers.clear()
    room.page("/news/", listing_html(numbers[::-1], path=path))
    for number in numbers:
        room.page(path.format(number), release_html(number, day=f"{2 + number} March 2026"))


@pytest.fixture(scope="module")
def collected(shared_room: Room, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A HOME that has collected all of it, to copy."""
    shared_room.reset()
    show(shared_room, NUMBERS)
    home = make_home(tmp_path_factory.mktemp("collected") / "home", f"{shared_room.base}/news/")
    assert collect(home)["new"] == len(NUMBERS)
    return home


@pytest.fixture
def home(collected: Path, room: Room, tmp_path: Path) -> Path:
    """A HOME that has collected all of the room."""
    assert room.answers
    return Path(shutil.copytree(collected, tmp_path / "home"))


def exported(home: Path) -> dict[str, dict[str, Any]]:
    """All releases by the beginning of their title."""
    lines = map(json.loads, communique("export", home=home).stdout.splitlines())
    return {one["title"].partition(":")[0]: one for one in lines}


def retracted(home: Path) -> set[str]:
    """Which releases are retracted."""
    return {title for title, one in exported(home).items() if one["retracted"]}


def kinds(run: dict[str, Any]) -> list[str]:
    """The kinds of errors of a run."""
    return [error["kind"] for error in run["errors"]]


def test_a_missing_page_is_unconfirmed_and_retracted_by_a_later_visit(
    room: Room, home: Path
) -> None:
    show(room, NUMBERS[1:])
    run = collect(home)
    gone = f"{room.base}/news/1.html"
    assert (run["gone"], run["retracted"], run["errors"]) == ([gone], 0, [])
    assert "gone, unconfirmed: first missing at" in communique("show", gone, home=home).stdout
    told = json.loads(communique("show", gone, "--json", home=home).stdout)
    assert (told["gone"] is not None, told["retracted"]) == (True, None)
    run = collect(home)
    assert (run["gone"], run["retracted"]) == ([], 1)
    assert "retracted: gone from its site" in communique("show", gone, home=home).stdout


def visited(home: Path) -> Run:
    """The report of the one source of a HOME, after a visit that no person asked for."""
    opened = Home(home, load_settings(home / "communique.toml"))
    source = load_sources(opened.sources)[0]["harbour"]
    (run,) = asyncio.run(Executor(opened).visit_all([source]))
    return run


def show_old(room: Room, numbers: list[int]) -> None:
    """Let the room list these, of five years ago, and have pages of no others."""
    show(room, numbers)
    for path, answer in list(room.answers.items()):
        room.answers[path] = replace(answer, body=answer.body.replace(b"March 2026", b"March 2021"))


@pytest.mark.thorough
def test_an_old_release_that_left_the_middle_of_the_listing_is_requested_once(
    room: Room, tmp_path: Path
) -> None:
    show_old(room, NUMBERS)
    home = make_home(tmp_path / "old", f"{room.base}/news/")
    assert visited(home).new == len(NUMBERS)
    # The oldest may have been pushed off; what went from between others was taken down.
    show_old(room, [2, 3, 5, 6, 7, 8])
    room.log.clear()
    gone = f"{room.base}/news/4.html"
    assert visited(home).gone == (gone,)
    assert room.statuses("/news/4.html") == [404]
    assert room.statuses("/news/1.html") == []
    assert visited(home).retracted == 1


@pytest.mark.thorough
def test_an_old_release_that_only_left_the_listing_is_requested_once_and_stays(
    room: Room, tmp_path: Path
) -> None:
    show_old(room, NUMBERS)
    home = make_home(tmp_path / "old", f"{room.base}/news/")
    visited(home)
    page = room.answers["/news/4.html"]
    show_old(room, [1, 2, 3, 5, 6, 7])
    room.answers["/news/4.html"] = page
    room.log.clear()
    for _ in range(2):
        run = visited(home)
        assert (run.gone, run.retracted, run.errors) == ((), 0, ())
    assert len(room.statuses("/news/4.html")) == 1


@pytest.mark.thorough
def test_hours_pass_between_the_first_sight_and_the_retraction(room: Room, home: Path) -> None:
    (home / "communique.toml").write_text("[network]\nallow_private = true\n")
    show(room, NUMBERS[1:])
    for _ in range(2):
        assert collect(home)["retracted"] == 0
    assert retracted(home) == set()


@pytest.mark.thorough
def test_a_listed_release_is_not_retracted(room: Room, home: Path) -> None:
    del room.answers["/news/1.html"]
    for _ in range(2):
        assert collect(home)["retracted"] == 0
    # At another address, with the same title and day.
    listing = listing_html(NUMBERS[::-1]).replace("/news/1.html", "/elsewhere/one")
    room.page("/news/", listing)
    for _ in range(2):
        assert collect(home)["retracted"] == 0
    show(room, NUMBERS[1:])
    assert collect(home)["retracted"] == 1


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("status", "kind"), [(503, "http:503"), (200, "empty"), *thorough((404, "http:404"))]
)
def test_nothing_is_retracted_while_the_listing_fails(
    room: Room, home: Path, status: int, kind: str
) -> None:
    del room.answers["/news/1.html"]
    room.page("/news/", "<p>Back soon.</p>", status=status)
    for _ in range(2):
        run = collect(home)
        assert (run["retracted"], kinds(run)) == (0, [kind])
    show(room, NUMBERS[1:])
    assert collect(home)["retracted"] == 1, "it was gone all the time"


@pytest.mark.thorough
def test_a_site_that_answers_404_to_everything_retracts_nothing_and_is_reported(
    room: Room, home: Path
) -> None:
    room.answers.clear()
    for _ in range(2):
        run = collect(home)
        assert run["retracted"] == 0
        assert set(kinds(run)) == {"http:404", "vanished"}
    assert retracted(home) == set()
    (one,) = json.loads(communique("health", "--json", home=home).stdout)["sources"]
    assert one["state"] == "failing"
    assert "7 of 7" in one["reason"]
    show(room, NUMBERS)
    run = collect(home)
    assert (run["unchanged"], run["errors"]) == (7, [])


def test_releases_gone_at_once_are_held_until_a_person_confirms(room: Room, home: Path) -> None:
    show(room, NUMBERS[5:])
    for _ in range(2):
        run = collect(home)
        assert (run["retracted"], kinds(run)) == (0, ["vanished"])
    address = f"{room.base}/news/1.html"
    assert "; held for review" in communique("show", address, home=home).stdout
    why = ("--why", "the Board withdrew its old notices")
    assert communique("releases", "retract", address, *why, home=home).returncode == 0
    assert retracted(home) == {"Notice 1"}
    shown = communique("show", address, home=home).stdout
    assert "(the Board withdrew its old notices)" in shown
    held = ("releases", "retract", "--source", "harbour", "--held", "--json", *why)
    assert len(json.loads(communique(*held, home=home).stdout)["retracted"]) == 4
    assert retracted(home) == {f"Notice {number}" for number in NUMBERS[:5]}
    run = collect(home)
    assert (run["retracted"], run["errors"]) == (0, [])
    again = communique(*held, home=home)
    assert again.returncode == 1
    assert "harbour has no held releases" in again.stderr
    unknown = communique("releases", "retract", "--source", "nix", "--held", *why, home=home)
    assert (unknown.returncode, "no source named 'nix'" in unknown.stderr) == (2, True)


@pytest.mark.thorough
def test_a_held_release_that_returns_is_held_no_more(room: Room, home: Path) -> None:
    show(room, NUMBERS[5:])
    assert kinds(collect(home)) == ["vanished"]
    show(room, NUMBERS)
    assert collect(home)["errors"] == []
    show(room, NUMBERS[1:])
    assert collect(home)["retracted"] == 0
    assert collect(home)["retracted"] == 1
    assert retracted(home) == {"Notice 1"}


@pytest.mark.parametrize(
    "arguments", [(), ("--held",), ("--source", "harbour"), ("x", "--source", "harbour", "--held")]
)
def test_retract_needs_releases_or_a_source_and_lists_held_ones(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    result = communique("releases", "retract", *arguments, "--why", "x", home=tmp_path)
    assert result.returncode == 2
    assert "--source ID --held" in result.stderr


@pytest.mark.thorough
def test_new_addresses_of_all_releases_retract_and_duplicate_none(room: Room, home: Path) -> None:
    before = {title: one["id"] for title, one in exported(home).items()}
    show(room, NUMBERS, path="/2026/notice-{}/")
    for _ in range(2):
        run = collect(home)
        assert (run["new"], run["changed"], run["retracted"]) == (0, 0, 0)
        assert run["errors"] == []
    after = exported(home)
    assert {title: one["id"] for title, one in after.items()} == before
    assert all("/2026/notice-" in one["url"] for one in after.values())


SORRY = "<p>Please use the menu, or search for what you want.</p>"


def apology(title: str, heading: str, text: str = SORRY, day: str = "") -> str:
    """A page that a site shows, with 200, in place of a release; some show the day on each."""
    page = release_html(9, day=day, text=text)
    page = page.replace("<title>Notice - ", f"<title>{title} - ")
    return page.replace("<h1>Notice 9: ships counted at pier 9</h1>", f"<h1>{heading}</h1>")


APOLOGIES = {
    "heading": apology("News", "Page not found"),
    "title": apology("404", "Harbour Board of Lindmouth"),
    "dated": apology("Page not found", "Oops", day="29 November 2026"),
    "text": apology("News", "Sorry", "<p>The page that you asked for could not be found.</p>"),
    "removed": apology("News", "This press release has been removed"),
    "german": apology("News", "Seite nicht gefunden"),
}


@pytest.mark.thorough
@pytest.mark.parametrize(
    "name", ["dated", *thorough("heading", "text", "title", "removed", "german")]
)
def test_a_page_that_reports_not_found_with_200_is_gone_like_one_with_404(
    room: Room, home: Path, name: str
) -> None:
    before = exported(home)["Notice 1"]
    show(room, NUMBERS[1:])
    room.page("/news/1.html", APOLOGIES[name])
    run = collect(home)
    assert (run["gone"], run["retracted"]) == ([f"{room.base}/news/1.html"], 0)
    assert (run["changed"], run["errors"]) == (0, [])
    assert collect(home)["retracted"] == 1
    after = exported(home)["Notice 1"]
    same = ("title", "body_text", "revision", "published")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    show(room, NUMBERS)
    run = collect(home)
    assert (run["changed"], run["returned"]) == (1, 1)
    assert retracted(home) == set()


@pytest.mark.thorough
def test_a_page_that_reports_not_found_with_200_while_it_is_listed_is_not_retracted(
    room: Room, home: Path
) -> None:
    room.page("/news/1.html", APOLOGIES["heading"])
    for _ in range(2):
        run = collect(home)
        assert (run["changed"], run["retracted"]) == (0, 0)


@pytest.mark.thorough
@pytest.mark.parametrize("page", [None, *thorough(APOLOGIES["heading"])])
def test_a_missing_but_listed_release_is_in_each_report_with_the_reason(
    room: Room, home: Path, page: str | None
) -> None:
    for number in (1, 2):
        del room.answers[f"/news/{number}.html"]
        if page:
            room.page(f"/news/{number}.html", page)
    first, second = collect(home), collect(home)
    assert len(first["gone"]) == 2
    assert second["gone"] == []
    for run in (first, second):
        assert run["unconfirmed"] == 2
        (note,) = run["notes"]
        assert f"{room.base}/news/1.html" in note
    line = communique("collect", home=home).stdout
    assert "2 gone (unconfirmed)" in line
    assert f"{room.base}/news/1.html" in line
    show(room, NUMBERS[2:])
    run = collect(home)
    assert (run["unconfirmed"], run["notes"], run["retracted"]) == (0, [], 2)


def test_missing_releases_are_reported_if_the_listing_shows_no_others(
    room: Room, home: Path
) -> None:
    room.page("/news/", listing_html([2, 1]))
    for number in (1, 2):
        del room.answers[f"/news/{number}.html"]
    run = collect(home)
    assert (len(run["gone"]), run["unconfirmed"], run["retracted"]) == (2, 2, 0)
    (note,) = run["notes"]
    assert f"{room.base}/news/1.html" in note


@pytest.mark.thorough
def test_a_release_that_is_back_online_is_reported_as_returned(room: Room, home: Path) -> None:
    show(room, NUMBERS[2:])
    collect(home)
    assert collect(home)["retracted"] == 2
    show(room, NUMBERS)
    room.page("/news/2.html", release_html(2, day="4 March 2026", text="<p>No ships came.</p>"))
    assert "2 changed" in (line := communique("collect", home=home).stdout)
    assert "2 back online" in line
    run = collect(home)
    assert (run["changed"], run["returned"]) == (0, 0)


def test_pages_that_all_report_not_found_with_200_are_held_for_review(
    room: Room, home: Path
) -> None:
    show(room, NUMBERS[5:])
    for number in NUMBERS[:5]:
        room.page(f"/news/{number}.html", APOLOGIES["heading"])
    for _ in range(2):
        run = collect(home)
        assert (run["changed"], run["retracted"], kinds(run)) == (0, 0, ["vanished"])


def test_a_site_that_does_not_work_now_and_an_edit_that_mentions_a_loss_retract_nothing(
    room: Room, home: Path
) -> None:
    show(room, NUMBERS[2:])
    room.page("/news/1.html", apology("503 Service Unavailable", "Please come back"))
    day = f"{2 + NUMBERS[1]} March 2026"
    text = "<p>The document of the harbour could not be found, says the Board of Lindmouth.</p>"
    room.page("/news/2.html", release_html(2, day=day, text=text))
    run = collect(home)
    assert (run["gone"], run["changed"], kinds(run)) == ([], 1, ["blocked:maintenance"])
    assert collect(home)["retracted"] == 0


def gone_alerts(home: Path) -> list[str]:
    """The kinds of the queued alerts about stored releases."""
    with closing(SqliteStore(home / "communique.db")) as store:
        queued: list[str] = [one.kind for one in store.queued_events(limit=100)]
        found = [kind for kind in queued if kind not in {"release", "health"}]
        store.forget_events()
    return found


@pytest.mark.thorough
def test_a_missing_release_is_alerted_once_and_a_moved_one_never(room: Room, home: Path) -> None:
    show(room, NUMBERS, path="/2026/notice-{}/")
    for _ in range(2):
        assert collect(home)["gone"] == []
    assert gone_alerts(home) == []
    show(room, NUMBERS[1:], path="/2026/notice-{}/")
    assert collect(home)["gone"] == [f"{room.base}/2026/notice-1/"]
    assert gone_alerts(home) == ["gone"]
    assert collect(home)["gone"] == []
    assert gone_alerts(home) == ["retraction"]
    show(room, NUMBERS, path="/2026/notice-{}/")
    assert collect(home)["changed"] == 1
    assert gone_alerts(home) == ["return"]
    shown = communique("show", f"{room.base}/2026/notice-1/", home=home).stdout
    assert "back online since" in shown
    told = communique("show", f"{room.base}/2026/notice-1/", "--json", home=home).stdout
    assert len(json.loads(told)["returns"]) == 1


@pytest.mark.thorough
def test_a_missing_release_that_is_listed_elsewhere_is_alerted_only_once_unlisted(
    room: Room, home: Path
) -> None:
    show(room, NUMBERS)
    del room.answers["/news/1.html"]
    listing = listing_html(NUMBERS[::-1]).replace("/news/1.html", "/elsewhere/one")
    room.page("/news/", listing)
    room.page("/elsewhere/one", "come back later", status=503)
    assert collect(home)["gone"] == []
    assert gone_alerts(home) == []
    room.page("/news/", "come back later", status=503)
    assert collect(home)["gone"] == []
    # The listing works, and names it no more: not an alert of this visit, but of the release.
    room.page("/news/", listing_html(NUMBERS[:0:-1]))
    (home / "communique.toml").write_text("[network]\nallow_private = true\n")
    assert collect(home)["gone"] == [f"{room.base}/news/1.html"]
    assert gone_alerts(home) == ["gone"]
    assert collect(home)["gone"] == []
    assert gone_alerts(home) == []


def test_a_mass_disappearance_is_one_alert(room: Room, home: Path) -> None:
    show(room, NUMBERS[5:])
    run = collect(home)
    assert (run["gone"], kinds(run)) == ([], ["vanished"])
    assert gone_alerts(home) == []


def feed_of(room: Room, path: str = "/news/{}.html", numbers: list[int] = NUMBERS) -> bytes:
    """The feed of the room, with these addresses."""
    entries = "".join(
        f"<item><title>Notice {n}: ships counted at pier {n}</title>"
        f"<link>{room.base}{path.format(n)}</link>"
        f"<pubDate>{2 + n:02} Mar 2026 10:00:00 +0100</pubDate></item>"
        for n in numbers[::-1]
    )
    return f'<rss version="2.0"><channel><title>News</title>{entries}</channel></rss>'.encode()


def test_an_unchanged_feed_with_dead_links_is_requested_again(room: Room, tmp_path: Path) -> None:
    def publish(path: str) -> None:
        show(room, NUMBERS, path=path)
        # Its tag is of the posts, not of where they are.
        room.answers["/feed"] = Answer(
            feed_of(room, path), content_type="application/rss+xml", tag='"posts-7"'
        )

    publish("/news/{}.html")
    home = make_home(tmp_path / "feeds", f"{room.base}/news/", feed=f'"{room.base}/feed"')
    assert collect(home)["new"] == len(NUMBERS)
    before = {title: one["id"] for title, one in exported(home).items()}
    publish("/2026/notice-{}/")
    # The page is as late as the feed.
    room.page("/news/", "<p>Back soon.</p>", status=503)
    room.log.clear()
    run = collect(home)
    assert room.statuses("/feed") == [304, 200]
    assert (run["new"], run["changed"], run["retracted"]) == (0, 0, 0)
    after = exported(home)
    assert {title: one["id"] for title, one in after.items()} == before
    assert all("/2026/notice-" in one["url"] for one in after.values())


@pytest.mark.thorough
@pytest.mark.parametrize("was_there", [True, False])
def test_a_page_beside_a_feed_must_miss_a_release_too_if_it_was_ever_read(
    room: Room, tmp_path: Path, *, was_there: bool
) -> None:
    def publish(numbers: list[int]) -> None:
        show(room, numbers)
        if not was_there:
            room.page("/news/", "<div id=app></div>")
        room.answers["/feed"] = Answer(
            feed_of(room, numbers=numbers), content_type="application/rss+xml"
        )

    publish(NUMBERS)
    home = make_home(tmp_path / "feeds", f"{room.base}/news/", feed=f'"{room.base}/feed"')
    assert collect(home)["new"] == len(NUMBERS)
    publish(NUMBERS[1:])
    room.page("/news/", "<div id=app></div>")
    assert collect(home)["retracted"] == 0
    assert collect(home)["retracted"] == (0 if was_there else 1)


def show_pages(room: Room, *pages: list[int], start: str = "/news/") -> None:
    """Let the room list these on several pages, which follow each other."""
    for place, numbers in enumerate(pages):
        older = f'<a rel="next" href="{start}?page={place + 1}">Older</a>'
        html = listing_html(
            numbers, path=f"{start}{{}}.html", more=older if place + 1 < len(pages) else ""
        )
        room.page(f"{start}?page={place}" if place else start, html)


@pytest.mark.thorough
def test_a_site_that_moves_without_redirects_keeps_the_releases_of_later_pages(
    room: Room, home: Path
) -> None:
    """The listing redirects to /portal/, the releases are there, and their old pages are gone."""
    show_pages(room, [7, 6, 5, 4, 3], [2, 1])
    collect(home)
    show(room, NUMBERS, "/portal/{}.html")
    show_pages(room, [7, 6, 5, 4, 3], [2, 1], start="/portal/")
    room.answers["/news/"] = Answer(b"", 301, headers={"Location": "/portal/"}, etag=False)
    for _ in range(3):
        run = collect(home)
        assert (run["new"], run["retracted"], run["errors"]) == (0, 0, [])
    assert {one["url"] for one in exported(home).values()} == {
        f"{room.base}/portal/{number}.html" for number in NUMBERS
    }


@pytest.mark.thorough
def test_an_unlisted_release_of_a_moved_site_is_held_for_review(room: Room, home: Path) -> None:
    show(room, NUMBERS[1:], "/portal/{}.html")
    room.answers["/news/"] = Answer(b"", 301, headers={"Location": "/portal/"}, etag=False)
    room.page("/portal/", listing_html(NUMBERS[:0:-1], path="/portal/{}.html"))
    for _ in range(3):
        assert kinds(collect(home)) == ["vanished"]
    assert not retracted(home)


def test_a_release_on_a_later_listing_page_is_not_retracted(room: Room, home: Path) -> None:
    show_pages(room, [7, 6, 5, 4], [3, 2, 1])
    collect(home)
    room.answers["/news/2.html"] = Answer(b"down", 404, etag=False)
    for _ in range(3):
        assert collect(home)["retracted"] == 0
    show_pages(room, [7, 6, 5, 4], [3, 1])
    collect(home)
    assert retracted(home) == {"Notice 2"}


def test_later_pages_are_reread_only_back_to_the_day_of_the_missing_release(
    room: Room, home: Path
) -> None:
    pages = [[number] for number in NUMBERS[::-1]]
    show_pages(room, *pages)
    collect(home)
    room.answers["/news/5.html"] = Answer(b"gone", 404, etag=False)
    show_pages(room, *(page for page in pages if page != [5]))
    room.log.clear()
    collect(home)
    asked = {path for path, _ in room.log if "?page=" in path}
    assert asked == {"/news/?page=1", "/news/?page=2"}
