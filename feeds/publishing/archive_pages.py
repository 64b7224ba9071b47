"""Archive pages of feeds (RFC 5005, section 4): their rules, and the releases on them.

A feed document contains all releases that are not yet on an archive page. These are at least
``entries`` releases (a setting), and less than 1.5 times as many. When the document grows to that
limit, its oldest releases move to a new archive page. An archive page is full when it is created,
and never gains or loses a release.

A release that is found late is added to the document, whatever its date. Undated releases that were
listed at the first visit are never in the document; they are directly put on archive pages.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from data.models import Facet, ReleaseSummary
from data.store.core.store import Store

Releases: TypeAlias = Sequence[ReleaseSummary]


def newest_first(releases: Iterable[ReleaseSummary]) -> list[ReleaseSummary]:
    """Return releases in the order of feeds, newest first."""
    return sorted(releases, key=lambda one: (-one.order, one.id))


def cut_archive_pages(current: Releases, entries: int) -> tuple[Releases, list[Releases]]:
    """Split a feed into the releases of its document and new archive pages, oldest page first.

    ``current`` contains the feed's releases that are not yet on an archive page, newest first. The
    document and each page of the result are also newest first. The document keeps at least
    ``entries`` releases if the feed has that many. A page has half as many.
    """
    size = max(entries // 2, 1)
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


class ArchivePages:
    """Assignment of releases to archive pages of feeds: pages in the store, and new pages.

    `keep` saves new pages in the store after their files are on disk. So the store never lists a
    page whose file is missing. If ``keeps`` is False, new pages are not saved, because the journal
    already contains them.
    """

    def __init__(self, store: Store, *, keeps: bool = True) -> None:
        self._store = store
        self._keeps = keeps
        self._fresh: defaultdict[Facet, dict[int, Sequence[str]]] = defaultdict(dict)

    def count(self, facet: Facet) -> int:
        """Return the number of a feed's archive pages."""
        return max(self._store.archive_page_count(facet), *self._fresh[facet], 0)

    def archived(self, facet: Facet, releases: Sequence[str]) -> Mapping[str, int]:
        """Return the archive page of each given release that is on an archive page of the feed."""
        if not releases:
            return {}
        fresh = {one: page for page, ids in self._fresh[facet].items() for one in ids}
        wanted = fresh.keys() & set(releases)
        return {**self._store.archived(facet, releases), **{one: fresh[one] for one in wanted}}

    def on_page(self, facet: Facet, page: int) -> Sequence[str]:
        """Return the release ids on an archive page of a feed."""
        return self._fresh[facet].get(page) or self._store.archive_page(facet, page)

    def add(self, facet: Facet, page: int, releases: Sequence[str]) -> None:
        """Assign releases to a new archive page of a feed."""
        self._fresh[facet][page] = releases

    def keep(self) -> None:
        """Save the new pages in the store."""
        fresh = {facet: pages for facet, pages in self._fresh.items() if pages}
        if fresh and self._keeps:
            self._store.add_archive_pages(fresh)
        self._fresh.clear()

    def drop(self, facet: Facet | None = None) -> None:
        """Discard the new pages of a feed, or of all feeds, if their files were not written."""
        if facet is None:
            self._fresh.clear()
        else:
            self._fresh.pop(facet, None)
