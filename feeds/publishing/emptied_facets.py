"""Takes away feeds and pages of topics, sections and languages that hold no release any more."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from data.models import Facet
from feeds.publishing.context.render_cache import RenderCache
from feeds.publishing.feed_documents import files_of
from feeds.urls import is_published, page_file, stem_of


class EmptiedFacets:
    """Those of some ``marked`` facets, in the site in ``folder``, that none of the ``held`` is."""

    def __init__(self, marked: Iterable[Facet], held: Iterable[Facet], folder: Path) -> None:
        emptied = {one for one in marked if one.topic or one.section or one.language}.difference(
            held
        )
        self.facets = frozenset(filter(is_published, emptied))
        self._folder = folder

    def has(self, facet: Facet) -> bool:
        """Whether a facet holds nothing."""
        return facet in self.facets

    def remove_files(self, cache: RenderCache) -> None:
        """Delete what is published of them, and what is kept of it. Raises OSError."""
        for facet in self.facets:
            for file in files_of(facet):
                (self._folder / file).unlink(missing_ok=True)
            for name in (stem_of(facet), str(PurePosixPath(page_file(facet)).parent)):
                if (folder := self._folder / name).is_dir():
                    shutil.rmtree(folder)
            cache.forget_facet(facet)
