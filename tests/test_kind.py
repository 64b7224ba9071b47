"""What is a release and what is a listing, where nobody says so."""

from __future__ import annotations

import pytest

from spiders.extraction import extract
from spiders.page import Page
from tests.golden import Room, rooms
from tests.press_room import listing_html, release_html

ALL = [room for room in rooms() if not room.source.render]

KNOWN = {"release": 0.85, "listing": 0.95}
"""The share of the rooms' pages that must be known for what they are."""


def kind(room: Room, part: str) -> str:
    """What a page of a room is taken for, at its own address."""
    (path,) = room.folder.glob(f"{part}.*")
    url = str(room.expected.get(part, {}).get("url", ""))
    return str(extract("", Page(url, path.read_bytes()), room.reading)["kind"])


@pytest.mark.parametrize("part", KNOWN)
def test_releases_with_links_to_others_are_told_from_listings(part: str) -> None:
    taken = {room.folder.name: kind(room, part) for room in ALL}
    wrong = [name for name, found in taken.items() if found != part]
    assert len(wrong) <= (1 - KNOWN[part]) * len(ALL), wrong


@pytest.mark.parametrize("url", ["", "https://harbour.example/"])
def test_pages_are_told_apart_without_a_telling_address(url: str) -> None:
    reading = ALL[0].reading
    release, listing = release_html(7), listing_html(list(range(12)))
    assert extract("", Page(url, release.encode()), reading)["kind"] == "release"
    assert extract("", Page(url, listing.encode()), reading)["kind"] == "listing"
