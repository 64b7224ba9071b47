"""Search results: pages of releases, and counts of matches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from data.models import Release

MAX_COUNTED: Final = 10_000
"""Maximum number of matches that are counted, so that the work does not grow with the store."""

STATES: Final = ("corrected", "retracted")
"""States of releases that can be searched for."""


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of matches. ``cursor`` leads to the next page, and is None on the last page."""

    releases: tuple[Release, ...]
    cursor: int | None


@dataclass(frozen=True, slots=True)
class Matches:
    """Numbers of matching releases: in total, and by source, topic, language, period and state.

    If there are ``more`` than `MAX_COUNTED`, only the newest are counted. Languages have no region;
    periods are ISO years and months. Counts of 0 are omitted.
    """

    total: int
    more: bool
    sources: Mapping[str, int]
    topics: Mapping[str, int]
    languages: Mapping[str, int]
    periods: Mapping[str, int]
    states: Mapping[str, int]
