"""A press room whose pages all say the same of a sudden."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import collect, communique, make_home
from tests.press_room import Room, listing_html, release_html, served

NUMBERS = [1, 2, 3, 4]
WALL = "<p>" + "We and our partners store cookies to measure how this site is read. " * 8 + "</p>"


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room of four releases."""
    with served() as room:
        show(room, NUMBERS)
        yield room


def show(room: Room, numbers: list[int], *, wall: bool = False) -> None:
    """Let the room list these, each as it is or behind a notice."""
    room.page("/news/", listing_html(numbers[::-1]))
    for number in numbers:
        html = release_html(number, day=f"{2 + number} March 2026", text=WALL if wall else "")
        room.page(f"/news/{number}.html", html)


def bodies(home: Path) -> dict[str, str]:
    """What is stored: the texts by address."""
    lines = communique("export", home=home).stdout.splitlines()
    return {one["url"]: one["body_text"] for one in map(json.loads, lines)}


def test_a_notice_before_all_pages_changes_nothing_and_is_told(room: Room, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    assert collect(home)["new"] == 4
    before = bodies(home)
    show(room, [*NUMBERS, 5], wall=True)
    run = collect(home)
    assert (run["new"], run["changed"]) == (0, 0)
    assert {error["kind"] for error in run["errors"]} == {"redesign"}
    assert len(run["errors"]) == 5
    assert bodies(home) == before
    show(room, [*NUMBERS, 5])
    run = collect(home)
    assert (run["new"], run["changed"], run["errors"]) == (1, 0, [])
