"""Which releases somebody asks for, and where in their order a page of them ends."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

ReleaseState: TypeAlias = Literal["standing", "corrected", "retracted"]
"""Not retracted; edited by its publisher; retracted."""


class Position(NamedTuple):
    """A place among releases, newest first: ``order`` is seconds since 1970, then comes the id."""

    order: float
    id: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Releases that are all of what is said; None and () let in all.

    ``sources`` are ids and ``topics`` slugs, of which any will do. ``section`` is the
    slug of one, ``story`` an id. ``language`` is a tag: ``en`` lets in ``en-GB``, not the other way
    round. ``since`` and ``until`` are days of publication (inclusive), in the zone of each
    release's source; what has no date is of none. What states a date ahead of the time counts by
    its first sight.
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
    """The places of releases that were found, and how far was looked; None is to the end."""

    found: tuple[Position, ...]
    reached: Position | None
