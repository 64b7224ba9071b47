"""What all parts of one publication know, and how they have files written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeAlias

from data.models import Facet, ReleaseChange
from data.store.read_protocol import PublishStore
from feeds.catalog import Catalog
from feeds.pages.renderer import PageRenderer
from feeds.publishing.context.archive_assignment import ArchivePages
from feeds.publishing.context.render_cache import RenderCache

Write: TypeAlias = Callable[[str, bytes], object]
"""Has a file written, by its name within the site and its content."""


@dataclass(frozen=True, slots=True)
class PublishContext:
    """One publication: where releases come from, how they are shown, where files go.

    ``counts`` are the releases of each facet, ``changes`` the releases that changed since the last
    publication by id, or None where that can't be told. A feed's document holds ``entries``
    releases at least, where there are so many, and ``max_bytes`` at most. ``layout`` is a
    digest of all that shapes every entry. ``checkpoint`` is called between files that belong to
    one facet: where very many wait, it makes all that was done until now durable. ``is_there``
    says whether a file is there, and ``remove`` deletes one.
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

    def key(self, *parts: object) -> bytes:
        """The key under which is kept what these parts and the layout shape."""
        return blake2b(repr(parts).encode(), digest_size=16, key=self.layout).digest()
