"""Press rooms: their settings, their addresses, and the releases that they show on a day.

All data come from the TOML files in this folder.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from scheduler.demo.events import RoomEvent, after, load_events
from scheduler.demo.texts import ReleaseText

FOLDER = Path(__file__).parent / "rooms"

Path_ = Annotated[str, msgspec.Meta(pattern="^/")]
Validator = Literal["etag", "weak-etag", "last-modified"]


class Room(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of a press room from its ``room.toml``.

    ``links`` is the form of links: relative to ``<base href>``, to the page, or to the root. Paths
    may contain ``{key}``, ``{year}``, ``{month}``, ``{page}`` (from 1), ``{offset}`` (from 0),
    ``{name}`` and ``{width}`` (pixels). ``weekdays`` start with Monday.
    """

    name: str
    language: str
    timezone: str
    release_path: Path_
    months: Annotated[tuple[str, ...], msgspec.Meta(min_length=12, max_length=12)]
    day_format: str
    validators: tuple[Validator, ...]
    content_type: str
    robots: str
    links: Literal["base", "relative", "root"] = "root"
    listing_path: Path_ | None = None
    page_path: Path_ | None = None
    print_path: Path_ | None = None
    feed_path: Path_ | None = None
    per_page: int = 6
    weekdays: tuple[str, ...] = ()
    digits: str = "0123456789"
    encoding: str = "utf-8"
    gzip: bool = False
    headers: Mapping[str, str] = {}
    image_path: Path_ = "/images/{name}"
    image_widths: tuple[int, ...] = (240,)
    file_path: Path_ = "/files/{name}"
    pages: Mapping[str, tuple[str, str]] = {}
    assets: Mapping[str, str] = {}
    icons: Mapping[str, int] = {}

    @property
    def native(self) -> dict[int, str]:
        """The table for ``str.translate`` from ASCII digits to the room's digits."""
        return {ord(str(number)): digit for number, digit in enumerate(self.digits)}

    def address(self, release: ReleaseText) -> str:
        """Return the path and query of a release's page."""
        day = release.day
        return self.release_path.format(key=release.key, year=day.year, month=f"{day.month:02}")


@dataclass(frozen=True, slots=True)
class Showing:
    """The content of a room on a day. ``releases`` are in the order of the listing.

    ``moved`` maps former addresses to the address of their redirect, or to None for status 404.
    """

    id: str
    room: Room
    day: int
    releases: tuple[ReleaseText, ...]
    moved: Mapping[str, str | None]


@cache
def load_rooms() -> Mapping[str, Room]:
    """Load all press rooms by id, sorted by id."""
    return {
        path.parent.name: msgspec.convert(tomllib.loads(path.read_text("utf-8")), Room)
        for path in sorted(FOLDER.glob("*/room.toml"))
    }


@cache
def load_releases(room: str) -> Mapping[str, ReleaseText]:
    """Load all releases of a room by key, as they were first published."""
    found: dict[str, ReleaseText] = {}
    for path in sorted((FOLDER / room).glob("releases*.toml")):
        for item in tomllib.loads(path.read_text("utf-8"))["release"]:
            release = msgspec.convert(item, ReleaseText)
            if release.key in found:
                raise ValueError(f"{path}: key {release.key!r} is used twice; choose another")
            found[release.key] = with_copied_body(release)
    return found


def with_copied_body(release: ReleaseText) -> ReleaseText:
    """Append the body of the copied release to the own introduction of a release."""
    if not release.copies:
        return release
    room, _, key = release.copies.partition("/")
    copied = load_releases(room)[key].body.strip()
    return msgspec.structs.replace(release, body=f"{release.body.strip()}\n\n{copied}\n")


@cache
def showing(room: str, day: int) -> Showing:
    """Apply all events up to ``day`` (from 1) to a room."""
    events = tuple(event for event in load_events() if event.room == room)
    releases = dict(load_releases(room))
    late = {event.release for event in events if event.kind == "appear" and event.day > day}
    shown = {key: release for key, release in releases.items() if key not in late}
    past = [event for event in events if event.day <= day]
    moved: dict[str, str | None] = {}
    for event in past:
        before = shown.get(event.release)
        shown = after(event, shown)
        if before is not None and event.kind in {"move", "vanish"}:
            old = load_rooms()[room].address(before)
            new = shown.get(event.to)
            moved[old] = load_rooms()[room].address(new) if new and event.status == MOVED else None
    ordered = sorted(shown.values(), key=lambda release: release.instant, reverse=True)
    return Showing(room, load_rooms()[room], day, pinned(ordered, past), moved)


MOVED = 301
"""HTTP status of a permanent redirect."""


def pinned(releases: list[ReleaseText], past: list[RoomEvent]) -> tuple[ReleaseText, ...]:
    """Move the last pinned release to the top."""
    tops = [event.release for event in past if event.kind == "pin"]
    return tuple(sorted(releases, key=lambda release: release.key not in tops[-1:]))
