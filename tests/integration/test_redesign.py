"""A press room whose pages all change of a sudden: by a notice, or by a new theme."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.command import collect, communique, make_home
from tests.examples import thorough
from tests.press_room import Room, listing_html, release_html, served
from tests.themes import CONTACT, SITE, THEMES, Post, listing, posts, shown

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


@pytest.mark.thorough
def test_a_notice_before_all_pages_changes_nothing_and_is_reported(
    room: Room, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "home", f"{room.base}/news/")
    assert collect(home)["new"] == 4
    before = bodies(home)
    show(room, [*NUMBERS, 5], wall=True)
    run = collect(home)
    assert (run["new"], run["changed"]) == (0, 0)
    assert {error["kind"] for error in run["errors"]} == {"redesign:body"}
    assert len(run["errors"]) == 5
    assert bodies(home) == before
    show(room, [*NUMBERS, 5])
    run = collect(home)
    assert (run["new"], run["changed"], run["errors"]) == (1, 0, [])


def edited(posts: list[Post]) -> list[Post]:
    """The same releases after five edits: words, a paragraph more, one less, a title, a figure."""
    changes = {
        1: ("eleven days", "twelve days"),
        5: (
            "</table>",
            "</table><p>The figures were audited by the harbour office of Grenwick.</p>",
        ),
        7: ("<p>The roster holds from April, and is looked at again after a year.</p>", ""),
        9: ("six to noon", "six to eleven"),
    }
    found = []
    for post in posts:
        said = " ".join(post.body.split())
        before, after = changes.get(post.number, ("", ""))
        assert before in said
        title = post.title.replace("elects", "re-elects") if post.number == 8 else post.title
        found.append(replace(post, title=title, body=said.replace(before, after, 1)))
    return found


def rooms_of_themes(room: Room, home: Path, themes: list[str]) -> None:
    """A HOME with one source for each theme."""
    make_home(home, f"{room.base}/none/")
    (home / "sources" / "harbour.toml").unlink()
    for theme in themes:
        (home / "sources" / f"{theme}.toml").write_text(
            f'name = "{SITE}"\nurl = "{room.base}/{theme}/"\ntimezone = "Europe/Oslo"\n'
        )


def show_as(room: Room, posts: list[Post], theme: str | None = None) -> None:
    """Let every room list these posts, in a theme that all have or each in its own."""
    for name in THEMES:
        path = f"/{name}/"
        room.page(path, listing(posts, path))
        for post in posts:
            room.page(f"{path}{post.name}.html", shown(theme or name, post, posts, path))


def runs(home: Path) -> dict[str, dict[str, Any]]:
    """The reports of a visit to all sources."""
    told = json.loads(communique("collect", "--json", home=home).stdout)["runs"]
    return {run["source"]: run for run in told}


def revisions(home: Path) -> dict[str, set[int]]:
    """The numbers of the posts that were revised, by source."""
    found: dict[str, set[int]] = {}
    for line in communique("export", home=home).stdout.splitlines():
        release = json.loads(line)
        if release["revision"] > 1:
            number = int(release["url"].rpartition("-")[2].removesuffix(".html"))
            found.setdefault(release["source"], set()).add(number)
    return found


@pytest.mark.parametrize(
    "themes", [[*THEMES][:2], *thorough([*THEMES[::3]], [*THEMES[1::3]], [*THEMES[2::3]])]
)
@pytest.mark.parametrize(("first", "end"), [("classic", ""), *thorough(("sections", CONTACT))])
def test_a_new_theme_is_not_an_edit_and_hides_none(
    first: str, end: str, themes: list[str], tmp_path: Path
) -> None:
    now = [replace(post, body=post.body + end) for post in posts()]
    with served() as room:
        home = tmp_path / "home"
        rooms_of_themes(room, home, themes)
        show_as(room, now, first)
        assert {run["new"] for run in runs(home).values()} == {len(now)}
        show_as(room, now)
        told = runs(home)
        assert {theme: run["changed"] for theme, run in told.items()} == dict.fromkeys(themes, 0)
        show_as(room, [replace(post, body=post.body.replace("\n", " ")) for post in now], first)
        runs(home)
        assert revisions(home) == {}, "nor is the way back"
        show_as(room, edited(now))
        runs(home)
        # A text that only ends earlier counts when a second visit finds it.
        runs(home)
        assert revisions(home) == {theme: {1, 5, 7, 8, 9} for theme in themes}


@pytest.mark.thorough
def test_the_same_addition_to_several_releases_is_an_edit_of_each(
    tmp_path: Path,
) -> None:
    with served() as room:
        home = make_home(tmp_path / "home", f"{room.base}/classic/")
        show_as(room, posts())
        assert collect(home)["new"] == 9
        said = "<p>Correction: the board named a wrong quay here until last night.</p>"
        more = [replace(p, body=p.body + said) if p.number in {1, 2, 5, 7} else p for p in posts()]
        show_as(room, more)
        assert collect(home)["changed"] == 4
