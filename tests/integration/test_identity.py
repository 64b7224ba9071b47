"""`communique collect` against a real server: a release is met once, whatever its site does."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.models import Facet, Release
from data.settings.load import load_settings
from data.store.sqlite.store import SqliteStore
from scheduler.children.executor import Executor
from scheduler.home.home import Home
from spiders.sources.source_file import load_sources
from tests.command import collect, communique, make_home
from tests.examples import thorough
from tests.press_room import Answer, Room, listing_html, release_html, served

pytestmark = pytest.mark.usefixtures("forked_children")

NUMBERS = [1, 2, 3, 4]
CHANGES = ("new", "changed", "retracted")

CLOUDFLARE = (
    '<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head><body>'
    '<div class="main-wrapper"><h1>harbour.example</h1><h2>Checking if the site connection is '
    "secure</h2><p>harbour.example needs to review the security of your connection before "
    'proceeding.</p></div><script src="/cdn-cgi/challenge-platform/h/b/orchestrate/jsch/v1">'
    "</script></body></html>"
)
CAPTCHA = (
    "<html><head><title>Are you a robot?</title></head><body><h1>Please verify that you are human"
    '</h1><form method="post"><div class="g-recaptcha" data-sitekey="6Lc"></div><p>To go on, solve '
    "the puzzle below. Your request looked like that of a program.</p></form></body></html>"
)
LOGIN = (
    "<html><head><title>Sign in - Harbour Board</title></head><body><h1>Sign in</h1><form "
    'action="/login" method="post"><label>User name <input name="user"></label><label>Password '
    '<input type="password" name="password"></label></form><p>Your session has expired. Sign in '
    "to read this page, or ask the press office for an account.</p></body></html>"
)


def page(number: int, *, head: str = "", day: str | None = None) -> str:
    """A release page, perhaps with something in its head."""
    html = release_html(number, day=f"{2 + number} March 2026" if day is None else day)
    return html.replace("</head>", f"{head}</head>")


def show(room: Room, numbers: list[int], path: str = "/news/{}.html") -> None:
    """Let the room list these releases, and show each."""
    room.page("/news/", listing_html(numbers[::-1], path=path))
    for number in numbers:
        room.page(path.format(number), page(number))


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room of four releases."""
    with served() as room:
        show(room, NUMBERS)
        yield room


@pytest.fixture
def home(tmp_path: Path, room: Room) -> Path:
    """A HOME with the room as its one source."""
    return make_home(tmp_path / "home", f"{room.base}/news/")


def stored(home: Path) -> list[Release]:
    """What the store holds, by title."""
    store = SqliteStore(home / "communique.db")
    found = sorted(store.releases(Facet()), key=lambda release: release.content.title)
    store.close()
    return found


def changes(run: dict[str, object]) -> list[object]:
    """What a run counted as new, changed and retracted."""
    return [run[name] for name in CHANGES]


@pytest.mark.thorough
@pytest.mark.parametrize("canonical", ["/", "/news/1.html"])
def test_pages_that_all_claim_one_canonical_address_stay_apart(
    room: Room, home: Path, canonical: str
) -> None:
    for number in NUMBERS:
        room.page(
            f"/news/{number}.html", page(number, head=f'<link rel="canonical" href="{canonical}">')
        )
    assert changes(collect(home)) == [4, 0, 0]
    for number in NUMBERS:
        room.answers[f"/news/{number}.html"].body += b"<!-- rendered anew -->"
    assert changes(collect(home)) == [0, 0, 0]
    assert len(stored(home)) == 4


@pytest.mark.thorough
@pytest.mark.parametrize(
    "path",
    ["/news/{}.html;jsessionid=%s", "/news/{}.html?a=1&sid=%s"],
)
def test_another_session_in_every_address_is_nothing_new(room: Room, home: Path, path: str) -> None:
    show(room, NUMBERS, path % "AAA111")
    assert changes(collect(home)) == [4, 0, 0]
    show(room, [*NUMBERS, 5], path % "BBB222")
    assert changes(collect(home)) == [1, 0, 0]
    assert len(stored(home)) == 5


