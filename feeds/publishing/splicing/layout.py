"""Where the entries of a feed lie in its documents, so that what stays can be taken from there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from feeds.formats.feed import NEVER, common_language
from feeds.formats.rendering import EPOCH, LINE, MICROSECOND, RenderedEntry
from feeds.publishing.archive_pages import FeedState
from feeds.publishing.files import State
from feeds.publishing.splicing.heads import Heads
from feeds.urls import DAY

KEY = 16
SIZE: Final = KEY + LINE.size

LINES: Final = np.dtype(
    [("key", f"V{KEY}"), ("updated", "<i8"), ("sizes", "<u4", (6,)), ("checks", "<u4", (3,))]
)
"""Entries in numbers: the key of the fragment, and fragment.LINE."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A rendered entry that was not in its feed."""

    release: str
    key: bytes
    fragment: RenderedEntry


Run: TypeAlias = range | list[Fresh]
"""Entries that follow each other in the feed before, or new ones."""


class Sheet(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The documents of a feed, and their entries, column by column.

    ``face`` is what shapes its ``heads``; ``starts`` and ``stops`` are where its entries begin and
    end in each file, plain and packed; ``checks`` the check sum of all entries together.
    ``states`` are those of its files and, last, of its page, in which ``spots`` are the begin and
    size of each line. ``shown`` are its releases where they are not just those of its window;
    ``days`` are theirs as ISO writes them, one after the other; ``newest`` is when the last change
    of any of them was, in microseconds since 1970.
    """

    face: str
    heads: Heads
    starts: tuple[int, ...]
    stops: tuple[int, ...]
    checks: tuple[int, ...]
    states: tuple[State, ...]
    spots: bytes
    window: FeedState
    shown: list[str] | None
    languages: list[str | None]
    days: str
    lines: bytes
    newest: int | None

    @property
    def releases(self) -> list[str]:
        """Its releases."""
        return self.window.open if self.shown is None else self.shown

    def key(self, place: int) -> bytes:
        """The key of an entry."""
        return self.lines[place * SIZE : place * SIZE + KEY]


@dataclass(slots=True)
class Columns:
    """The entries of a feed that is being written, as the columns of its sheet."""

    releases: list[str] = field(default_factory=list)
    languages: list[str | None] = field(default_factory=list)
    days: str = ""
    lines: bytes = b""
    newest: int | None = None

    @property
    def updated(self) -> dt.datetime:
        """When the newest change of any entry was."""
        return NEVER if self.newest is None else EPOCH + self.newest * MICROSECOND

    @property
    def language(self) -> str | None:
        """The language of most entries."""
        return common_language(self.languages)


def add(runs: list[Run], more: Run) -> None:
    """Put entries after others."""
    last = runs[-1] if runs else None
    if isinstance(more, list) and isinstance(last, list):
        last.extend(more)
    elif isinstance(more, range) and isinstance(last, range) and last.stop == more.start:
        runs[-1] = range(last.start, more.stop)
    elif more:
        runs.append(more)


def columns_of(runs: Sequence[Run], before: Sheet | None, *, mixed: bool) -> Columns:
    """The columns of these entries, with what is known of them from ``before``."""
    made = Columns()
    lines: list[bytes] = []
    newest: list[int] = []
    for run in runs:
        if isinstance(run, list):
            for fresh in run:
                made.releases.append(fresh.release)
                made.languages.append(fresh.fragment.language)
                made.days += fresh.fragment.day
                lines += (fresh.key, fresh.fragment.lines[mixed])
                newest.append((fresh.fragment.updated - EPOCH) // MICROSECOND)
        elif before and run:
            part = slice(run.start, run.stop)
            made.releases += before.releases[part]
            made.languages += before.languages[part]
            made.days += before.days[run.start * DAY : run.stop * DAY]
            some = before.lines[run.start * SIZE : run.stop * SIZE]
            lines.append(some)
            if len(run) == len(before.releases) and before.newest is not None:
                newest.append(before.newest)
            else:
                newest.append(int(numbers(some)["updated"].max()))
    made.lines = b"".join(lines)
    made.newest = max(newest, default=None)
    return made


def numbers(lines: bytes) -> NDArray[np.void]:
    """The lines of a sheet as an array of LINES."""
    return np.frombuffer(lines, LINES)
