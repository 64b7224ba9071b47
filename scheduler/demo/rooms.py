"""Press rooms: their settings and addresses, the days of the demo, and the releases on a day.

All data come from the TOML files in this folder.

A body is plain text, with a blank line between blocks. The start of its lines shows the kind of a
block: ``- `` is a list, ``| `` a table (its first row is the head), ``> `` a quote and ``## `` a
heading; other blocks are paragraphs. ``[label](@key)`` links to another release of the room.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec

BlockKind: TypeAlias = Literal["paragraph", "quote", "list", "table", "heading"]

BLOCK_MARKS: dict[str, BlockKind] = {"- ": "list", "| ": "table", "> ": "quote", "## ": "heading"}
"""Kinds of blocks by the start of their lines."""

ROOMS_FOLDER = Path(__file__).parent / "rooms"

Path_ = Annotated[str, msgspec.Meta(pattern="^/")]
Validator = Literal["etag", "weak-etag", "last-modified"]

MOVED_STATUS = 301
"""HTTP status of a permanent redirect."""

FIRST_DAY = dt.datetime(2026, 11, 19, 20, 0, tzinfo=dt.UTC)
"""Start of day 1, for Last-Modified. Each day starts 24 hours after the previous day."""

LAST_DAY = 3
"""Number of the last day, counted from 1."""


class RoomFile(msgspec.Struct, frozen=True, array_like=True):
    """An image or PDF file of a release. ``title`` is its caption or title."""

    name: str
    title: str


class ReleaseText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A release as written in TOML.

    A release has either ``on``, the day of publication, or ``at``, the time of publication as an
    aware datetime in the room's time zone. ``copies`` is a release of another room (``room/key``),
    whose body follows this release's own introduction. ``partial`` omits the body from the feed. An
    edit sets ``modified`` (UTC).
    """

    key: str
    title: str
    body: str
    on: dt.date | None = None
    at: dt.datetime | None = None
    section: str = ""
    language: str = ""
    copies: str = ""
    images: tuple[RoomFile, ...] = ()
    files: tuple[RoomFile, ...] = ()
    partial: bool = False
    modified: dt.datetime | None = None

    def __post_init__(self) -> None:
        """Raise ValueError unless exactly one of ``on`` and ``at`` is set."""
        if (self.on is None) == (self.at is None):
            raise ValueError(f"release {self.key} needs either `on` or `at`")

    @property
    def instant(self) -> dt.datetime:
        """Return the aware time of publication, at 09:00 UTC if only the day is known."""
        day = self.on or dt.date.min
        return self.at or dt.datetime.combine(day, dt.time(9), dt.UTC)

    @property
    def day(self) -> dt.date:
        """Return the calendar day of publication in the room's time zone."""
        return self.on or self.instant.date()

    @property
    def last_modified(self) -> dt.datetime:
        """Return the time of the last edit, or else of the publication (aware UTC)."""
        return self.modified or self.instant.astimezone(dt.UTC)

    @property
    def blocks(self) -> tuple[BodyBlock, ...]:
        """Return the blocks of the body."""
        return tuple(block_of(part) for part in self.body.strip().split("\n\n"))


@dataclass(frozen=True, slots=True)
class BodyBlock:
    """A block of a body.

    A list has one line per item, a table has one line per row, and other blocks have one line.
    """

    kind: BlockKind
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return the lines of the block, joined with spaces."""
        return " ".join(self.lines)

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Return the rows of a table, each with its cells."""
        return tuple(tuple(cell.strip() for cell in line.split("|")) for line in self.lines)


def block_of(part: str) -> BodyBlock:
    """Parse the lines of one block."""
    lines = [line.strip() for line in part.strip().splitlines()]
    for mark, kind in BLOCK_MARKS.items():
        if lines[0].startswith(mark):
            bare = tuple(line.removeprefix(mark).strip().strip("|").strip() for line in lines)
            return BodyBlock(kind, bare if kind in {"list", "table"} else (" ".join(bare),))
    return BodyBlock("paragraph", (" ".join(lines),))


