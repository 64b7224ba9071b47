"""Sources that are a single page: added, visited, changed, moved and gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.models import Facet, Release
from data.store.sqlite.store import SqliteStore
from spiders.sources.source_file import read_source
from tests.command import SETTINGS, collect, communique
from tests.examples import thorough
from tests.press_room import Answer, Room, served
from tests.spiders.attachments.made_files import pdf

PEOPLE = ("Ida Moen, chair", "Tor Berg, treasurer", "Siv Lund, harbour master")

PATH = "/about/leadership"


def people_html(*rows: str, title: str = "Leadership", head: str = "") -> str:
    """A page of a harbour board with a list of names, a table and a menu."""
    names = "".join(f'<li><a href="/people/{at}">{row}</a></li>' for at, row in enumerate(rows))
    return (
        f'<!DOCTYPE html><html lang="nb-NO"><head><title>{title} - Harbour Board</title>{head}'
        "</head><body><nav><a href='/'>Home</a> <a href='/news/'>News</a></nav>"
        f"<main><h1>{title}</h1><p>These people lead the board.</p><ul>{names}</ul>"
        "<table><tr><th>Berth</th><th>Fee</th></tr><tr><td>North</td><td>410 NOK</td></tr>"
        "</table></main><footer>Harbour Board, Pier 1</footer></body></html>"
    )


@pytest.fixture
def room() -> Iterator[Room]:
    """A site whose only page of interest is no list of releases."""
    with served() as room:
        room.page(PATH, people_html(*PEOPLE))
        yield room


@pytest.fixture
def home(tmp_path: Path, room: Room) -> Path:
    """A HOME to which the page was added."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "communique.toml").write_text(SETTINGS)
    result = communique("add", "--page", f"{room.base}{PATH}", "--save", "--json", home=folder)
    assert result.returncode == 0, result.stderr
    return folder


def stored(home: Path) -> Release:
    """The only release in the store."""
    store = SqliteStore(home / "communique.db")
    (release,) = store.releases(Facet())
    store.close()
    return release


def visit_until(home: Path, key: str) -> dict[str, Any]:
    """Visit until a run counts something, at most four times, and return that run."""
    for _ in range(4):
        run = collect(home)
        if run[key]:
            return run
    raise AssertionError(run)


def test_a_page_is_added_with_its_name_and_an_id_of_its_path(room: Room, home: Path) -> None:
    (path,) = (home / "sources").iterdir()
    file = read_source(path)
    assert path.stem == "harbour-board-leadership"
    assert (file.kind, file.url) == ("page", f"{room.base}{PATH}")
    assert file.name == "Harbour Board: Leadership"


def test_a_page_gets_the_time_zone_of_another_source_of_its_host(room: Room, home: Path) -> None:
    room.page("/fees", people_html(*PEOPLE).replace("nb-NO", "en"))
    result = communique("add", "--page", f"{room.base}/fees", "--json", home=home)
    added = json.loads(result.stdout)
    assert added["timezone"]["value"] == "Europe/Oslo"
    assert not [one for one in added["doubts"] if one.startswith("timezone")]


def test_a_visit_requests_only_the_page_and_keeps_names_and_tables(room: Room, home: Path) -> None:
    room.log.clear()
    run = collect(home)
    assert (run["found"], run["new"], run["errors"], run["history"]) == (1, 1, [], "complete")
    assert {path for path, _ in room.log} <= {PATH, "/robots.txt"}
    release = stored(home)
    text = release.content.body_text
    assert all(row in text for row in (*PEOPLE, "These people lead the board.", "410 NOK"))
    assert "News" not in text
    assert "Pier 1" not in text
    room.log.clear()
    assert collect(home)["unchanged"] == 1
    assert (PATH, 304) in room.log
    health = json.loads(communique("health", "--json", home=home).stdout)["sources"]
    assert (health[0]["state"], health[0]["expected_by"]) == ("ok", None)
    assert "single page" in health[0]["reason"]


def test_a_changed_name_becomes_a_version_of_the_same_release(room: Room, home: Path) -> None:
    collect(home)
    first = stored(home)
    room.page(PATH, people_html("Ida Moen, chair", "Kari Vik, treasurer", PEOPLE[2]))
    visit_until(home, "changed")
    second = stored(home)
    assert (second.id, second.revision) == (first.id, 2)
    assert "Kari Vik" in second.content.body_text
    assert "Tor Berg" not in second.content.body_text
    shown = communique("show", second.id, "--diff", home=home)
    assert "Kari Vik" in shown.stdout


