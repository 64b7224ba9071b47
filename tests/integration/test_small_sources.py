"""Sources of one to three releases whose pages all change alike: no page is edited."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.command import collect, communique, make_home
from tests.examples import thorough
from tests.press_room import Room, listing_html, release_html, served

Change = Callable[[str], str]
FOOT = '<div class="foot">'


def show(room: Room, count: int, change: Change = str, only: int = 0) -> None:
    """Let the room have so many releases, all or ``only`` one of them changed."""
    numbers = range(1, count + 1)
    room.page("/news/", listing_html([*numbers]))
    for number in numbers:
        html = release_html(number, day=f"{2 + number} March 2026")
        room.page(f"/news/{number}.html", change(html) if only in {0, number} else html)


def stored(home: Path) -> list[tuple[str, str, int]]:
    """Titles, texts and versions of what is stored."""
    lines: list[dict[str, Any]]
    lines = [json.loads(line) for line in communique("export", home=home).stdout.splitlines()]
    return sorted((one["title"], one["body_text"], one["revision"]) for one in lines)


def without_date(html: str) -> str:
    """A page whose date is lost; its footer is then read as a part of the text."""
    start = html.index('<span class="date">')
    return html[:start] + '<span class="date"></span>' + html[html.index("</span>") + 7 :]


def with_one_title(html: str) -> str:
    """A page with the title of all pages."""
    return f"{html.partition('<h1>')[0]}<h1>Harbour Board News</h1>{html.partition('</h1>')[2]}"


def with_notice(html: str) -> str:
    """A page with the line that all pages gained."""
    said = "<p>Subscribe to the weekly letter of the harbour office.</p></div>"
    return html.replace(f"</div>{FOOT}", said + FOOT)


def corrected(html: str) -> str:
    """A page that its publisher edited."""
    return html.replace("stay open all winter", "stay closed all winter")


@pytest.mark.parametrize("count", [1, *thorough(2, 3, 6)])
def test_a_date_that_vanishes_from_all_pages_edits_none(count: int, tmp_path: Path) -> None:
    with served() as room:
        show(room, count)
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        assert collect(home)["new"] == count
        before = stored(home)
        show(room, count, without_date)
        assert collect(home)["changed"] == 0
        assert stored(home) == before
        show(room, count, lambda html: without_date(corrected(html)), only=count)
        assert collect(home)["changed"] == 1, "an edit still comes through"


@pytest.mark.parametrize(
    ("change", "count"),
    [(with_notice, 2), *thorough((with_one_title, 1), (with_one_title, 2), (with_one_title, 3))],
)
def test_text_added_to_all_pages_is_no_edit_but_an_edit_of_one_is_found(
    change: Change, count: int, tmp_path: Path
) -> None:
    with served() as room:
        show(room, count)
        home = make_home(tmp_path / "home", f"{room.base}/news/")
        assert collect(home)["new"] == count
        before = stored(home)
        show(room, count, change)
        assert collect(home)["changed"] == 0
        assert stored(home) == before
        show(room, count, corrected, only=1)
        assert collect(home)["changed"] == 1
        show(room, count)
        assert collect(home)["changed"] == 1
        show(room, count, with_notice, only=1)
        assert collect(home)["changed"] == 1
