"""When the oldest entries of a feed are cut to an archive page (RFC 5005, section 4).

A feed's document holds all that is on none of its archive pages: at least the newest entries that
the settings ask for, and up to half as many more. When there are more, the oldest half go to a new
page at once, which is full from its first day and never gains or loses a release. What is found
late, however old, enters by the document; but what had no date at the first visit to its source
never does: it goes to archive pages at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from data.models import ReleaseSummary

Releases: TypeAlias = Sequence[ReleaseSummary]


def page_size(entries: int) -> int:
    """How many releases an archive page holds, where a document holds ``entries`` at least."""
    return max(entries // 2, 1)


def newest_first(releases: Iterable[ReleaseSummary]) -> list[ReleaseSummary]:
    """Releases in the order of feeds."""
    return sorted(releases, key=lambda one: (-one.order, one.id))


def cut_archive_pages(current: Releases, entries: int) -> tuple[Releases, list[Releases]]:
    """The releases that stay in the document, and those of each page that fills up, oldest first.

    ``current`` are the releases of a feed that are on none of its pages, newest first; so are the
    document and each page. A document holds ``entries`` at least, where there are so many.
    """
    size = page_size(entries)
    pages: list[Releases] = []
    end = len(current)
    # What has no date since the first visit is nobody's news: it goes to pages of its own at once.
    # Its order is that of long ago, so that it stands last.
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
