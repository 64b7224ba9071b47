"""Selects the releases in a feed's current document and on its archive pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import msgspec

from data.models import ChangeCursor, Facet, ReleaseChange, ReleaseSummary
from data.store.protocols import ReadStore
from data.topics.facets import facets_of
from feeds.archive_pages import newest_first
from feeds.publishing.context.publish_context import PublishContext
from feeds.publishing.context.render_cache import RenderCache

RETURNING_RELEASES = 100
"""Number of recently updated releases that return to the document although they are archived."""

MAX_CHANGES = 1000
"""Maximum number of changed releases that are checked one by one; above it, feeds are compared."""


class FeedContents:
    """The content of feeds, from the store, the archive pages and the last publication."""

    def __init__(self, context: PublishContext) -> None:
        self._context = context
        self._store = context.store
        self._cache = context.cache
        self._archive = context.archive

    def every(self, facet: Facet) -> Mapping[str, ReleaseSummary]:
        """Return all releases of a facet by id."""
        return {one.id: one for one in self._store.summaries(facet)}

    def current(
        self, facet: Facet, every: Mapping[str, ReleaseSummary] | None
    ) -> list[ReleaseSummary]:
        """Return the releases of a facet that are not archived, newest first.

        ``every`` are all releases of the facet, if known. Otherwise the result is the last
        publication's, updated by the changes since. If these are unknown, all releases are read.
        """
        before = None
        if every is None:
            before = self._cache.current(facet, self._archive.count(facet))
        changes = self._context.changes
        if before is None or changes is None:
            return self._unpaged(facet, self.every(facet) if every is None else every)
        stay = self._store.summaries_of([one for one in before if one not in changes])
        come = [one.summary for one in changes.values() if facet in one.facets]
        return newest_first([*stay.values(), *self._unpaged(facet, {one.id: one for one in come})])

    def _unpaged(
        self, facet: Facet, releases: Mapping[str, ReleaseSummary]
    ) -> list[ReleaseSummary]:
        gone = self._archive.archived(facet, list(releases))
        return newest_first(one for one in releases.values() if one.id not in gone)

    def on_page(
        self, facet: Facet, page: int, known: Mapping[str, ReleaseSummary]
    ) -> list[ReleaseSummary]:
        """Return the releases on an archive page. Those in ``known`` are not read again."""
        ids = self._archive.on_page(facet, page)
        others = self._store.summaries_of([one for one in ids if one not in known])
        return newest_first([*(known[one] for one in ids if one in known), *others.values()])

    def returned(self, facet: Facet, current: Iterable[ReleaseSummary]) -> list[ReleaseSummary]:
        """Return archived releases that were recently edited, retracted or restored.

        Archive pages never change, so the current document repeats these releases (RFC 5005,
        section 4.1).
        """
        wanted = self._touched.get(facet, set()).difference(one.id for one in current)
        found = self._store.summaries_of(sorted(self._archive.archived(facet, sorted(wanted))))
        return newest_first(one for one in found.values() if not one.is_backlog)

    @cached_property
    def _touched(self) -> Mapping[Facet, set[str]]:
        """The recently updated releases, by facet."""
        found: dict[Facet, set[str]] = {}
        for release in self._store.recently_updated(limit=RETURNING_RELEASES):
            for facet in facets_of(release):
                found.setdefault(facet, set()).add(release.id)
        return found


class ChangesSinceLastRun:
    """The changes since the last publication without errors.

    Create it before reading the marks of feeds, and call ``changes`` afterwards. Then no change
    that marked a feed is missed, in this publication or the next.
    """

    def __init__(self, store: ReadStore, cache: RenderCache) -> None:
        self._store = store
        self._cache = cache
        self._point = store.change_cursor()

    def changes(self) -> Mapping[str, ReleaseChange] | None:
        """Return the changed releases by id; None if they are unknown."""
        noted = self._cache.note("point")
        if noted is None:
            return None
        try:
            point = msgspec.json.decode(noted, type=ChangeCursor)
        except msgspec.ValidationError:
            # Saved by another version of Communique.
            return None
        return self._store.changes_since(point, limit=MAX_CHANGES)

    def keep(self) -> None:
        """Save the position of the store's changes that this publication covers."""
        self._cache.keep_note("point", msgspec.json.encode(self._point))
