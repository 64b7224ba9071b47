"""Deletion of published files of removed sources, empty facets and hidden releases."""

import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final

from data.files import incomplete
from data.models import Facet, ReleaseChange
from data.store.core.store import Store
from feeds.publishing.feed_documents import facet_files
from feeds.publishing.publish_context import is_month
from feeds.publishing.render_cache import RenderCache
from feeds.publishing.site_files import SITEMAPS_FOLDER
from feeds.urls import (
    EVENT_FEEDS,
    FORMATS,
    event_file,
    facet_of,
    feed_file,
    href,
    is_published,
    name_of,
    page_file,
    release_data_file,
    release_file,
    stem_of,
)

FEEDS_FOLDER: Final = "feeds"
"""Folder of the feeds in the site."""

NAMES_AT_ONCE: Final = 1000
"""Maximum number of releases that one query looks up."""


def gone_sources(store: Store) -> frozenset[str]:
    """Return renamed and removed sources, whose old files may still be in the site."""
    moved = {old for old, new in store.source_moves().items() if old != new}
    return frozenset(
        moved | {one.source for one in store.removed_sources().values() if not one.kept}
    )


def remove_sources(sources: Iterable[str], folder: Path, cache: RenderCache) -> None:
    """Delete files whose source has a new id or whose release is gone, from the site's ``folder``.

    The server then redirects, or responds with 410. Raises OSError if a file can't be deleted.
    """
    for one in sources:
        facet = Facet(source=one)
        remove_facet(facet, folder)
        cache.forget_folder(f"{stem_of(facet)}/page")


def emptied_facets(
    marked: Iterable[Facet], held: Iterable[Facet], unknown: Iterable[Facet]
) -> frozenset[Facet]:
    """Return published topics, sections, languages and periods that no longer have releases.

    ``marked`` are the changed facets, and ``held`` the facets with releases. ``unknown`` are facets
    that never had releases, but have files.
    """
    # A source without releases keeps its feed. `remove_sources` deletes removed sources.
    emptied = {one for one in marked if one != Facet(source=one.source)}.difference(held)
    return frozenset(filter(is_published, emptied.union(unknown)))


def remove_facets(facets: Iterable[Facet], folder: Path, cache: RenderCache) -> None:
    """Delete the published files of facets, and the data about them in the cache.

    Raises OSError if a file can't be deleted.
    """
    for facet in facets:
        remove_facet(facet, folder)
        if is_month(facet):
            for sitemap in (folder / SITEMAPS_FOLDER).glob(f"{facet.period}*.xml"):
                sitemap.unlink()
        cache.forget_facet(facet)


def remove_facet(facet: Facet, site: Path) -> None:
    """Delete the feeds and pages of a facet. Raises OSError if a file can't be deleted."""
    for file in facet_files(facet):
        (site / file).unlink(missing_ok=True)
    for name in (stem_of(facet), str(PurePosixPath(page_file(facet)).parent)):
        if (folder := site / name).is_dir():
            shutil.rmtree(folder)


def remove_hidden(store: Store, changes: Mapping[str, ReleaseChange] | None, folder: Path) -> None:
    """Delete the pages of hidden releases from the site's ``folder``.

    ``changes`` are the changed releases, or None if the changes are not known. Raises OSError if a
    file can't be deleted.
    """
    hidden = (
        store.hidden()
        if changes is None
        else [one for one, change in changes.items() if not change.facets]
    )
    for one in hidden:
        remove_release(folder, one)


def remove_release(folder: Path, release: str) -> None:
    """Delete the pages and data of a release. Raises OSError if a file can't be deleted."""
    pages = folder / PurePosixPath(release_file(release)).parent
    if pages.is_dir():
        shutil.rmtree(pages)
    data = folder / release_data_file(release)
    # A publication that was killed may have left its incomplete file.
    for path in (data, incomplete(data)):
        path.unlink(missing_ok=True)


class UnknownFiles:
    """Files of releases and facets that a store does not have.

    The site's ``folder`` contains them if the store was replaced by an older store.
    """

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self.facets: set[Facet] = set()
        self._releases: list[str] = []

    @property
    def are_found(self) -> bool:
        """Whether the site contains files of unknown releases or facets."""
        return bool(self.facets or self._releases)

    def find(self) -> None:
        """Compare the names of all feeds and release pages with the store."""
        files = (self._folder / FEEDS_FOLDER).rglob("*.atom")
        names = (path.relative_to(self._folder).as_posix() for path in files)
        # Names are compared, because file names are in lower case.
        # The feed of all releases exists even if the store has none.
        facets = (Facet(), *filter(is_published, self._store.known_facets()))
        known = {feed_file(one, "atom") for one in facets}
        found = (facet_of(href(name)) for name in names if name not in known)
        self.facets = {one[0] for one in found if one}
        pages = (self._folder / PurePosixPath(release_file("-")).parts[0]).glob("*/")
        ids = filter(None, (name_of(path.name) for path in pages))
        while some := [*islice(ids, NAMES_AT_ONCE)]:
            self._releases += set(some) - self._store.summaries_of(some).keys()

    def remove_releases(self, cache: RenderCache) -> None:
        """Delete the pages of releases that are not in the store. Raises OSError if this fails."""
        for one in self._releases:
            remove_release(self._folder, one)
            cache.forget_page(one)


class LostFiles:
    """Detects deleted feed files by the modification times of their folders."""

    def __init__(self, folder: Path, cache: RenderCache) -> None:
        self._folder = folder
        self._cache = cache
        self._disturbed = {
            name for name, changed in cache.folders().items() if self._changed(name) != changed
        }

    def missed(self, facets: Collection[Facet]) -> set[Facet]:
        """Return the facets whose feed files are missing.

        If archive pages or event feeds may be missing, they are queued to be written again.
        """
        if not self._disturbed:
            return set()
        paged = {facet for facet in facets if f"{stem_of(facet)}/page" in self._disturbed}
        events = (event_file(event, kind) for event in EVENT_FEEDS for kind in FORMATS)
        if paged or not all(map(self._is_there, events)):
            self._cache.queue_rewrite(paged)
        found = {facet for facet in facets if self._is_lost(facet)}
        return found if self._is_there(f"{FEEDS_FOLDER}/index.html") else {Facet(), *found}

    def _is_lost(self, facet: Facet) -> bool:
        folder = stem_of(facet).rpartition("/")[0]
        return folder in self._disturbed and not all(map(self._is_there, facet_files(facet)))

    def keep(self, written: Iterable[Facet]) -> None:
        """Save the current modification times of the feed folders of written facets."""
        stems = [stem_of(facet) for facet in written]
        names = {FEEDS_FOLDER, *self._disturbed}.union(stem.rpartition("/")[0] for stem in stems)
        names.update(f"{stem}/page" for stem in stems)
        changed = {name: self._changed(name) for name in names}
        self._cache.keep_folders({name: at for name, at in changed.items() if at})

    def _changed(self, name: str) -> int:
        """Return the modification time of a folder in nanoseconds, or 0 if it is missing."""
        try:
            return os.stat(f"{self._folder}/{name}").st_mtime_ns  # noqa: PTH116 - text is quicker
        except OSError:
            return 0

    def _is_there(self, file: str) -> bool:
        return (self._folder / file).is_file()
