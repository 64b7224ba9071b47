"""Detects feed files that were deleted by others, and restores them.

A folder's modification time changes when a file in it is added or removed. There are far fewer
folders than files, so checking all folders is cheap. Files are only checked in folders whose time
changed. Deleted HTML pages are restored only by publishing everything.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from data.models import Facet
from feeds.publishing.context.render_cache import RenderCache
from feeds.publishing.feed_documents import files_of
from feeds.urls import EVENT_FEEDS, FORMATS, event_file, stem_of

FEEDS_FOLDER = "feeds"
"""The folder of the feeds."""


class LostFiles:
    """Compares the feed folders of a site with their modification times at the last publication."""

    def __init__(self, folder: Path, cache: RenderCache) -> None:
        self._folder = folder
        self._cache = cache
        self._disturbed = {
            name for name, changed in cache.folders().items() if self._changed(name) != changed
        }

    def missed(self, facets: Collection[Facet]) -> set[Facet]:
        """Return the facets with missing documents.

        If archive pages or event feeds may be missing, queues them for rewriting.
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
        """Save the current modification times of the folders of written facets."""
        stems = [stem_of(facet) for facet in written]
        names = {FEEDS_FOLDER, *self._disturbed}.union(stem.rpartition("/")[0] for stem in stems)
        names.update(f"{stem}/page" for stem in stems)
        changed = {name: self._changed(name) for name in names}
        self._cache.keep_folders({name: at for name, at in changed.items() if at})

    def _changed(self, name: str) -> int:
        """Return the modification time of a folder in nanoseconds; 0 if it is missing."""
        try:
            return os.stat(f"{self._folder}/{name}").st_mtime_ns  # noqa: PTH116 - text is quicker
        except OSError:
            return 0

    def _is_there(self, file: str) -> bool:
        return (self._folder / file).is_file()
