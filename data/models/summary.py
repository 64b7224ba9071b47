"""A release in a few words: enough to know where it stands in feeds, and whether it changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from data.models.facet import Facet
from data.models.release import UNDATED_BEFORE

BACKLOG: Final = UNDATED_BEFORE.timestamp()
"""Seconds since 1970 before which releases sort that have no date since the first visit."""

ChangeCursor: TypeAlias = tuple[int, int]
"""How far a store had come: the number of its last change, and one drawn with it."""


class ReleaseSummary(msgspec.Struct, frozen=True, gc=False):
    """A release without its text.

    ``version`` is another number whenever anything changed that readers see; it counts nothing.
    ``order`` is seconds since 1970, by which feeds sort.
    """

    id: str
    source: str
    version: int
    order: float
    story: str | None = None

    @property
    def is_backlog(self) -> bool:
        """As data.models.Release says it."""
        return self.order < BACKLOG


class ReleaseChange(msgspec.Struct, frozen=True, gc=False):
    """A release that changed: how it is now, and the ``facets`` that it belongs to now."""

    summary: ReleaseSummary
    facets: frozenset[Facet]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A release beside another one of its source: ``language`` and ``day`` may be empty."""

    id: str
    title: str
    language: str
    day: str


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The releases of its source that stand right before and behind one, newest first."""

    newer: Neighbour | None = None
    older: Neighbour | None = None


@dataclass(frozen=True, slots=True)
class DayDigest:
    """A day that is over: of the newest of its ``total`` ``releases`` id, title and publishers."""

    day: str
    closed: dt.datetime
    releases: tuple[tuple[str, str, str], ...]
    total: int = 0
