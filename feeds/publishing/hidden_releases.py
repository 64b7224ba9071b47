"""Takes hidden releases out of the site: their pages, and archive pages that hold them."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from data.models import Facet
from data.store.read_protocol import PublishStore
from data.topics.facets import facets_of
from feeds.publishing.context.render_cache import RenderCache
from feeds.urls import release_data_file, release_file

NOTE: Final = "hidden"
"""Under which is noted what was hidden at the last publication."""


class HiddenReleases:
    """What was hidden, or is shown again, since the last publication of the site in ``folder``.

    ``changed`` are the ids of these releases.
    """

    def __init__(self, store: PublishStore, cache: RenderCache, folder: Path) -> None:
        self._store = store
        self._cache = cache
        self._folder = folder
        self._now = store.hidden()
        noted = cache.note(NOTE)
        before = msgspec.json.decode(noted, type=frozenset[str]) if noted else frozenset()
        self._hidden = self._now - before
        self.changed = self._now ^ before

    def facets(self) -> Collection[Facet]:
        """The feeds that they belong to: whole, as archive pages never change otherwise."""
        found = filter(None, map(self._store.release, self.changed))
        return {facet for one in found for facet in facets_of(replace(one, hidden=False))}

    def remove_pages(self) -> None:
        """Delete the pages of what is hidden. Raises OSError."""
        for one in self._hidden:
            folder = self._folder / PurePosixPath(release_file(one)).parent
            if folder.is_dir():
                shutil.rmtree(folder)
            (self._folder / release_data_file(one)).unlink(missing_ok=True)

    def keep(self) -> None:
        """Note that all of this is done."""
        if self.changed:
            self._cache.keep_note(NOTE, msgspec.json.encode(sorted(self._now)))
