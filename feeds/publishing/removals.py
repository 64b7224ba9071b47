"""Deletion of published files of removed sources, empty facets and hidden releases."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from data.files import incomplete
from data.models import Facet
from data.store.core.store import Store
from data.topics.facets import facets_of
from feeds.publishing.feed_documents import files_of
from feeds.publishing.render_cache import RenderCache
from feeds.urls import (
    EVENT_FEEDS,
    FORMATS,
    event_file,
    is_published,
    page_file,
    release_data_file,
    release_file,
    stem_of,
)


class GoneSources:
    """Renamed and removed sources whose old files may still be in the site's ``folder``."""

    def __init__(self, store: Store, folder: Path) -> None:
        moved = {old for old, new in store.source_moves().items() if old != new}
        removed = {one.source for one in store.removed_sources().values() if not one.kept}
        self._ids = frozenset(moved | removed)
        self._folder = folder

    def has(self, facet: Facet) -> bool:
        """Return whether a facet belongs to a renamed or removed source."""
        return facet.source in self._ids

    def remove_files(self, cache: RenderCache) -> None:
        """Delete the files with old ids, so that the server redirects or responds with 410.

        Raises OSError if a file can't be deleted.
        """
        for one in self._ids:
            facet = Facet(source=one)
            for file in files_of(facet):
                (self._folder / file).unlink(missing_ok=True)
            for name in (stem_of(facet), str(PurePosixPath(page_file(facet)).parent)):
                if (folder := self._folder / name).is_dir():
                    shutil.rmtree(folder)
            cache.forget_folder(f"{stem_of(facet)}/page")


class EmptiedFacets:
    """Published topics, sections and languages that no longer have releases.

    ``marked`` are the changed facets, and ``held`` the facets with releases. ``folder`` is the
    folder of the site.
    """

    def __init__(self, marked: Iterable[Facet], held: Iterable[Facet], folder: Path) -> None:
        emptied = {one for one in marked if one.topic or one.section or one.language}.difference(
            held
        )
        self.facets = frozenset(filter(is_published, emptied))
        self._folder = folder

    def has(self, facet: Facet) -> bool:
        """Return whether a facet no longer has releases."""
        return facet in self.facets

    def remove_files(self, cache: RenderCache) -> None:
        """Delete the published files of these facets, and the data about them in the cache.

        Raises OSError if a file can't be deleted.
        """
        for facet in self.facets:
            for file in files_of(facet):
                (self._folder / file).unlink(missing_ok=True)
            for name in (stem_of(facet), str(PurePosixPath(page_file(facet)).parent)):
                if (folder := self._folder / name).is_dir():
                    shutil.rmtree(folder)
            cache.forget_facet(facet)


HIDDEN_NOTE: Final = "hidden"
"""Cache key under which the releases that were hidden at the last publication are stored."""


class HiddenReleases:
    """Releases that were hidden or shown again since the last publication.

    ``changed`` contains their ids.
    """

    def __init__(self, store: Store, cache: RenderCache, folder: Path) -> None:
        self._store = store
        self._cache = cache
        self._folder = folder
        self._now = store.hidden()
        noted = cache.note(HIDDEN_NOTE)
        before = msgspec.json.decode(noted, type=frozenset[str]) if noted else frozenset()
        self._hidden = self._now - before
        self.changed = self._now ^ before

    def facets(self) -> Collection[Facet]:
        """Return the facets of these releases.

        All archive pages of these facets must be written again.
        """
        found = filter(None, map(self._store.release, self.changed))
        return {facet for one in found for facet in facets_of(replace(one, hidden=False))}

    def remove_pages(self) -> None:
        """Delete the pages of newly hidden releases. Raises OSError if a file can't be deleted."""
        for one in self._hidden:
            folder = self._folder / PurePosixPath(release_file(one)).parent
            if folder.is_dir():
                shutil.rmtree(folder)
            data = self._folder / release_data_file(one)
            # A publication that was killed may have left its incomplete file.
            for path in (data, incomplete(data)):
                path.unlink(missing_ok=True)

    def keep(self) -> None:
        """Save the ids of the hidden releases in the cache, for the next publication."""
        if self.changed:
            self._cache.keep_note(HIDDEN_NOTE, msgspec.json.encode(sorted(self._now)))


FEEDS_FOLDER = "feeds"
"""Folder of the feeds in the site."""


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
        return folder in self._disturbed and not all(map(self._is_there, files_of(facet)))

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
