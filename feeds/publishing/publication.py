"""What one publication did, and in which order facets are published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data.errors import PublishError
from data.models import Facet
from feeds.urls import DAY, MONTH


@dataclass(frozen=True, slots=True)
class Publication:
    """What one publishing did: ``feeds`` were rendered, each ``written`` or found ``unchanged``.

    ``seconds`` is wall time. ``errors`` are feeds and pages whose last good file was kept; they are
    tried again the next time. ``files`` are the feeds that were written, and ``rewritten`` says
    that it was all files of the site, archive pages too.
    """

    feeds: int = 0
    written: int = 0
    unchanged: int = 0
    seconds: float = 0.0
    errors: tuple[PublishError, ...] = ()
    files: tuple[str, ...] = ()
    rewritten: bool = False


def place(facet: Facet) -> tuple[bool, bool, str, str, str, str, str]:
    """The order of work: what shares entries follows each other, all releases come last.

    Days come before the month that they are in, and months before their year: the entries that were
    read for them are at hand. So are those of a source for its sections.
    """
    # "~" comes after "-".
    period = f"{facet.period}~" if facet.period else ""
    other = (facet.source or "~", facet.topic or "", facet.section or "", facet.language or "")
    return facet == Facet(), not facet.period, period, *other


def is_day(facet: Facet) -> bool:
    """Whether a facet is all that was published on one day."""
    return facet.period is not None and len(facet.period) == DAY


def is_month(facet: Facet) -> bool:
    """Whether a facet is all that was published in one month."""
    return facet.period is not None and len(facet.period) == MONTH


def is_source(facet: Facet) -> bool:
    """Whether a facet is all that one source published."""
    return facet.source is not None and facet == Facet(source=facet.source)


def batches(facets: Sequence[Facet], size: int) -> Iterator[Sequence[Facet]]:
    """Facets in runs of ``size``."""
    for start in range(0, len(facets), size):
        yield facets[start : start + size]