@pytest.mark.thorough
@pytest.mark.parametrize("redirect", [False, pytest.param(True, marks=pytest.mark.thorough)])
def test_a_relaunch_with_new_addresses_for_all_releases_brings_nothing_new(
    room: Room,
    home: Path,
    redirect: bool,  # noqa: FBT001 - given by pytest
) -> None:
    recurring = "<p>Tove Lindqvist becomes harbour pilot; {} ships await her on pier {}.</p>" * 2
    for number in (5, 6):
        html = release_html(5, day="9 March 2026", text=recurring.format(*[number * 71] * 4))
        room.page(f"/news/{number}.html", html)
    listing = listing_html([*NUMBERS, 5, 6])
    room.page("/news/", listing)
    assert changes(collect(home)) == [6, 0, 0]
    before = {release.content.body_text: release.id for release in stored(home)}
    for number in (*NUMBERS, 5, 6):
        body = room.answers[f"/news/{number}.html"].body.decode()
        new = body.replace('<div class="text">', '<article class="prose">').replace(
            '</div><div class="foot">', '</article><div class="foot">'
        )
        room.page(f"/presse/2026/{number}", new)
        room.answers[f"/news/{number}.html"] = (
            Answer(status=301, headers={"Location": f"/presse/2026/{number}"}, etag=False)
            if redirect
            else Answer(b"gone", 404, etag=False)
        )
    room.page("/news/", listing.replace("/news/", "/presse/2026/").replace(".html", ""))
    for _ in range(3):
        run = collect(home)
        assert changes(run) == [0, 0, 0]
    after = stored(home)
    assert {release.content.body_text: release.id for release in after} == before
    assert all("/presse/2026/" in release.url for release in after)
    assert all(len(release.aliases) == 2 for release in after)


def test_a_challenge_with_200_changes_nothing_and_is_reported(room: Room, home: Path) -> None:
    collect(home)
    before = [one.content for one in stored(home)]
    pages = dict(room.answers)
    for path in pages:
        room.page(path, CLOUDFLARE, etag=False)
    run = collect(home)
    assert changes(run) == [0, 0, 0]
    assert {error["kind"] for error in run["errors"]} == {"blocked:challenge"}
    assert len(run["errors"]) == 5
    assert "site.challenge" in communique("health", home=home).stdout
    # The listing is let through, and names releases that are not.
    room.answers.update(pages)
    room.page("/news/", listing_html([7, 6, 5, *NUMBERS]))
    for number, wall in ((5, CLOUDFLARE), (6, CAPTCHA), (7, LOGIN)):
        room.page(f"/news/{number}.html", wall, etag=False)
    run = collect(home)
    assert changes(run) == [0, 0, 0]
    kinds = sorted(error["kind"] for error in run["errors"])
    assert kinds == ["blocked:challenge", "blocked:challenge", "blocked:login"]
    assert [one.content for one in stored(home)] == before
    show(room, [*NUMBERS, 5, 6, 7])
    run = collect(home)
    assert (changes(run), run["errors"]) == ([3, 0, 0], [])


@pytest.mark.thorough
@pytest.mark.parametrize("status", [410, *thorough(404)])
def test_a_release_missing_twice_is_retracted_and_its_return_undoes_that(
    room: Room, home: Path, status: int
) -> None:
    collect(home)
    html = room.answers["/news/2.html"].body.decode()
    room.page("/news/2.html", "gone", status=status)
    room.page("/news/", listing_html([4, 3, 1]))
    assert changes(collect(home)) == [0, 0, 0]
    assert changes(collect(home)) == [0, 0, 1]
    assert changes(collect(home)) == [0, 0, 0]
    (gone,) = [one for one in stored(home) if one.retracted]
    assert gone.url.endswith("/news/2.html")
    assert "pier 2" in gone.content.body_text, "nothing is deleted"
    room.page("/news/2.html", html)
    assert changes(collect(home)) == [0, 1, 0]
    assert not any(one.retracted for one in stored(home))


