"""Releases that are sections of one page, from the page to the store and the archive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command import collect, communique, make_home
from tests.press_room import Answer, Room, served

NUMBERS = [6, 5, 4, 3, 2, 1]
PDF = b"%PDF-1.4 none"
TEXTS_UNREAD = {"attachment_text": '"none"'}
"""Key of a source whose files are archived but not read, each in a process of its own."""


def section(number: int, *, anchor: str = "", more: str = "") -> str:
    """A section of an accordion with a document."""
    anchor = anchor or f"notice-{number}"
    return (
        '<div class="accordion-item"><h2><button data-bs-toggle="collapse" data-bs-target='
        f'"#{anchor}" aria-controls="{anchor}">Notice {number}: ships counted at pier {number}'
        f'</button></h2><div id="{anchor}" class="collapse"><p>{number + 1} March 2026</p><p>The'
        f" Harbour Board of Lindmouth counted {number * 37} ships in its basins last week.{more}"
        f'</p><a href="/files/{number}.pdf">PDF</a></div></div>'
    )


def page(*sections: str, end: str = "</div><p>Harbour Board</p></body></html>") -> str:
    """The news page of the Harbour Board."""
    return (
        '<!DOCTYPE html><html lang="en"><head><title>News - Harbour Board</title></head><body>'
        '<ul class="menu"><li><a href="/">Home</a></li><li><a href="/tides">Tides</a></li></ul>'
        f'<h1>News</h1><div id="accordion">{"".join(sections)}{end}'
    )


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room whose only page has six releases."""
    with served() as room:
        room.page("/news/", page(*map(section, NUMBERS)))
        for number in NUMBERS:
            room.answers[f"/files/{number}.pdf"] = Answer(PDF, content_type="application/pdf")
        yield room


@pytest.fixture
def home(room: Room, tmp_path: Path) -> Path:
    """A HOME that has collected it."""
    home = make_home(tmp_path / "home", f"{room.base}/news/", **TEXTS_UNREAD)
    assert collect(home)["new"] == 6
    return home


def exported(home: Path) -> dict[int, dict[str, Any]]:
    """All releases by their number."""
    lines = map(json.loads, communique("export", home=home).stdout.splitlines())
    return {int(one["title"].split()[1].rstrip(":")): one for one in lines}


def test_sections_are_collected_at_their_fragments_with_one_request_for_their_page(
    room: Room, home: Path
) -> None:
    releases = exported(home)
    assert {number: one["url"] for number, one in releases.items()} == {
        number: f"{room.base}/news/#notice-{number}" for number in NUMBERS
    }
    assert [one["attachments"][0]["url"] for one in releases.values()] == [
        f"{room.base}/files/{number}.pdf" for number in releases
    ]
    assert len(room.statuses("/news/")) == 1
    run = collect(home)
    assert (run["unchanged"], run["new"], run["changed"], run["errors"]) == (6, 0, 0, [])
    assert room.statuses("/news/") == [200, 304]


def test_an_edited_section_is_an_edit_of_that_release_alone(room: Room, home: Path) -> None:
    more = " Its pilots agreed with the count on Friday, and so did the harbour master."
    room.page("/news/", page(*(section(n, more=more if n == 4 else "") for n in NUMBERS)))
    run = collect(home)
    assert (run["changed"], run["unchanged"]) == (1, 5)
    assert {n: one["revision"] for n, one in exported(home).items() if one["revision"] > 1} == {
        4: 2
    }


def test_a_section_missing_from_two_whole_pages_is_retracted(room: Room, home: Path) -> None:
    room.page("/news/", page(*(section(n) for n in NUMBERS if n != 2)))
    run = collect(home)
    assert (run["retracted"], run["gone"]) == (0, [f"{room.base}/news/#notice-2"])
    assert collect(home)["retracted"] == 0, "the server said only that nothing had changed"
    room.page("/news/", page(*(section(n) for n in NUMBERS if n != 2), end="</div></body></html>"))
    assert collect(home)["retracted"] == 1
    assert [n for n, one in exported(home).items() if one["retracted"]] == [2]


