"""Takes away the feeds and pages of sources that were removed, or that have another id now."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath

from data.models import Facet
from data.store.read_protocol import PublishStore
from feeds.publishing.context.render_cache import RenderCache
from feeds.publishing.feed_documents import files_of
from feeds.urls import page_file, stem_of


class GoneSources:
    """The ids of sources of which nothing is published, in the site in ``folder``."""

    def __init__(self, store: PublishStore, folder: Path) -> None:
        moved = {old for old, new in store.source_moves().items() if old != new}
        removed = {one.source for one in store.removed_sources().values() if not one.kept}
        self._ids = frozenset(moved | removed)
        self._folder = folder

    def has(self, facet: Facet) -> bool:
        """Whether a facet is of a source that is gone."""
        return facet.source in self._ids

    def remove_files(self, cache: RenderCache) -> None:
        """Delete what is published of them, so that the server answers that it is gone.

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
