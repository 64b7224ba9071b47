"""The press rooms: who they are, how their addresses are formed, and what a given day shows.

Everything here is read once from the TOML files beside it and never changes; a day is a question
put to that data.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from scheduler.demo.events import Event, after, load_events
from scheduler.demo.texts import ReleaseText

FOLDER = Path(__file__).parent / "rooms"

Path_ = Annotated[str, msgspec.Meta(pattern="^/")]
Validator = Literal["etag", "weak-etag", "last-modified"]


class Room(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A press room as its ``room.toml`` describes it.

    ``links`` is how pages refer to one another: against ``<base href>``, relative to the page, or
    from the root. Paths are formed with ``{key}``, ``{year}``, ``{month}``, ``{page}`` (from 1),
    ``{offset}`` (from 0), ``{name}`` and ``{width}`` (pixels). ``weekdays`` start on Monday.
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
        """For ``str.translate``: our digits to the room's own."""
        return {ord(str(number)): digit for number, digit in enumerate(self.digits)}

    def address(self, release: ReleaseText) -> str:
        """The path (and query) of a release's page."""
        day = release.day
        return self.release_path.format(key=release.key, year=day.year, month=f"{day.month:02}")


@dataclass(frozen=True, slots=True)
class Showing:
    """What a room shows on one day: its releases in the order of the listing.

    ``moved`` maps addresses that once answered to the one they lead to now, or to None where they
    answer 404.
    """

    id: str
    room: Room
    day: int
    releases: tuple[ReleaseText, ...]
    moved: Mapping[str, str | None]


@cache
def load_rooms() -> Mapping[str, Room]:
    """All press rooms by their id, in the order of their ids."""
    return {
        path.parent.name: msgspec.convert(tomllib.loads(path.read_text("utf-8")), Room)
        for path in sorted(FOLDER.glob("*/room.toml"))
    }


@cache
def load_releases(room: str) -> Mapping[str, ReleaseText]:
    """Every release that the room ever shows, by key, as it was first written."""
    found: dict[str, ReleaseText] = {}
    for path in sorted((FOLDER / room).glob("releases*.toml")):
        for item in tomllib.loads(path.read_text("utf-8"))["release"]:
            release = msgspec.convert(item, ReleaseText)
            if release.key in found:
                raise ValueError(f"{path}: key {release.key!r} is used twice; choose another")
            found[release.key] = with_copied_body(release)
    return found


def with_copied_body(release: ReleaseText) -> ReleaseText:
    """The release with the body of the text that it copies after its own intro."""
    if not release.copies:
        return release
    room, _, key = release.copies.partition("/")
    copied = load_releases(room)[key].body.strip()
    return msgspec.structs.replace(release, body=f"{release.body.strip()}\n\n{copied}\n")


@cache
def showing(room: str, day: int) -> Showing:
    """What the room shows on ``day``, counted from 1; later days build on earlier ones."""
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


def pinned(releases: list[ReleaseText], past: list[Event]) -> tuple[ReleaseText, ...]:
    """The releases with the one that was pinned last on top."""
    tops = [event.release for event in past if event.kind == "pin"]
    return tuple(sorted(releases, key=lambda release: release.key not in tops[-1:]))
