"""What is a release and what is a listing, where nobody says so."""

from __future__ import annotations

import pytest

from spiders.extract.page_values import extract
from spiders.page.page import Page
from tests.golden import Room, rooms
from tests.press_room import listing_html, release_html

ALL = [room for room in rooms() if not room.source.render]

KNOWN = {"release": 0.85, "listing": 0.95}
"""The share of the rooms' pages that must be known for what they are."""


def kind(room: Room, part: str) -> str:
    """What a page of a room is taken for, at its own address."""
    (path,) = room.folder.glob(f"{part}.*")
    url = str(room.expected.get(part, {}).get("url", ""))
    return str(extract("", Page(url, path.read_bytes()), room.context)["kind"])


@pytest.mark.thorough
@pytest.mark.parametrize("part", KNOWN)
def test_releases_with_links_to_others_are_not_listings(part: str) -> None:
    taken = {room.folder.name: kind(room, part) for room in ALL}
    wrong = [name for name, found in taken.items() if found != part]
    assert len(wrong) <= (1 - KNOWN[part]) * len(ALL), wrong


@pytest.mark.parametrize("url", ["", "https://harbour.example/"])
def test_pages_are_distinguished_without_different_addresses(url: str) -> None:
    context = ALL[0].context
    release, listing = release_html(7), listing_html(list(range(12)))
    assert extract("", Page(url, release.encode()), context)["kind"] == "release"
    assert extract("", Page(url, listing.encode()), context)["kind"] == "listing"


MENU = "".join(
    f"<li><a href='{path}'>{name}</a></li>"
    for path, name in (("/", "Home page"), ("/news", "News and notices"), ("/plan", "Plan of port"))
)
TEXT = (
    "The harbour authority has closed the bridge to all traffic, after four years of talk and two "
    "winters in which the basin froze over, said the director on Tuesday."
)


def test_a_short_release_below_the_day_of_today_is_not_a_listing() -> None:
    html = (
        "<html><head><title>Port of Merrow</title></head><body><div>Wednesday, 18 November 2026"
        f"</div><ul class=nav>{MENU}</ul><div><h3>Bridge closes</h3><p>Day of notice: 3 November"
        f" 2025, by the press office</p><div><p>{TEXT}</p></div></div><div>Calls: 88,213</div>"
    )
    page = Page("https://merrow.example/n/55", html.encode())
    assert extract("", page, ALL[0].context)["kind"] == "release"


def test_files_of_one_day_are_a_listing() -> None:
    files = "".join(
        f"<tr><td>November 3, 2025<td><a href='/f/{n}.pdf'>Order of the court number {n}</a></tr>"
        for n in range(4)
    )
    page = Page("https://merrow.example/orders", f"<html><body><table>{files}".encode())
    assert extract("", page, ALL[0].context)["kind"] == "listing"
