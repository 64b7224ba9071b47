"""Which release lies on which archive page of a feed: the store keeps it, pages never change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from data.models import Facet
from data.store.read_protocol import PublishStore


class ArchivePages:
    """Which release lies on which archive page: what the store knows, and what is cut now.

    A page that is cut now is kept as soon as its files are durable (`keep`), so that the store
    never tells of a page that nobody can ask for.
    """

    def __init__(self, store: PublishStore) -> None:
        self._store = store
        self._fresh: defaultdict[Facet, dict[int, Sequence[str]]] = defaultdict(dict)

    def count(self, facet: Facet) -> int:
        """How many archive pages a feed has."""
        return max(self._store.archive_page_count(facet), *self._fresh[facet], 0)

    def archived(self, facet: Facet, releases: Sequence[str]) -> Mapping[str, int]:
        """Those of some releases, by id, that are on an archive page of a feed, with its number."""
        if not releases:
            return {}
        fresh = {one: page for page, ids in self._fresh[facet].items() for one in ids}
        wanted = fresh.keys() & set(releases)
        return {**self._store.archived(facet, releases), **{one: fresh[one] for one in wanted}}

    def on_page(self, facet: Facet, page: int) -> Sequence[str]:
        """The releases on an archive page of a feed, by id."""
        return self._fresh[facet].get(page) or self._store.archive_page(facet, page)

    def add(self, facet: Facet, page: int, releases: Sequence[str]) -> None:
        """Put releases, by id, on a new archive page of a feed."""
        self._fresh[facet][page] = releases

    def keep(self) -> None:
        """Have the store keep the pages that were cut."""
        fresh = {facet: pages for facet, pages in self._fresh.items() if pages}
        if fresh:
            self._store.add_archive_pages(fresh)
        self._fresh.clear()

    def drop(self, facet: Facet | None = None) -> None:
        """Forget the pages that were cut of a feed, or of all: their files are not durable."""
        if facet is None:
            self._fresh.clear()
        else:
            self._fresh.pop(facet, None)
