"""What a search finds, page by page, and how many there are of what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from data.models import Release

MOST_COUNTED: Final = 10_000
"""Matches that are counted: the work must not grow with the archive."""

STATES: Final = ("corrected", "retracted")
"""What may have become of a release, so that it can be searched for."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Some of the matches. ``cursor`` leads on to those that come after, None where none does."""

    releases: tuple[Release, ...]
    cursor: int | None


@dataclass(frozen=True, slots=True)
class Matches:
    """How many releases match, in all and by source, topic, language, period and state.

    With ``more`` than `MOST_COUNTED`, the newest are counted. Languages are without their region,
    periods are years and months as ISO writes them. What is not there has no count.
    """

    total: int
    more: bool
    sources: Mapping[str, int]
    topics: Mapping[str, int]
    languages: Mapping[str, int]
    periods: Mapping[str, int]
    states: Mapping[str, int]