def test_a_page_with_another_title_and_text_is_the_same_release(room: Room, home: Path) -> None:
    collect(home)
    first = stored(home)
    room.page(PATH, people_html("Nils Aune, mayor", title="Who decides"))
    visit_until(home, "changed")
    assert stored(home).id == first.id
    assert stored(home).content.title == "Who decides"


def test_a_missing_page_is_retracted_and_reported(room: Room, home: Path) -> None:
    collect(home)
    room.answers[PATH] = Answer(status=404)
    first = collect(home)
    assert (first["gone"], first["retracted"]) == ([f"{room.base}{PATH}"], 0)
    assert first["errors"][0]["kind"] == "http:404"
    assert collect(home)["retracted"] == 1
    assert stored(home).retracted
    room.page(PATH, people_html(*PEOPLE))
    assert collect(home)["returned"] == 1


def test_a_page_that_redirects_to_another_site_is_not_recorded(room: Room, home: Path) -> None:
    collect(home)
    with served() as other:
        # Another name for the same machine is another site.
        url = other.base.replace("127.0.0.1", "localhost")
        other.page("/else", people_html("Nobody"))
        room.answers[PATH] = Answer(status=302, headers={"Location": f"{url}/else"})
        run = collect(home)
    assert (run["changed"], [one["kind"] for one in run["errors"]]) == (0, ["redirect"])
    assert "Ida Moen" in stored(home).content.body_text


def test_a_page_whose_server_fails_keeps_its_last_text(room: Room, home: Path) -> None:
    collect(home)
    room.answers[PATH] = Answer(status=503)
    run = collect(home)
    assert (run["found"], run["changed"]) == (0, 0)
    health = json.loads(communique("health", "--json", home=home).stdout)["sources"]
    assert health[0]["code"] == "site.server_error"
    assert stored(home).revision == 1


def test_a_page_that_is_a_list_is_added_with_a_hint(room: Room, home: Path) -> None:
    rows = "".join(
        f"<article><h2><a href='/r/{n}'>A notice about pier {n} and its ships</a></h2>"
        f"<time datetime='2026-11-{n:02}'>{n} November 2026</time></article>"
        for n in range(10, 20)
    )
    room.page("/news/", f"<html><title>News</title><body><main>{rows}</main></body></html>")
    result = communique("add", "--page", f"{room.base}/news/", home=home)
    assert result.returncode == 0
    assert "without --page" in result.stderr


def test_an_empty_page_is_not_added(room: Room, home: Path) -> None:
    room.page("/empty", "<html><body></body></html>")
    result = communique("add", "--page", f"{room.base}/empty", "--save", home=home)
    assert result.returncode == 1
    assert len([*(home / "sources").iterdir()]) == 1


def test_a_page_with_a_feed_is_a_mistake_in_the_source_file(home: Path) -> None:
    (path,) = (home / "sources").iterdir()
    path.write_text(path.read_text() + 'feed = "https://harbour.example/feed"\n')
    result = communique("collect", home=home)
    assert result.returncode == 2
    assert "a single page has no list" in result.stderr


def test_noise_is_not_reported_and_a_change_shows_only_itself(room: Room, home: Path) -> None:
    def page(number: int, chair: str) -> str:
        noise = (
            f"<p>Visitors: {700 + number}</p>"
            f"<p><a href='/get.php?f=fees.pdf&amp;csrf=a{number}'>Fees</a></p>"
        )
        html = people_html(f"{chair}, chair", *PEOPLE[1:])
        return html.replace("</main>", f"{noise}</main>")

    for number in range(4):
        room.page(PATH, page(number, "Ida Moen"))
        run = collect(home)
        assert run["changed"] == 0
        assert {one["kind"] for one in run["errors"]} <= {"file:404"}
    for number in range(4, 14):
        room.page(PATH, page(number, "Kari Vik"))
        if collect(home)["changed"]:
            break
    second = stored(home)
    assert second.revision == 2
    assert "Visitors: 700" in second.content.body_text
    shown = communique("show", second.id, "--diff", home=home).stdout
    assert "Kari" in shown
    assert "Visitors" not in shown


