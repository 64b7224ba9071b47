"""The result of a publication, and the order in which facets are published."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data.errors import PublishError
from data.models import Facet
from feeds.urls import DAY, MONTH


@dataclass(frozen=True, slots=True)
class Publication:
    """The result of one publication.

    - ``feeds`` is the number of rendered feeds, of which ``written`` were written and ``unchanged``
      were not.
    - ``seconds`` is wall-clock time.
    - ``errors`` are the feeds and pages that failed. They keep their last good file, and the next
      publication tries them again.
    - ``files`` are the written feed files.
    - ``rewritten`` is true if all files of the site were written, including archive pages.
    """

    feeds: int = 0
    written: int = 0
    unchanged: int = 0
    seconds: float = 0.0
    errors: tuple[PublishError, ...] = ()
    files: tuple[str, ...] = ()
    rewritten: bool = False


def place(facet: Facet) -> tuple[bool, bool, str, str, str, str, str]:
    """Return the sort key of a facet, which puts facets that share entries next to each other.

    Days precede their month, months their year, and sources their sections. So shared entries are
    still in memory when they are needed again. The feed of all releases is last.
    """
    # "~" sorts after "-".
    period = f"{facet.period}~" if facet.period else ""
    other = (facet.source or "~", facet.topic or "", facet.section or "", facet.language or "")
    return facet == Facet(), not facet.period, period, *other


def is_day(facet: Facet) -> bool:
    """Return whether a facet selects all releases of one day."""
    return facet.period is not None and len(facet.period) == DAY


def is_month(facet: Facet) -> bool:
    """Return whether a facet selects all releases of one month."""
    return facet.period is not None and len(facet.period) == MONTH


def is_source(facet: Facet) -> bool:
    """Return whether a facet selects all releases of one source."""
    return facet.source is not None and facet == Facet(source=facet.source)


def batches(facets: Sequence[Facet], size: int) -> Iterator[Sequence[Facet]]:
    """Yield facets in batches of ``size``."""
    for start in range(0, len(facets), size):
        yield facets[start : start + size]
