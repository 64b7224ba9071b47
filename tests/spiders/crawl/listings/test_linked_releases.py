"""Releases that no listing shows, but a box of other news on another's page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import collect, communique, make_home
from tests.press_room import Room, listing_html, release_html, served


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room whose listing hides the fourth of six releases."""
    with served() as room:
        for number in range(1, 7):
            room.page(f"/news/{number}.html", release_html(number, day=f"{2 + number} March 2026"))
        room.page("/news/", listing_html([6, 5, 3, 2]))
        yield room


@pytest.fixture
def home(room: Room, tmp_path: Path) -> Path:
    """A HOME that collects from it."""
    return make_home(tmp_path / "home", f"{room.base}/news/")


def name(room: Room, number: int, *links: str) -> None:
    """Let the page of a release end with a box of other news."""
    html = release_html(number, day=f"{2 + number} March 2026")
    box = f'<div class="more"><h3>Other news</h3><ul>{"".join(links)}</ul></div>'
    room.page(
        f"/news/{number}.html", html.replace('<div class="foot">', box + '<div class="foot">')
    )


def link(number: int | str, title: str = "") -> str:
    """One of the links in such a box."""
    title = title or f"Notice {number}: ships counted at pier {number}"
    url = number if isinstance(number, str) else f"/news/{number}.html"
    return f'<li><a href="{url}">{title}</a></li>'


def titles(home: Path) -> list[str]:
    """What is stored, by title."""
    lines = communique("export", home=home).stdout.splitlines()
    return sorted(json.loads(line)["title"].partition(":")[0] for line in lines)


def recall(home: Path) -> dict[str, object]:
    """What people are told of it."""
    told = json.loads(communique("sources", "show", "harbour", "--json", home=home).stdout)
    return dict(told["recall"])


def test_releases_hidden_on_a_listing_are_found_by_name(room: Room, home: Path) -> None:
    name(room, 6, link(5), link(4), link(1))
    run = collect(home)
    assert (run["new"], run["found"], run["errors"]) == (6, 4, [])
    assert titles(home) == [f"Notice {n}" for n in range(1, 7)]
    assert recall(home) == {
        "share": 0.5,
        "named": 2,
        "known": 1,
        "missed": [f"{room.base}/news/4.html"],
        "older": 1,
        "unread": [],
    }
    said = communique("sources", "show", "harbour", home=home).stdout
    assert "1 of 2 releases linked from its pages was known (50%)" in said
    assert f"linked from another page: {room.base}/news/4.html" in said
    assert collect(home)["new"] == 0
    assert recall(home)["named"] == 2


@pytest.mark.thorough
def test_what_is_named_but_is_not_a_release_is_not_published(room: Room, home: Path) -> None:
    with served() as other:
        other.page("/news/9.html", release_html(9))
        room.page("/news/7.html", "<html><body><h1>All our notices by year</h1></body></html>")
        room.page("/about/8.html", release_html(8))
        room.page(
            "/news/moved.html", "", status=302, headers={"Location": f"{other.base}/news/9.html"}
        )
        name(
            room,
            6,
            link(7, "All our notices by year"),
            link(4, "A hundred years of the eastern lighthouse"),
            link("/about/8.html", "Notice 8: ships counted at pier 8"),
            link(f"{other.base}/news/9.html", "Notice 9: ships counted at pier 9"),
            link("/news/moved.html", "Notice 9: ships counted at pier 9"),
            link("/news/lost.html", "Notice 12: ships counted at pier 12"),
        )
        assert collect(home)["errors"] == []
        assert titles(home) == [f"Notice {n}" for n in (2, 3, 5, 6)]
        assert other.log == []
        assert room.statuses("/about/8.html") == []
        for _ in range(3):
            collect(home)
        assert len(room.statuses("/news/lost.html")) == 2
    assert recall(home)["share"] is None
    assert len(recall(home)["unread"]) == 4  # type: ignore[arg-type]  # a list of addresses


@pytest.mark.thorough
def test_a_release_that_the_listing_shows_later_was_known_in_time(room: Room, home: Path) -> None:
    room.answers.pop("/news/4.html")
    name(room, 6, link(4))
    assert collect(home)["new"] == 4
    room.page("/news/4.html", release_html(4, day="6 March 2026"))
    room.page("/news/", listing_html([6, 5, 4, 3, 2]))
    assert collect(home)["new"] == 1
    assert recall(home) | {"unread": []} == {
        "share": 1.0,
        "named": 1,
        "known": 1,
        "missed": [],
        "older": 0,
        "unread": [],
    }


@pytest.mark.thorough
def test_named_releases_are_in_no_list_that_was_fully_walked_over_several_pages(
    room: Room, home: Path
) -> None:
    room.page("/news/", listing_html([6, 5], more='<a rel="next" href="/news/?page=2">Older</a>'))
    room.page("/news/?page=2", listing_html([3, 2]))
    name(room, 6, link(5), link(4), link(1))
    assert collect(home)["new"] == 4
    assert titles(home) == [f"Notice {n}" for n in (2, 3, 5, 6)]
    assert room.statuses("/news/4.html") == []


def test_a_listing_of_one_category_does_not_prove_that_a_release_is_unlisted(
    room: Room, tmp_path: Path
) -> None:
    room.page("/category/tides/", listing_html([6, 5, 3, 2]))
    name(room, 6, link(4), link(1))
    assert collect(make_home(tmp_path / "tides", f"{room.base}/category/tides/"))["new"] == 4


def test_files_named_and_stored_unlike_all_listed_ones_are_left_out(room: Room, home: Path) -> None:
    for number in range(1, 7):
        section = "Fisheries" if number == 4 else "Harbour"
        html = release_html(number, day=f"{2 + number} March 2026").replace(
            "</head>", f'<meta property="article:section" content="{section}"></head>'
        )
        box = f"<ul>{link(4)}{link(1)}</ul>" if number == 6 else ""
        room.page(
            f"/news/{number}.html", html.replace('<div class="foot">', box + '<div class="foot">')
        )
    collect(home)
    assert titles(home) == [f"Notice {n}" for n in (1, 2, 3, 5, 6)]
