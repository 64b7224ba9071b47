"""Rules for archive pages of feeds (RFC 5005, section 4).

A feed document contains all releases that are not yet on an archive page. These are at least
``entries`` releases (a setting), and less than 1.5 times as many. When the document grows to that
limit, its oldest releases move to a new archive page. An archive page is full when it is created,
and never gains or loses a release.

A release that is found late is added to the document, whatever its date. Undated releases that were
listed at the first visit are never in the document; they are directly put on archive pages.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from data.models import ReleaseSummary

Releases: TypeAlias = Sequence[ReleaseSummary]


def page_size(entries: int) -> int:
    """Return the number of releases per archive page.

    It is half of ``entries``, the minimum number of releases in a feed document.
    """
    return max(entries // 2, 1)


def newest_first(releases: Iterable[ReleaseSummary]) -> list[ReleaseSummary]:
    """Return releases in the order of feeds, newest first."""
    return sorted(releases, key=lambda one: (-one.order, one.id))


def cut_archive_pages(current: Releases, entries: int) -> tuple[Releases, list[Releases]]:
    """Split a feed into the releases of its document and new archive pages, oldest page first.

    ``current`` contains the feed's releases that are not yet on an archive page, newest first. The
    document and each page of the result are also newest first. The document keeps at least
    ``entries`` releases if the feed has that many.
    """
    size = page_size(entries)
    pages: list[Releases] = []
    end = len(current)
    # Undated releases of the first visit are not new, so they get separate pages. Their sort keys
    # are in the distant past, so they come last.
    backlog = sum(one.is_backlog for one in current)
    while backlog:
        start = end - min(size, backlog)
        pages.append(current[start:end])
        backlog -= end - start
        end = start
    while end >= entries + size:
        pages.append(current[end - size : end])
        end -= size
    return current[:end], pages
