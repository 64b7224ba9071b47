"""Deletes published files of removed sources, emptied facets and hidden releases."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from data.models import Facet
from data.store.protocols import PublishStore
from data.topics.facets import facets_of
from feeds.publishing.context.render_cache import RenderCache
from feeds.publishing.feed_documents import files_of
from feeds.urls import is_published, page_file, release_data_file, release_file, stem_of


class GoneSources:
    """Renamed and removed sources whose old files may be in the site in ``folder``."""

    def __init__(self, store: PublishStore, folder: Path) -> None:
        moved = {old for old, new in store.source_moves().items() if old != new}
        removed = {one.source for one in store.removed_sources().values() if not one.kept}
        self._ids = frozenset(moved | removed)
        self._folder = folder

    def has(self, facet: Facet) -> bool:
        """Return whether a facet belongs to a renamed or removed source."""
        return facet.source in self._ids

    def remove_files(self, cache: RenderCache) -> None:
        """Delete the files under the old ids, so that the server redirects or sends a 410.

        Raises OSError.
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
    """Published topics, sections and languages that have lost their last release.

    ``marked`` are the changed facets, ``held`` those with releases, ``folder`` is the site.
    """

    def __init__(self, marked: Iterable[Facet], held: Iterable[Facet], folder: Path) -> None:
        emptied = {one for one in marked if one.topic or one.section or one.language}.difference(
            held
        )
        self.facets = frozenset(filter(is_published, emptied))
        self._folder = folder

    def has(self, facet: Facet) -> bool:
        """Return whether a facet has lost its last release."""
        return facet in self.facets

    def remove_files(self, cache: RenderCache) -> None:
        """Delete the facets' published files and their rows in the cache. Raises OSError."""
        for facet in self.facets:
            for file in files_of(facet):
                (self._folder / file).unlink(missing_ok=True)
            for name in (stem_of(facet), str(PurePosixPath(page_file(facet)).parent)):
                if (folder := self._folder / name).is_dir():
                    shutil.rmtree(folder)
            cache.forget_facet(facet)


HIDDEN_NOTE: Final = "hidden"
"""Key in the cache for the releases that were hidden at the last publication."""


class HiddenReleases:
    """Releases hidden or shown again since the last publication of the site in ``folder``.

    ``changed`` are their ids.
    """

    def __init__(self, store: PublishStore, cache: RenderCache, folder: Path) -> None:
        self._store = store
        self._cache = cache
        self._folder = folder
        self._now = store.hidden()
        noted = cache.note(HIDDEN_NOTE)
        before = msgspec.json.decode(noted, type=frozenset[str]) if noted else frozenset()
        self._hidden = self._now - before
        self.changed = self._now ^ before

    def facets(self) -> Collection[Facet]:
        """Return the facets of these releases; all of their archive pages are rewritten."""
        found = filter(None, map(self._store.release, self.changed))
        return {facet for one in found for facet in facets_of(replace(one, hidden=False))}

    def remove_pages(self) -> None:
        """Delete the pages of newly hidden releases. Raises OSError."""
        for one in self._hidden:
            folder = self._folder / PurePosixPath(release_file(one)).parent
            if folder.is_dir():
                shutil.rmtree(folder)
            (self._folder / release_data_file(one)).unlink(missing_ok=True)

    def keep(self) -> None:
        """Save the hidden releases for the next publication."""
        if self.changed:
            self._cache.keep_note(HIDDEN_NOTE, msgspec.json.encode(sorted(self._now)))
