"""Describe the recent releases of a source, for comparison with new ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from data.models import Release
from data.text.garbled import is_garbled

LOOKED_BACK: Final = 50
"""Number of newest releases that define what is usual."""

FEWEST: Final = 5
"""Minimum number of releases to define what is usual."""

USUAL: Final = 0.9
"""Minimum share of releases with a usual property."""

DISTINCT: Final = 0.7
"""Minimum number of different titles per release if releases usually have their own titles."""

SHORT: Final = 0.5
"""Share of the shortest usual text below which a text is thin."""

UNUSUAL: Final = 20
"""Number of texts of which the shortest one is ignored as an exception."""


@dataclass(frozen=True, slots=True)
class PastReleases:
    """What is usual for a source.

    ``least_text`` is the number of characters below which a text is thin, or 0. ``dated`` and
    ``titled`` tell whether releases have dates and their own titles; ``legible``, whether most
    texts are not garbled.
    """

    least_text: float = 0.0
    dated: bool = False
    titled: bool = False
    legible: bool = True
    titles: tuple[str, ...] = ()
    """The titles of the newest releases, newest first."""


def past_releases(last: Sequence[Release]) -> PastReleases:
    """Return what is usual, from the last releases, newest first; empty if they are few."""
    if len(last) < FEWEST:
        return PastReleases()
    lengths = sorted(len(one.content.body_text) for one in last)
    usual = lengths[len(lengths) // UNUSUAL]
    dated = sum(one.published.precision != "none" for one in last) >= USUAL * len(last)
    titles = [one.content.title for one in last]
    # The newest titles may be the fault to detect.
    older = Counter(titles[2:])
    titled = len(older) >= DISTINCT * older.total()
    legible = sum(is_garbled(one.content.body_text) for one in last) * 2 < len(last)
    return PastReleases(SHORT * usual, dated, titled, legible, tuple(titles[:2]))
