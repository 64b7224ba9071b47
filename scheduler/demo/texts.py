"""Releases of the press rooms as written in TOML, and their blocks of text.

A body is plain text, with a blank line between blocks. The start of its lines shows the kind of a
block: ``- `` is a list, ``| `` a table (its first row is the head), ``> `` a quote and ``## `` a
heading; other blocks are paragraphs. ``[label](@key)`` links to another release of the room.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

BlockKind: TypeAlias = Literal["paragraph", "quote", "list", "table", "heading"]

BLOCK_MARKS: dict[str, BlockKind] = {"- ": "list", "| ": "table", "> ": "quote", "## ": "heading"}
"""Starts of lines, with the kinds of blocks."""


class RoomFile(msgspec.Struct, frozen=True, array_like=True):
    """An image or PDF of a release. ``title`` is its caption or title."""

    name: str
    title: str


class ReleaseText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A release as written in TOML.

    A release has either ``on``, the day of publication, or ``at``, the time of publication as an
    aware datetime in the room's time zone. ``copies`` is a release of another room (``room/key``);
    its body follows the own introduction. ``partial`` leaves the body out of the feed. An edit sets
    ``modified`` (UTC).
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
        """Raise ValueError unless there is exactly one of ``on`` and ``at``."""
        if (self.on is None) == (self.at is None):
            raise ValueError(f"release {self.key} needs either `on` or `at`")

    @property
    def instant(self) -> dt.datetime:
        """The time of publication, aware; 09:00 UTC if only the day is known."""
        day = self.on or dt.date.min
        return self.at or dt.datetime.combine(day, dt.time(9), dt.UTC)

    @property
    def day(self) -> dt.date:
        """The calendar day of publication in the room's time zone."""
        return self.on or self.instant.date()

    @property
    def last_modified(self) -> dt.datetime:
        """The time of the last edit or of the publication, aware UTC."""
        return self.modified or self.instant.astimezone(dt.UTC)

    @property
    def blocks(self) -> tuple[BodyBlock, ...]:
        """The blocks of the body."""
        return tuple(block_of(part) for part in self.body.strip().split("\n\n"))


@dataclass(frozen=True, slots=True)
class BodyBlock:
    """A block of a body.

    A list has one line per item, a table one line per row, other blocks one line.
    """

    kind: BlockKind
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines of the block, joined."""
        return " ".join(self.lines)

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The rows of a table, with their cells."""
        return tuple(tuple(cell.strip() for cell in line.split("|")) for line in self.lines)


def block_of(part: str) -> BodyBlock:
    """Parse the lines of one block."""
    lines = [line.strip() for line in part.strip().splitlines()]
    for mark, kind in BLOCK_MARKS.items():
        if lines[0].startswith(mark):
            bare = tuple(line.removeprefix(mark).strip().strip("|").strip() for line in lines)
            return BodyBlock(kind, bare if kind in {"list", "table"} else (" ".join(bare),))
    return BodyBlock("paragraph", (" ".join(lines),))
