"""The texts of the bundled press rooms: how they are written down, and how they fall into blocks.

A body is plain text whose blocks are parted by a blank line. Lines that start with ``- `` are a
list, with ``| `` a table (the first row its head), with ``> `` a quote; ``## `` is a heading; all
else is a paragraph. ``[label](@key)`` links to another release of the same room.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

BlockKind: TypeAlias = Literal["paragraph", "quote", "list", "table", "heading"]

MARKS: dict[str, BlockKind] = {"- ": "list", "| ": "table", "> ": "quote", "## ": "heading"}


class File(msgspec.Struct, frozen=True, array_like=True):
    """An image or a PDF of a release: its file name and its caption or title."""

    name: str
    title: str


class ReleaseText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One release as its author wrote it.

    It has ``on``, the day of publication, where the room gives days only, else ``at``, an aware
    datetime in the room's own offset. ``copies`` names the release of another room (``room/key``)
    whose body follows this one's own intro. ``partial`` leaves the body out of a feed. ``modified``
    is set by an edit (UTC).
    """

    key: str
    title: str
    body: str
    on: dt.date | None = None
    at: dt.datetime | None = None
    section: str = ""
    language: str = ""
    copies: str = ""
    images: tuple[File, ...] = ()
    files: tuple[File, ...] = ()
    partial: bool = False
    modified: dt.datetime | None = None

    def __post_init__(self) -> None:
        """Hold the author to one date."""
        if (self.on is None) == (self.at is None):
            raise ValueError(f"release {self.key} needs either `on` or `at`")

    @property
    def instant(self) -> dt.datetime:
        """The publication, aware; where only the day is known, 09:00 UTC."""
        day = self.on or dt.date.min
        return self.at or dt.datetime.combine(day, dt.time(9), dt.UTC)

    @property
    def day(self) -> dt.date:
        """The calendar day as the room writes it."""
        return self.on or self.instant.date()

    @property
    def last_modified(self) -> dt.datetime:
        """When the page last changed, aware UTC: its publication, or its latest edit."""
        return self.modified or self.instant.astimezone(dt.UTC)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The body, block by block."""
        return tuple(block_of(part) for part in self.body.strip().split("\n\n"))


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a body: a list has one line an item, a table one row a line, all else one line."""

    kind: BlockKind
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The block as one line."""
        return " ".join(self.lines)

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The cells of a table, row by row."""
        return tuple(tuple(cell.strip() for cell in line.split("|")) for line in self.lines)


def block_of(part: str) -> Block:
    """The block that ``part``, some lines without a blank one, stands for."""
    lines = [line.strip() for line in part.strip().splitlines()]
    for mark, kind in MARKS.items():
        if lines[0].startswith(mark):
            bare = tuple(line.removeprefix(mark).strip().strip("|").strip() for line in lines)
            return Block(kind, bare if kind in {"list", "table"} else (" ".join(bare),))
    return Block("paragraph", (" ".join(lines),))
