"""What the last releases of a source are like: what a new one is compared with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from data.models import Release
from data.text.garbled import is_garbled

LOOKED_BACK: Final = 50
"""Releases that say what is usual, the newest."""

FEWEST: Final = 5
"""Releases from which on anything is usual."""

USUAL: Final = 0.9
"""Part of the releases that has what is usual."""

DISTINCT: Final = 0.7
"""Different titles per release, from which on titles are usually a release's own."""

SHORT: Final = 0.5
"""Part of the shortest usual text below which a text is thin."""

UNUSUAL: Final = 20
"""One in so many texts, the shortest, may be an exception and says nothing."""


@dataclass(frozen=True, slots=True)
class PastReleases:
    """What is usual of a source.

    ``least_text`` are the characters below which a text is thin, 0 where none is; ``dated`` and
    ``titled`` say whether releases have dates, and titles of their own; ``legible``, whether most
    have their letters.
    """

    least_text: float = 0.0
    dated: bool = False
    titled: bool = False
    legible: bool = True
    titles: tuple[str, ...] = ()
    """The titles of the newest of them, newest first."""


def past_releases(last: Sequence[Release]) -> PastReleases:
    """What is usual of a source by its last releases, newest first; nothing where they are few."""
    if len(last) < FEWEST:
        return PastReleases()
    lengths = sorted(len(one.content.body_text) for one in last)
    usual = lengths[len(lengths) // UNUSUAL]
    dated = sum(one.published.precision != "none" for one in last) >= USUAL * len(last)
    titles = [one.content.title for one in last]
    # The newest may be what is to be found out.
    older = Counter(titles[2:])
    titled = len(older) >= DISTINCT * older.total()
    legible = sum(is_garbled(one.content.body_text) for one in last) * 2 < len(last)
    return PastReleases(SHORT * usual, dated, titled, legible, tuple(titles[:2]))
