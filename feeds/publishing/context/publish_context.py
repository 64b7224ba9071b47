"""Shared state of one publication, and its assignment of releases to archive pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeAlias

from data.models import Facet, Release, ReleaseChange, Revision
from data.store.protocols import PublishStore
from feeds.catalog import Catalog
from feeds.pages.renderer import PageRenderer
from feeds.publishing.context.render_cache import RenderCache


class ArchivePages:
    """Assigns releases to the archive pages of feeds: pages in the store, and new ones.

    `keep` saves new pages in the store once their files are on disk, so the store never lists a
    page that does not exist.
    """

    def __init__(self, store: PublishStore) -> None:
        self._store = store
        self._fresh: defaultdict[Facet, dict[int, Sequence[str]]] = defaultdict(dict)

    def count(self, facet: Facet) -> int:
        """Return the number of a feed's archive pages."""
        return max(self._store.archive_page_count(facet), *self._fresh[facet], 0)

    def archived(self, facet: Facet, releases: Sequence[str]) -> Mapping[str, int]:
        """Return the archive page of each given release id that is archived in a feed."""
        if not releases:
            return {}
        fresh = {one: page for page, ids in self._fresh[facet].items() for one in ids}
        wanted = fresh.keys() & set(releases)
        return {**self._store.archived(facet, releases), **{one: fresh[one] for one in wanted}}

    def on_page(self, facet: Facet, page: int) -> Sequence[str]:
        """Return the release ids on an archive page of a feed."""
        return self._fresh[facet].get(page) or self._store.archive_page(facet, page)

    def add(self, facet: Facet, page: int, releases: Sequence[str]) -> None:
        """Assign release ids to a new archive page of a feed."""
        self._fresh[facet][page] = releases

    def keep(self) -> None:
        """Save the new pages in the store."""
        fresh = {facet: pages for facet, pages in self._fresh.items() if pages}
        if fresh:
            self._store.add_archive_pages(fresh)
        self._fresh.clear()

    def drop(self, facet: Facet | None = None) -> None:
        """Forget the new pages of a feed, or of all feeds, whose files were not written."""
        if facet is None:
            self._fresh.clear()
        else:
            self._fresh.pop(facet, None)


Write: TypeAlias = Callable[[str, bytes], object]
"""Writes a file, given its name within the site and its content."""


@dataclass(frozen=True, slots=True)
class PublishContext:
    """One publication: the store, renderers and the functions that write files.

    ``counts`` are the numbers of releases per facet. ``changes`` are the releases changed since the
    last publication by id, or None if unknown. ``entries`` is the minimum number of releases in a
    feed document if there are enough, ``max_bytes`` its maximum size. ``layout`` is a digest of
    everything that shapes all entries. ``checkpoint`` is called between files of one facet and
    saves progress if many are waiting.
    """

    store: PublishStore
    catalog: Catalog
    pages: PageRenderer
    archive: ArchivePages
    cache: RenderCache
    counts: Mapping[Facet, int]
    changes: Mapping[str, ReleaseChange] | None
    entries: int
    max_bytes: int
    layout: bytes
    write: Write
    checkpoint: Callable[[], None]
    is_there: Callable[[str], bool]
    remove: Callable[[str], None]

    @property
    def has_undated_changes(self) -> bool:
        """Whether a release without a date may have changed since the last publication."""
        if self.changes is None:
            return True
        return any(change.summary.is_backlog for change in self.changes.values())

    def known_release(self, release_id: str) -> Release:
        """Return a release that the store listed. Raises LookupError if it is gone."""
        if release := self.store.release(release_id):
            return release
        raise LookupError(f"release {release_id} is gone from the store")

    def edit(self, release_id: str, number: int) -> tuple[Release, Revision, Revision]:
        """Return a release, the version before one of its versions, and that version."""
        release = self.known_release(release_id)
        revisions = {one.number: one for one in self.store.revisions(release_id)}
        after = revisions[number]
        return release, revisions.get(number - 1, after), after

    def key(self, *parts: object) -> bytes:
        """Return the cache key of a result that depends on these parts and on the layout."""
        return blake2b(repr(parts).encode(), digest_size=16, key=self.layout).digest()
