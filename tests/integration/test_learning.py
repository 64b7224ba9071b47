"""`communique collect` learns the layout of a press room, and reads by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.models import Facet, Release
from data.store.sqlite.store import SqliteStore
from spiders.learning.template import Template, decode_template
from tests.command import collect, communique, make_home
from tests.press_room import Room, listing_html, release_html, served

CONTACT = "Inquiries: press office of the Harbour Board, Quay 4, telephone 555 0142"
NUMBERS = list(range(1, 9))


def show(room: Room, numbers: list[int]) -> None:
    """Let the room show these releases, each with the same line at its end."""
    room.page("/news/", listing_html(numbers))
    for number in numbers:
        html = release_html(number, day=f"{number + 1} March 2026")
        room.page(f"/news/{number}.html", html.replace("mole.</p>", f"mole.</p><p>{CONTACT}</p>"))


def relaunch(room: Room, numbers: list[int]) -> None:
    """Let the room show releases under other names, as after a new design."""
    for number in numbers:
        html = (
            release_html(number, day=f"{number + 1} March 2026")
            .replace('<div class="text">', '<section class="prose"><article>')
            .replace("</p></div>", "</p></article></section>")
            .replace("<h1>", '<h2 class="head">')
            .replace("</h1>", "</h2>")
        )
        room.page(f"/news/{number}.html", html)


def stored(home: Path) -> dict[str, Release]:
    """What the store holds, by the number in its title."""
    store = SqliteStore(home / "communique.db")
    found = {one.content.title.split()[1].strip(":"): one for one in store.releases(Facet())}
    store.close()
    return found


def learned(home: Path) -> list[Template]:
    """The templates that the store keeps of the source."""
    store = SqliteStore(home / "communique.db")
    found = [decode_template(text) for text in store.templates("harbour")]
    store.close()
    return [template for template in found if template]


@pytest.mark.thorough
def test_a_visit_learns_a_template_from_three_pages_and_reads_the_others_with_it(
    tmp_path: Path,
) -> None:
    with served() as room:
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        show(room, NUMBERS)
        run = collect(home)
        assert (run["new"], run["changed"], run["errors"]) == (8, 0, [])
        (template,) = learned(home)
        assert (template.pages, template.fitted) == (8, 8)
        assert template.rules.body == "div.text"
        told = communique("sources", "show", "harbour", home=home).stdout
        assert 'body = "div.text"' in told
        assert "fitted 8 of 8 pages" in told
        releases = stored(home)
        assert len(releases) == len(NUMBERS)
        for number, release in releases.items():
            assert release.content.title == f"Notice {number}: ships counted at pier {number}"
            assert release.published.iso == f"2026-03-{int(number) + 1:02}"
            assert "Inquiries" not in release.content.body_text, "it stands on all pages"
            assert release.content.body_text.endswith("lamp on the northern mole.")
            assert release.revision == 1


@pytest.mark.thorough
def test_an_edit_is_reported_but_a_learned_template_is_not_an_edit(tmp_path: Path) -> None:
    with served() as room:
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        show(room, NUMBERS)
        collect(home)
        for number in NUMBERS:
            page = room.answers[f"/news/{number}.html"]
            page.body = page.body.replace(b"</body>", b"<!-- rendered anew --></body>")
        edited = room.answers["/news/3.html"]
        edited.body = edited.body.replace(b"111 ships", b"112 ships")
        run = collect(home)
        assert (run["new"], run["changed"], run["unchanged"]) == (0, 1, 7)
        assert "112 ships" in stored(home)["3"].content.body_text


def test_after_a_relaunch_nothing_is_lost_and_the_new_layout_is_learned(tmp_path: Path) -> None:
    with served() as room:
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        show(room, NUMBERS)
        collect(home)
        relaunch(room, NUMBERS)
        more = [*NUMBERS, 9, 10]
        relaunch(room, [9, 10])
        room.page("/news/", listing_html(more))
        run = collect(home)
        assert (run["new"], run["changed"], run["errors"]) == (2, 0, [])
        (template,) = learned(home)
        assert template.rules.title == "h2.head"
        assert sorted(map(int, stored(home))) == more


@pytest.mark.thorough
def test_a_relaunch_that_brings_one_release_a_visit_is_learned_over_visits(tmp_path: Path) -> None:
    with served() as room:
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        show(room, NUMBERS)
        collect(home)
        for number in (9, 10, 11):
            relaunch(room, [number])
            room.page("/news/", listing_html(list(range(1, number + 1))))
            run = collect(home)
            assert (run["new"], run["errors"]) == (1, [])
        (template,) = learned(home)
        assert len(template.misfits) == 3
        run = collect(home)
        assert (run["new"], run["changed"], run["errors"]) == (0, 0, []), (
            "what is learned is no edit"
        )
        assert [room.statuses(f"/news/{number}.html") for number in (9, 10, 11)] == [
            [200, 304, 304, 200], [200, 304, 200], [200, 200],
        ]  # fmt: skip
        assert [one.rules.title for one in learned(home)] == ["h2.head"]