def test_a_page_that_loads_in_part_retracts_nothing(room: Room, home: Path) -> None:
    for count in (3, 4, 5):
        room.page("/news/", page(*map(section, NUMBERS[:count]), end=""))
        run = collect(home)
        assert (run["gone"], run["retracted"]) == ([], 0)


@pytest.mark.thorough
def test_a_page_without_any_section_retracts_nothing(room: Room, home: Path) -> None:
    room.page("/news/", page("<p>We are moving our notices. Please come back soon.</p>"))
    for _ in range(3):
        run = collect(home)
        assert (run["gone"], run["retracted"], bool(run["errors"])) == ([], 0, True)


def test_ids_that_count_from_the_top_do_not_mix_up_releases(room: Room, tmp_path: Path) -> None:
    def counted(numbers: list[int]) -> str:
        return page(*(section(n, anchor=f"c{place}") for place, n in enumerate(numbers)))

    room.page("/news/", counted(NUMBERS))
    home = make_home(tmp_path / "counted", f"{room.base}/news/", **TEXTS_UNREAD)
    collect(home)
    before = {n: one["id"] for n, one in exported(home).items()}
    room.page("/news/", counted([7, *NUMBERS]))
    run = collect(home)
    assert (run["new"], run["changed"], run["unchanged"]) == (1, 0, 6)
    after = exported(home)
    assert {n: after[n]["id"] for n in NUMBERS} == before
    assert (collect(home)["unchanged"], collect(home)["gone"]) == (7, [])


def test_sections_of_later_pages_are_collected_and_checked(room: Room, tmp_path: Path) -> None:
    older = '</div><a rel="next" href="/news/?page=2">Older</a></body></html>'
    room.page("/news/", page(*map(section, NUMBERS[:3]), end=older))
    room.page("/news/?page=2", page(*map(section, NUMBERS[3:])))
    home = make_home(tmp_path / "paged", f"{room.base}/news/", **TEXTS_UNREAD)
    assert (collect(home)["new"], len(exported(home))) == (6, 6)
    room.page("/news/?page=2", page(*(section(n, more=" No more.") for n in NUMBERS[3:5])))
    run = collect(home)
    assert (run["unchanged"] + run["changed"], run["gone"]) == (
        5, [f"{room.base}/news/?page=2#notice-1"],
    )  # fmt: skip
    assert exported(home)[3]["url"] == f"{room.base}/news/?page=2#notice-3"


def test_archived_pages_of_sections_give_the_same_releases_again(room: Room, home: Path) -> None:
    del room
    before = exported(home)
    assert "0 releases were revised" in communique("mirror", "reextract", home=home).stdout
    assert exported(home) == before
    told = communique("show", before[4]["url"], "--provenance", home=home).stdout
    assert "seen at" in told
    assert "captured" in told
    assert communique("show", before[4]["url"], home=home).stdout.startswith("Notice 4")


def test_add_proposes_a_page_of_sections_and_never_all_news_for_a_category(
    room: Room, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "new", f"{room.base}/other/")
    room.page("/news/?category=tides", page(section(3)))
    room.page("/", '<html><title>Board</title><body><a href="/news/">News</a><p>Welcome</p></html>')
    result = communique("add", f"{room.base}/news/", home=home)
    assert (result.returncode, "#notice-6" in result.stdout) == (0, True)
    assert ".pdf" not in result.stdout.partition("published   title")[2]
    told = communique("add", f"{room.base}/news/?category=tides", home=home)
    assert "#notice-6" not in told.stdout
    assert f'url = "{room.base}/news/"' not in told.stdout


def test_extract_reads_a_section_of_a_saved_page(tmp_path: Path) -> None:
    saved = tmp_path / "page.html"
    saved.write_text(page(*map(section, NUMBERS)))
    url = "https://harbour.example/news"
    one = communique("extract", str(saved), "--url", f"{url}#notice-4", home=tmp_path).stdout
    read = json.loads(one)
    assert (read["kind"], read["title"]) == ("release", "Notice 4: ships counted at pier 4")
    listing = json.loads(communique("extract", str(saved), "--url", url, home=tmp_path).stdout)
    assert [item["url"] for item in listing["items"]] == [f"{url}#notice-{n}" for n in NUMBERS]


