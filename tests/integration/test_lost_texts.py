"""Texts that vanish from the pages of a site, or are replaced, a few at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import collect, communique, make_home
from tests.examples import thorough
from tests.press_room import Answer, Room, listing_html, release_html, served
from tests.spiders.barriers.test_logins import wordpress

NUMBERS = [1, 2, 3, 4, 5, 6]
SHARED = "<p>" + "The harbour is open to all who keep its rules and pay their dues in time. " * 2


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room of six releases."""
    with served() as room:
        room.page("/news/", listing_html(NUMBERS[::-1]))
        for number in NUMBERS:
            room.page(f"/news/{number}.html", page(number))
        yield room


def page(number: int, text: str = "") -> str:
    """The page of one release."""
    return release_html(number, day=f"{2 + number} March 2026", text=text)


@pytest.fixture
def home(room: Room, tmp_path: Path) -> Path:
    """A HOME that has collected all of it."""
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    assert collect(home)["new"] == len(NUMBERS)
    return home


def bodies(home: Path) -> dict[str, str]:
    """What is stored: the texts by address."""
    lines = communique("export", home=home).stdout.splitlines()
    return {one["url"]: one["body_text"] for one in map(json.loads, lines)}


@pytest.mark.thorough
def test_texts_that_vanish_page_by_page_are_kept_and_reported(room: Room, home: Path) -> None:
    before = bodies(home)
    for number in NUMBERS[:3]:
        # What is left of the page is the foot with the name of the site.
        room.page(f"/news/{number}.html", page(number, text=" "))
        run = collect(home)
        assert (run["changed"], len(run["errors"])) == (0, number)
        assert {error["kind"] for error in run["errors"]} == {"layout"}
    assert bodies(home) == before


@pytest.mark.thorough
def test_one_text_for_two_releases_in_one_visit_is_not_believed(room: Room, home: Path) -> None:
    before = bodies(home)
    for number in (1, 2):
        room.page(f"/news/{number}.html", page(number, text=SHARED))
    run = collect(home)
    kinds = [error["kind"] for error in run["errors"]]
    assert (run["changed"], kinds) == (0, ["redesign:body"] * 2)
    assert bodies(home) == before


def test_one_text_for_all_that_spreads_page_by_page_takes_one_release_at_most(
    room: Room, home: Path
) -> None:
    before = bodies(home)
    changed = 0
    for number in NUMBERS[:3]:
        room.page(f"/news/{number}.html", page(number, text=SHARED))
        run = collect(home)
        changed += run["changed"]
        assert len(run["errors"]) == number - 1
    assert changed == 1
    after = bodies(home)
    assert [url for url in before if before[url] != after[url]] == [f"{room.base}/news/1.html"]


def test_a_new_release_without_a_text_is_kept_and_reported(room: Room, home: Path) -> None:
    room.page("/news/", listing_html([7, *NUMBERS[::-1]]))
    room.page("/news/7.html", page(7, text=" "))
    run = collect(home)
    assert run["new"] == 1
    ((kind, message),) = [(error["kind"], error["message"]) for error in run["errors"]]
    assert kind == "layout"
    assert message.startswith("no text was found on the page")


@pytest.mark.thorough
def test_a_release_that_was_locked_keeps_its_text(room: Room, home: Path) -> None:
    before = bodies(home)
    room.page("/news/1.html", wordpress("This content is password protected.", "Password:", "Go"))
    run = collect(home)
    assert (run["changed"], [error["kind"] for error in run["errors"]]) == (0, ["blocked:login"])
    assert bodies(home) == before


@pytest.mark.thorough
@pytest.mark.parametrize("target", ["known", *thorough("other day", "other title")])
def test_an_address_that_leads_to_another_release_is_not_an_edit(
    room: Room, home: Path, target: str
) -> None:
    before = bodies(home)
    title = "Notice 1: ships counted at pier 1"
    place = {"known": "/news/2.html", "other day": "/bulletin/9", "other title": "/bulletin/8"}
    text = "<p>The pilots chose a new speaker, Tove Lindqvist, who has served for twenty years.</p>"
    later = release_html(1, day="19 March 2026", text=text)
    room.page("/bulletin/9", later)
    room.page("/bulletin/8", page(1, text=text).replace(title, "Pilots choose their speaker"))
    there = {"Location": place[target]}
    room.answers["/news/1.html"] = Answer(status=301, headers=there, etag=False)
    run = collect(home)
    assert (run["new"], run["changed"], run["retracted"]) == (0, 0, 0)
    assert [error["kind"] for error in run["errors"]] == ([] if target == "known" else ["layout"])
    assert bodies(home) == before