@pytest.mark.thorough
def test_an_edit_on_the_first_page_is_seen_at_the_next_visit_however_old_the_release(
    room: Room, home: Path
) -> None:
    room.page("/news/", listing_html([1, 2], more='<a rel="next" href="/news/?page=2">2</a>'))
    room.page("/news/?page=2", listing_html([3, 4]))
    assert changes(collect(home)) == [4, 0, 0]
    for number in (1, 3):
        html = page(number).replace(f"{number * 37} ships", "no ships")
        room.page(f"/news/{number}.html", html)
    opened = Home(home, load_settings(home / "communique.toml"))
    sources = [*load_sources(opened.sources)[0].values()]
    (own,) = [one for one in sources if one.id == "harbour"]
    (run,) = asyncio.run(Executor(opened).visit_all([own]))
    assert (run.new, run.changed, run.unchanged) == (0, 1, 1)
    assert [one.revision for one in stored(home)] == [2, 1, 1, 1]
    # Who asks for a visit has everything looked at.
    assert changes(collect(home)) == [0, 1, 0]


@pytest.mark.thorough
def test_a_page_that_reports_not_found_with_200_is_not_a_release(room: Room, home: Path) -> None:
    collect(home)
    before = [one.content for one in stored(home)]
    missing = release_html(9, day="", text="<p>Please use the menu.</p>").replace(
        "<h1>Notice 9: ships counted at pier 9</h1>", "<h1>Page not found</h1>"
    )
    room.page("/news/", listing_html([6, 5, *NUMBERS]))
    for number in (2, 5):
        room.page(f"/news/{number}.html", missing)
    room.answers["/news/6.html"] = Answer(status=302, headers={"Location": "/404"}, etag=False)
    room.page("/404", missing)
    for gone in ([f"{room.base}/news/2.html"], []):
        run = collect(home)
        assert (changes(run), run["gone"], run["retracted"]) == ([0, 0, 0], gone, 0)
        assert [error["kind"] for error in run["errors"]] == ["soft-404"] * 2
    assert [one.content for one in stored(home)] == before


def test_another_page_without_a_date_at_the_address_of_a_release_is_not_believed(
    room: Room, home: Path
) -> None:
    collect(home)
    before = [one.content for one in stored(home)]
    other = release_html(
        2, day="", text="<p>This domain may be for sale. Ask the broker today.</p>"
    )
    room.page("/news/2.html", other.replace("Notice 2: ships counted at pier 2", "For sale"))
    for shown in (NUMBERS, [1, 3, 4]):
        room.page("/news/", listing_html(shown))
        run = collect(home)
        assert changes(run) == [0, 0, 0]
        assert [error["kind"] for error in run["errors"]] == ["layout"]
    assert [one.content for one in stored(home)] == before


@pytest.mark.thorough
def test_a_listing_that_rotates_retracts_nothing(room: Room, home: Path) -> None:
    collect(home)
    for shown in ([2, 3], [3, 4], [4, 1]):
        room.page("/news/", listing_html(shown))
        assert changes(collect(home)) == [0, 0, 0]
    assert not any(one.retracted for one in stored(home))


def test_a_site_that_is_down_retracts_nothing(tmp_path: Path) -> None:
    with served() as room:
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        show(room, NUMBERS)
        collect(home)
    before = stored(home)
    for _ in range(2):
        run = collect(home)
        assert changes(run) == [0, 0, 0]
        assert run["errors"]
    assert stored(home) == before


def test_impossible_dates_never_date_a_release_and_are_reported(room: Room, home: Path) -> None:
    stated = {1: "1970-01-01T00:00:00Z", 2: "0001-01-01", 3: "9999-12-31", 4: "2096-03-02"}
    ahead = dt.datetime.now(dt.UTC).year + 1
    stated[5] = f"{ahead}-03-02"
    shown = {6: "30 November -0001", 7: "2 March 2096", 8: "soon", 9: ""}
    file = home / "sources" / "harbour.toml"
    file.write_text(file.read_text() + '[listing]\nlink = "ul.news a::attr(href)"\n')
    bare = re.sub(r'<span class="date">[^<]*</span>', "", listing_html([*stated, *shown]))
    room.page("/news/", bare)
    for number, day in stated.items():
        head = f'<meta property="article:published_time" content="{day}">'
        room.page(f"/news/{number}.html", page(number, head=head, day=""))
    for number, day in shown.items():
        room.page(f"/news/{number}.html", page(number, day=day))
    run = collect(home)
    assert changes(run) == [9, 0, 0]
    assert [error["kind"] for error in run["errors"]] == ["date"] * 9
    releases = {int(one.url.rpartition("/")[2][0]): one for one in stored(home)}
    for number, release in releases.items():
        assert release.instant.date() == release.first_seen.date()
        if number != 5:
            assert release.published.precision == "none"
        if number in stated:
            assert release.published.raw == stated[number], "what the page said is kept"
    assert releases[5].published.iso == f"{ahead}-03-02"