@pytest.mark.thorough
def test_a_page_that_never_holds_still_is_degraded(room: Room, home: Path) -> None:
    for number in range(8):
        rows = (f"Ship {number * 37 % 91} of {row}" for row in ("Oslo", "Bergen", "Bodo"))
        words = "".join(f"<p>Word{number}{at} was said by {number * at}</p>" for at in range(20))
        room.page(PATH, people_html(*rows).replace("<table>", f"{words}<table>"))
        run = collect(home)
        assert run["changed"] == 0
    assert [one["kind"] for one in run["errors"]] == ["restless"]
    health = json.loads(communique("health", "--json", home=home).stdout)["sources"]
    assert (health[0]["code"], health[0]["degraded"]) == ("page.restless", True)


def test_a_pdf_whose_last_pages_are_not_read_is_reported(room: Room, home: Path) -> None:
    body = pdf([f"Fee {number} of the harbour is due." for number in range(202)])
    room.answers["/fees.pdf"] = Answer(body, content_type="application/pdf")
    (home / "sources" / "fees.toml").write_text(
        f'name = "Fees"\nurl = "{room.base}/fees.pdf"\ntimezone = "UTC"\nkind = "page"\n'
    )
    run = collect(home, "fees")
    assert [one["kind"] for one in run["errors"]] == ["file:size"]
    assert "only 200 of its 202 pages" in run["errors"][0]["message"]


@pytest.mark.thorough
def test_a_pdf_to_which_another_page_links_has_only_its_own_text(room: Room, home: Path) -> None:
    def answer(fee: str) -> Answer:
        body = pdf([f"Fees of the harbour\nThe fee for a berth at the pier is {fee} in 2026."])
        return Answer(body, content_type="application/pdf")

    def fees() -> Release:
        store = SqliteStore(home / "communique.db")
        (release,) = store.releases(Facet(source="fees"))
        store.close()
        return release

    link = "<a href='/fees.pdf'>Fees</a></main>"
    room.page(PATH, people_html(*PEOPLE).replace("</main>", link))
    room.answers["/fees.pdf"] = answer("58.2")
    collect(home)
    (home / "sources" / "fees.toml").write_text(
        f'name = "Fees"\nurl = "{room.base}/fees.pdf"\ntimezone = "UTC"\nkind = "page"\n'
    )
    collect(home, "fees")
    assert "58.2" in fees().content.body_text
    room.answers["/fees.pdf"] = answer("48.2")
    for _ in range(2):
        collect(home, "fees")
    assert "48.2" in fees().content.body_text
    assert not fees().content.file_digests


@pytest.mark.parametrize("text", ["", *thorough("The fee for a berth is 48.2 in 2026.")])
def test_a_replaced_scan_is_a_change_when_a_second_visit_finds_it(
    room: Room, home: Path, text: str
) -> None:
    (home / "sources" / "fees.toml").write_text(
        f'name = "Fees"\nurl = "{room.base}/fees.pdf"\ntimezone = "UTC"\nkind = "page"\n'
    )
    scan = pdf([""])
    room.answers["/fees.pdf"] = Answer(scan, content_type="application/pdf")
    collect(home, "fees")
    other = Answer(pdf([text]) + b"\n% scanned again", content_type="application/pdf")
    room.answers["/fees.pdf"] = other
    assert [collect(home, "fees")["changed"] for _ in range(3)] == [0, 1, 0]


def test_the_secret_of_a_single_page_is_shown_nowhere(room: Room, tmp_path: Path) -> None:
    home = tmp_path / "own"
    (home / "sources").mkdir(parents=True)
    (home / "communique.toml").write_text(SETTINGS)
    page = people_html(*PEOPLE, "Mark TOPSECRET1", title="Leaders TOPSECRET1")
    room.page(f"{PATH}?token=TOPSECRET1", page)
    (home / "sources" / "board.toml").write_text(
        f'name = "Board"\nurl = "{room.base}{PATH}?token=TOPSECRET1"\n'
        'timezone = "Europe/Oslo"\nkind = "page"\n'
    )
    for command in (("collect",), ("publish", "--all"), ("export",), ("search", "Mark")):
        done = communique(*command, home=home)
        assert done.returncode == 0, done.stderr
        assert "TOPSECRET1" not in done.stdout + done.stderr
    assert "***" in communique("export", home=home).stdout
    site = [one for one in (home / "site").rglob("*") if one.is_file()]
    assert [one for one in site if b"TOPSECRET1" in one.read_bytes()] == []