def with_feed(room: Room) -> None:
    """Offer a feed that links to the sections."""
    items = "".join(
        f"<item><title>Notice {n}: ships counted at pier {n}</title><link>{room.base}/news/"
        f"#notice-{n}</link><pubDate>{n + 1:02} Mar 2026 12:00:00 +0100</pubDate></item>"
        for n in NUMBERS
    )
    feed = f'<rss version="2.0"><channel><title>Board</title>{items}</channel></rss>'
    room.answers["/feed.xml"] = Answer(feed.encode(), content_type="application/rss+xml")
    link = '<link rel="alternate" type="application/rss+xml" href="/feed.xml"></head>'
    html = page(*map(section, NUMBERS)).replace("</head>", link)
    room.page("/news/", html)


@pytest.mark.thorough
def test_a_feed_that_links_to_sections_is_complete_and_adds_no_request(
    room: Room, tmp_path: Path
) -> None:
    with_feed(room)
    home = make_home(
        tmp_path / "fed", f"{room.base}/news/", feed=f'"{room.base}/feed.xml"', **TEXTS_UNREAD
    )
    result = communique("add", f"{room.base}/news/", home=home)
    assert (result.returncode, f'feed = "{room.base}/feed.xml"' in result.stdout) == (0, True)
    room.log.clear()
    run = collect(home)
    assert (run["new"], run["errors"]) == (6, [])
    assert len(room.statuses("/news/")) == 1
    assert {one["url"] for one in exported(home).values()} == {
        f"{room.base}/news/#notice-{n}" for n in NUMBERS
    }


def test_add_reads_a_feed_whose_items_all_name_one_page(room: Room, tmp_path: Path) -> None:
    with_feed(room)
    feed = room.answers["/feed.xml"]
    for number in NUMBERS:
        feed.body = feed.body.replace(b"/news/#notice-%d" % number, b"/news/")
    home = make_home(tmp_path / "one", f"{room.base}/news/")
    result = communique("add", f"{room.base}/feed.xml", home=home)
    assert "Traceback" not in result.stderr


def entry(number: int, *, more: str = "") -> str:
    """An entry of a weblog, whose permanent address is on the page of its day."""
    return (
        f'<h2>Monday, {number + 1} June 2026</h2><div><h3><a name="e{number}">Notice {number}:'
        f" ships counted at pier {number}</a></h3><div><p>The Harbour Board of Lindmouth counted"
        f" {number * 37} ships in its basins last week.{more}</p><p>Its pilots agreed with the"
        f" count of {number * 11} ships from the eastern ports, and so did harbour master Odile"
        f' Brandt.</p></div><p>posted at 9:30 | <a href="/2026/06/{number + 1}#e{number}">'
        "permanent link</a></p></div>"
    )


def test_entries_of_a_weblog_stay_at_their_permanent_addresses_when_they_leave_the_front_page(
    room: Room, tmp_path: Path
) -> None:
    room.answers.clear()
    for number in range(1, 8):
        room.page(f"/2026/06/{number + 1}", page(entry(number)))
    room.page("/", page(*map(entry, NUMBERS)))
    home = make_home(tmp_path / "weblog", f"{room.base}/")
    assert told(collect(home)) == (6, 0, [], 0)
    before = exported(home)
    assert [one["url"] for _, one in sorted(before.items())] == [
        f"{room.base}/2026/06/{number + 1}#e{number}" for number in range(1, 7)
    ]
    assert all("permanent" not in one["body_text"] for one in before.values())
    room.page("/", page(*map(entry, [7, 6, 5])))
    assert told(collect(home)) == (1, 0, [], 0)
    room.page("/2026/06/3", page(entry(2, more=" The count was repeated on Friday.")))
    room.page("/2026/06/2", "gone", status=404)
    assert told(collect(home))[:2] == (0, 1)
    collect(home)
    after = exported(home)
    assert {n: after[n]["id"] for n in before} == {n: one["id"] for n, one in before.items()}
    assert [n for n, one in sorted(after.items()) if one["retracted"]] == [1]
    assert [n for n, one in sorted(after.items()) if one["revision"] > 1] == [2]


def told(run: dict[str, Any]) -> tuple[object, object, object, object]:
    """New and changed releases, errors, and retracted releases of a visit."""
    return run["new"], run["changed"], run["errors"], run["retracted"]