@pytest.mark.thorough
def test_documents_that_moved_are_nothing_new(room: Room, home: Path) -> None:
    for number in NUMBERS:
        pdf = f"%PDF-1.4 {number}".encode()
        room.answers[f"/news/{number}.html"] = Answer(pdf, content_type="application/pdf")
    assert changes(collect(home)) == [4, 0, 0]
    before = {one.content.title: one.id for one in stored(home)}
    for number in NUMBERS:
        room.answers[f"/media/{number}.pdf"] = room.answers[f"/news/{number}.html"]
        room.page(f"/news/{number}.html", "gone", status=404)
    room.page("/news/", listing_html(NUMBERS, path="/media/{}.pdf"))
    for _ in range(3):
        run = collect(home)
        assert (run["new"], run["retracted"]) == (0, 0)
    after = stored(home)
    assert {one.content.title: one.id for one in after} == before
    assert all("/media/" in one.url for one in after)


@pytest.mark.thorough
def test_a_view_for_the_printer_is_the_same_release_and_never_edits_it(
    room: Room, home: Path
) -> None:
    note = "<p>This view was made for the printer, by the Harbour Board of Lindmouth.</p>"
    for number in NUMBERS:
        text = "".join(
            f"<p>Basin {basin} of pier {number} took in {basin * number * 13} ships, {basin + 4} "
            f"of them with timber from the north, and {number + basin} lay there for repairs.</p>"
            for basin in range(1, 12)
        )
        main = page(number).replace('<div class="text">', f'<div class="text">{text}')
        head = f'<link rel="canonical" href="/news/{number}.html">'
        copy = main.replace("</head>", f"{head}</head>").replace(
            '<div class="text">', f'<div class="text">{note}'
        )
        room.page(f"/news/{number}.html", main, etag=False)
        room.page(f"/print/{number}.html", copy, etag=False)
    both = listing_html(NUMBERS).replace("</ul></body></html>", "")
    rows = listing_html(NUMBERS, path="/print/{}.html").rpartition('<ul class="news">')[2]
    room.page("/news/", both + rows)
    assert changes(collect(home)) == [4, 0, 0]
    assert len(stored(home)) == 4
    for _ in range(2):
        assert changes(collect(home)) == [0, 0, 0]
    for path in ("/news/1.html", "/print/1.html"):
        room.page(path, room.answers[path].body.decode().replace("timber", "grain"), etag=False)
    assert changes(collect(home)) == [0, 1, 0]
    assert changes(collect(home)) == [0, 0, 0]
    assert all(one.url.startswith(f"{room.base}/news/") for one in stored(home))


@pytest.mark.thorough
def test_a_listing_that_keeps_a_dead_address_retracts_nothing(room: Room, home: Path) -> None:
    collect(home)
    room.page("/press/2", page(2), etag=False)
    room.answers["/news/2.html"] = Answer(status=301, headers={"Location": "/press/2"}, etag=False)
    assert changes(collect(home)) == [0, 0, 0]
    room.page("/news/2.html", "gone", status=404)
    for _ in range(3):
        assert changes(collect(home)) == [0, 0, 0]
    assert room.statuses("/news/2.html")[-1] == 301, "nobody asks there any more"
    (moved,) = [one for one in stored(home) if "pier 2" in one.content.title]
    assert (moved.url, moved.retracted) == (f"{room.base}/press/2", None)


@pytest.mark.thorough
def test_a_redirect_is_followed_to_a_page_that_has_the_same_tag(room: Room, home: Path) -> None:
    collect(home)
    room.page("/press/2", page(2))
    room.answers["/news/2.html"] = Answer(status=301, headers={"Location": "/press/2"}, etag=False)
    assert changes(collect(home)) == [0, 0, 0]
    assert {one.url for one in stored(home)} > {f"{room.base}/press/2"}