class Room(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of a press room from its ``room.toml``.

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
        """Return a table for ``str.translate`` from ASCII digits to the room's digits."""
        return {ord(str(number)): digit for number, digit in enumerate(self.digits)}

    def address(self, release: ReleaseText) -> str:
        """Return the path and query of the page of a release."""
        day = release.day
        return self.release_path.format(key=release.key, year=day.year, month=f"{day.month:02}")


@dataclass(frozen=True, slots=True)
class Showing:
    """Content of a room on one day. ``releases`` are in the order of the listing.

    ``moved`` maps former addresses to the targets of their redirects, or to None for status 404.
    """

    id: str
    room: Room
    day: int
    releases: tuple[ReleaseText, ...]
    moved: Mapping[str, str | None]


@cache
def load_rooms() -> Mapping[str, Room]:
    """Load all press rooms by id, in the order of their ids."""
    return {
        path.parent.name: msgspec.convert(tomllib.loads(path.read_text("utf-8")), Room)
        for path in sorted(ROOMS_FOLDER.glob("*/room.toml"))
    }


@cache
def load_releases(room: str) -> Mapping[str, ReleaseText]:
    """Load all releases of a room by key, in their originally published form."""
    found: dict[str, ReleaseText] = {}
    for path in sorted((ROOMS_FOLDER / room).glob("releases*.toml")):
        for item in tomllib.loads(path.read_text("utf-8"))["release"]:
            release = msgspec.convert(item, ReleaseText)
            if release.key in found:
                raise ValueError(f"{path}: key {release.key!r} is used twice; choose another")
            found[release.key] = with_copied_body(release)
    return found


def with_copied_body(release: ReleaseText) -> ReleaseText:
    """Append the body of the copied release to a release's own introduction."""
    if not release.copies:
        return release
    room, _, key = release.copies.partition("/")
    copied = load_releases(room)[key].body.strip()
    return msgspec.structs.replace(release, body=f"{release.body.strip()}\n\n{copied}\n")


@cache
def showing(room: str, day: int) -> Showing:
    """Return the content of a room after all events up to ``day`` (counted from 1)."""
    own, events = load_rooms()[room], [event for event in load_events() if event.room == room]
    late = {event.release for event in events if event.kind == "appear" and event.day > day}
    shown = {key: one for key, one in load_releases(room).items() if key not in late}
    past = [event for event in events if event.day <= day]
    moved: dict[str, str | None] = {}
    for event in past:
        before = shown.get(event.release)
        shown = after(event, shown)
        if before is not None and event.kind in {"move", "vanish"}:
            new = shown.get(event.to) if event.status == MOVED_STATUS else None
            moved[own.address(before)] = own.address(new) if new else None
    ordered = sorted(shown.values(), key=lambda release: release.instant, reverse=True)
    # The most recently pinned release comes first.
    tops = [event.release for event in past if event.kind == "pin"][-1:]
    ordered.sort(key=lambda release: release.key not in tops)
    return Showing(room, own, day, tuple(ordered), moved)


class RoomEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change to a release at the start of ``day``.

    ``appear`` shows it for the first time. ``edit`` replaces texts in its title or body;
    ``replace`` contains pairs of old and new texts. ``move`` changes its key to ``to``, and its old
    address then returns ``status``. ``vanish`` makes its address return 404. ``pin`` moves it to
    the top of the listing.
    """

    day: Annotated[int, msgspec.Meta(ge=2, le=LAST_DAY)]
    room: str
    release: str
    kind: Literal["appear", "edit", "move", "vanish", "pin"]
    replace: tuple[tuple[str, str], ...] = ()
    to: str = ""
    status: Literal[301, 404] = 404


@cache
def load_events() -> tuple[RoomEvent, ...]:
    """Load the events from ``days.toml``, sorted by day."""
    text = (Path(__file__).parent / "days.toml").read_text("utf-8")
    events = msgspec.convert(tomllib.loads(text)["event"], tuple[RoomEvent, ...])
    return tuple(sorted(events, key=lambda event: event.day))


def instant_of(day: int) -> dt.datetime:
    """Return the start of ``day`` as aware UTC."""
    return FIRST_DAY + dt.timedelta(days=day - 1)


def after(event: RoomEvent, shown: Mapping[str, ReleaseText]) -> dict[str, ReleaseText]:
    """Return the releases, by key, as they are after an event.

    Raises ValueError if the old text of an edit does not occur exactly once in the release.
    """
    changed = dict(shown)
    if event.kind == "vanish":
        del changed[event.release]
    elif event.kind == "move":
        moved = changed.pop(event.release)
        changed[event.to] = msgspec.structs.replace(moved, key=event.to)
    elif event.kind == "edit":
        changed[event.release] = edited(changed[event.release], event)
    return changed


def edited(release: ReleaseText, event: RoomEvent) -> ReleaseText:
    """Replace texts of a release in an edit. The release is modified at the start of the day."""
    title, body = release.title, release.body
    for old, new in event.replace:
        if title.count(old) + body.count(old) != 1:
            raise ValueError(f"days.toml: {old!r} must occur once in {event.room}/{release.key}")
        title, body = title.replace(old, new), body.replace(old, new)
    return msgspec.structs.replace(release, title=title, body=body, modified=instant_of(event.day))
