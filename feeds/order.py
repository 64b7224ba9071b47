"""In which order facets are published, and how many together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from data.models import Facet


def place(facet: Facet) -> tuple[bool, bool, str, str, str]:
    """The order of work: what shares entries follows each other, all releases come last.

    Days come first: their releases are read once, for all feeds and for their own pages.
    """
    other = (facet.source or "~", facet.topic or "", facet.period or "")
    return facet == Facet(), not is_day(facet), *other


def is_day(facet: Facet) -> bool:
    """Whether a facet is all that was published on one day."""
    return facet.period is not None and len(facet.period) == len("2022-11-24")


def batches(facets: Sequence[Facet], size: int) -> Iterator[Sequence[Facet]]:
    """Facets in runs of ``size``."""
    for start in range(0, len(facets), size):
        yield facets[start : start + size]