@pytest.mark.thorough
def test_a_link_with_a_new_target_is_followed_to_the_new_page(room: Room, home: Path) -> None:
    for number in NUMBERS:
        there = {"Location": f"/news/{number}.html"}
        room.answers[f"/go/{number}"] = Answer(status=302, headers=there, etag=False)
    room.page("/news/", listing_html(NUMBERS, path="/go/{}"))
    assert changes(collect(home)) == [4, 0, 0]
    # The old page stays as it was.
    room.page("/press/3", page(3).replace("111 ships", "112 ships"))
    room.answers["/go/3"].headers["Location"] = "/press/3"
    assert changes(collect(home)) == [0, 1, 0]
    room.page("/go/4", "gone", status=404)
    for _ in range(2):
        assert changes(collect(home)) == [0, 0, 0]
    assert not any(one.retracted for one in stored(home))
    assert {one.url for one in stored(home)} > {f"{room.base}/press/3", f"{room.base}/news/4.html"}


def test_a_release_keeps_its_working_address_when_another_fails(room: Room, home: Path) -> None:
    collect(home)
    room.page("/press/2", page(2))
    listing = listing_html([1, 2, 3, 4])
    room.page("/news/", listing.replace("/news/2.html", "/press/2"))
    assert changes(collect(home)) == [0, 0, 0]
    room.page("/news/", listing)
    room.page("/press/2", "gone", status=404)
    for _ in range(3):
        assert changes(collect(home)) == [0, 0, 0]
    (kept,) = [one for one in stored(home) if "pier 2" in one.content.title]
    assert (kept.url, kept.retracted) == (f"{room.base}/news/2.html", None)


def led_to(other: Room, room: Room) -> None:
    """Have all releases of a room lead to what another one has at the same paths."""
    for number in NUMBERS:
        place = f"{other.base}/news/{number}.html"
        room.answers[f"/news/{number}.html"] = Answer(
            status=301, headers={"Location": place}, etag=False
        )


@pytest.mark.thorough
@pytest.mark.parametrize("status", [200, *thorough(404)])
def test_pages_that_lead_to_another_site_neither_edit_nor_retract(
    room: Room, home: Path, status: int
) -> None:
    collect(home)
    before, pages = stored(home), dict(room.answers)
    with served() as other:
        for number in NUMBERS:
            html = page(number).replace("Notice", "Council minute").replace("Harbour", "City")
            other.page(f"/news/{number}.html", html, status=status)
        led_to(other, room)
        for _ in range(2):
            run = collect(home)
            assert changes(run) == [0, 0, 0]
            assert {error["kind"] for error in run["errors"]} == {"redirect"}
            assert all(other.base in error["message"] for error in run["errors"])
    assert [one.content for one in stored(home)] == [one.content for one in before]
    room.answers.update(pages)
    run = collect(home)
    assert (changes(run), run["errors"]) == ([0, 0, 0], [])
    after = stored(home)
    assert [(one.url, one.revision) for one in after] == [(one.url, 1) for one in before]
    assert [one.aliases for one in after] == [one.aliases for one in before]


def test_a_site_that_moved_is_followed_once_the_source_file_names_it(
    room: Room, home: Path
) -> None:
    collect(home)
    before = [one.id for one in stored(home)]
    with served() as other:
        other.answers.update(room.answers)
        led_to(other, room)
        collect(home)
        file = home / "sources" / "harbour.toml"
        file.write_text(file.read_text().replace(room.base, other.base))
        run = collect(home)
        assert (changes(run), run["errors"]) == ([0, 0, 0], [])
        assert all(one.url.startswith(other.base) for one in stored(home))
    assert [one.id for one in stored(home)] == before


@pytest.mark.thorough
def test_releases_that_always_led_to_another_site_are_edited_there(room: Room, home: Path) -> None:
    with served() as other:
        other.answers.update(room.answers)
        led_to(other, room)
        assert changes(collect(home)) == [len(NUMBERS), 0, 0]
        edited = page(1).replace("pilots had asked", "pilots had asked three times")
        other.page("/news/1.html", edited)
        run = collect(home)
        assert (changes(run), run["errors"]) == ([0, 1, 0], [])
