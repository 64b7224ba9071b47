"""Selections of releases, positions in lists of releases, and summaries of releases."""

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from data.models.release import UNDATED_BEFORE

ReleaseState: TypeAlias = Literal["standing", "corrected", "retracted"]
"""States of a release: ``standing`` (not retracted), ``corrected`` (edited by its publisher), or
``retracted``."""

ReaderState: TypeAlias = Literal["all", "unread", "read", "starred"]
"""States by which feed reader apps select the releases of an account."""

BACKLOG: Final = UNDATED_BEFORE.timestamp()
"""Maximum sort time of backlog (releases that were undated at the first visit), in seconds since
1970."""

ChangeCursor: TypeAlias = tuple[int, int]
"""Position in a store's log of changes: the number of the last change, and a random number that
identifies the log."""


@dataclass(frozen=True, slots=True)
class Facet:
    """A selection of releases that has a feed. Fields that are None do not restrict it.

    ``topic`` is a slug. ``period`` is an ISO year, month or day (``2022``, ``2022-11``,
    ``2022-11-24``), in the time zone of each release's source. ``section`` is a slug and requires a
    ``source``, because two sites may use the same name for different sections. ``language`` is a
    BCP 47 tag and is never combined with other fields.
    """

    source: str | None = None
    topic: str | None = None
    period: str | None = None
    section: str | None = None
    language: str | None = None


class Position(NamedTuple):
    """A position in a list of releases, newest first.

    ``order`` is the sort time in seconds since 1970. For equal times, ``id`` decides.
    """

    order: float
    id: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions that a release must all meet. Fields that are None or empty are not conditions.

    ``sources`` are ids and ``topics`` are slugs; a match with one item of a list is enough.
    ``section`` is a slug, ``story`` an id. ``language`` is a tag: ``en`` also matches ``en-GB``,
    but not vice versa. ``since`` and ``until`` are days of publication (inclusive) in the time zone
    of each release's source, which exclude undated releases. A release with a future date counts
    for the day when it was first seen.
    """

    sources: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    section: str | None = None
    language: str | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    state: ReleaseState | None = None
    story: str | None = None


@dataclass(frozen=True, slots=True)
class Selected:
    """Positions of the selected releases, and the position where the search stopped.

    The position where the search stopped is None if it reached the end.
    """

    found: tuple[Position, ...]
    reached: Position | None


@dataclass(frozen=True, slots=True)
class ReaderItem:
    """A release in a feed reader account, with its position in feeds (``order``).

    Times are UTC.
    """

    id: str
    source: str
    first_seen: dt.datetime
    order: dt.datetime
    read: bool
    starred: bool


@dataclass(frozen=True, slots=True)
class ReaderQuery:
    """Query of a feed reader app: account, source, topic, state and time limits.

    Releases first seen before ``read_until`` count as read, unless the account marked them as
    unread. ``newer`` and ``older`` limit the time when releases were first seen. ``after`` is the
    last item of the previous page.
    """

    account: str
    read_until: dt.datetime
    source: str | None = None
    topic: str | None = None
    state: ReaderState = "all"
    newer: dt.datetime | None = None
    older: dt.datetime | None = None
    after: tuple[float, str] | None = None
    oldest_first: bool = False


class ReleaseSummary(msgspec.Struct, frozen=True, gc=False):
    """A release without its text.

    ``version`` is a number that differs after each change that readers see; its size has no
    meaning. ``order`` is the sort key of feeds in seconds since 1970.
    """

    id: str
    source: str
    version: int
    order: float
    story: str | None = None

    @property
    def is_backlog(self) -> bool:
        """Return whether the release was undated at the first visit (see data.models.Release)."""
        return self.order < BACKLOG


class ReleaseChange(msgspec.Struct, frozen=True, gc=False):
    """A release that changed: its current summary, and its ``facets``."""

    summary: ReleaseSummary
    facets: frozenset[Facet]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The next or previous release of a source. ``language`` and ``day`` may be empty."""

    id: str
    title: str
    language: str
    day: str


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The next newer and the next older release of the same source, or None."""

    newer: Neighbour | None = None
    older: Neighbour | None = None


@dataclass(frozen=True, slots=True)
class DayDigest:
    """Digest of a past day: id, title and publishers of its newest releases.

    ``total`` is the number of all releases on this day.
    """

    day: str
    closed: dt.datetime
    releases: tuple[tuple[str, str, str], ...]
    total: int = 0
