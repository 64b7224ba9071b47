"""Summaries of releases: their position in feeds, and whether they changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from data.models.release import UNDATED_BEFORE
from data.models.selection import Facet

BACKLOG: Final = UNDATED_BEFORE.timestamp()
"""Time in seconds since 1970 before which backlog sorts."""

ChangeCursor: TypeAlias = tuple[int, int]
"""A position in the history of a store: the number of its last change, and a random mark."""


class ReleaseSummary(msgspec.Struct, frozen=True, gc=False):
    """A release without its text.

    ``version`` is a different number after each change that readers see; its size means nothing.
    ``order`` is the sort key of feeds in seconds since 1970.
    """

    id: str
    source: str
    version: int
    order: float
    story: str | None = None

    @property
    def is_backlog(self) -> bool:
        """Whether the release is backlog (see data.models.Release)."""
        return self.order < BACKLOG


class ReleaseChange(msgspec.Struct, frozen=True, gc=False):
    """A changed release: its current summary and ``facets``."""

    summary: ReleaseSummary
    facets: frozenset[Facet]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The next or previous release of a source; ``language`` and ``day`` may be empty."""

    id: str
    title: str
    language: str
    day: str


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The next newer and the next older release of the same source."""

    newer: Neighbour | None = None
    older: Neighbour | None = None


@dataclass(frozen=True, slots=True)
class DayDigest:
    """A finished day: id, title and publishers of its newest releases, and the ``total`` number."""

    day: str
    closed: dt.datetime
    releases: tuple[tuple[str, str, str], ...]
    total: int = 0
