"""Describe a source's recent releases, for comparison with new ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from data.models import Release
from data.text.garbled import is_garbled

MAX_COMPARED_RELEASES: Final = 50
"""Maximum number of newest releases that are compared."""

MIN_COMPARED_RELEASES: Final = 5
"""Minimum number of releases for a comparison."""

MIN_DATED_SHARE: Final = 0.9
"""Minimum share of releases that have a date, for dates to be usual."""

DISTINCT: Final = 0.7
"""Minimum share of different titles, for releases to have their own titles usually."""

SHORT: Final = 0.5
"""Share of the shortest usual text length below which a text is thin."""

UNUSUAL: Final = 20
"""Number of releases per exception: of every 20 texts, the shortest one is ignored."""


@dataclass(frozen=True, slots=True)
class PastReleases:
    """Usual properties of a source's releases.

    - ``least_text`` is the number of characters below which a text is thin, or 0.
    - ``dated`` means that releases usually have dates.
    - ``titled`` means that releases usually have their own titles.
    - ``legible`` means that most texts are not garbled.
    """

    least_text: float = 0.0
    dated: bool = False
    titled: bool = False
    legible: bool = True
    titles: tuple[str, ...] = ()
    """The titles of the newest releases, newest first."""


def past_releases(last: Sequence[Release]) -> PastReleases:
    """Return the usual properties of the ``last`` releases, newest first; defaults if too few."""
    if len(last) < MIN_COMPARED_RELEASES:
        return PastReleases()
    lengths = sorted(len(one.content.body_text) for one in last)
    usual = lengths[len(lengths) // UNUSUAL]
    dated = sum(one.published.precision != "none" for one in last) >= MIN_DATED_SHARE * len(last)
    titles = [one.content.title for one in last]
    # Leave out the newest titles, since they may already be wrong.
    older = Counter(titles[2:])
    titled = len(older) >= DISTINCT * older.total()
    legible = sum(is_garbled(one.content.body_text) for one in last) * 2 < len(last)
    return PastReleases(SHORT * usual, dated, titled, legible, tuple(titles[:2]))
