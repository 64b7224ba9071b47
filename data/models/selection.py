"""Selections of releases, and positions in their order."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

ReleaseState: TypeAlias = Literal["standing", "corrected", "retracted"]
"""States of a release: not retracted, edited by its publisher, or retracted."""


class Position(NamedTuple):
    """A position among releases, newest first: ``order`` in seconds since 1970, then the id."""

    order: float
    id: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions that a release must all meet; fields that are None or () do not restrict it.

    ``sources`` are ids and ``topics`` slugs; one match in each is enough. ``section`` is a slug,
    ``story`` an id. ``language`` is a tag: ``en`` also matches ``en-GB``, but ``en-GB`` does not
    match ``en``. ``since`` and ``until`` are days of publication (inclusive) in the time zone of
    each release's source. An undated release matches neither. A release with a future date counts
    by its first sight.
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
    """Positions of the releases found, and the position where the search stopped.

    The second position is None if the search reached the end.
    """

    found: tuple[Position, ...]
    reached: Position | None
