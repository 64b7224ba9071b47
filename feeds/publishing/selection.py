"""Which releases a feed holds: on none of its archive pages, on one, and what comes once more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import msgspec

from data.models import ChangeCursor, Facet, ReleaseChange, ReleaseSummary
from data.store.read_protocol import ReadStore
from data.topics.facets import facets_of
from feeds.archive_pages import newest_first
from feeds.publishing.context.publish_context import PublishContext
from feeds.publishing.context.render_cache import RenderCache

AGAIN = 100
"""How many of the releases that changed last come back into documents though they are archived."""

MOST = 1000
"""Changed releases that are looked at one by one; where there are more, feeds are compared."""


class FeedContents:
    """What feeds hold, from the store, the archive pages, and what they held before."""

    def __init__(self, context: PublishContext) -> None:
        self._context = context
        self._store = context.store
        self._cache = context.cache
        self._archive = context.archive

    def every(self, facet: Facet) -> Mapping[str, ReleaseSummary]:
        """All releases of a facet, by id."""
        return {one.id: one for one in self._store.summaries(facet)}

    def current(
        self, facet: Facet, every: Mapping[str, ReleaseSummary] | None
    ) -> list[ReleaseSummary]:
        """The releases of a facet on none of its archive pages, newest first.

        Without ``every`` release of it they are those of the last publication and those that
        changed since; where either is not known, all are read.
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
        """The releases on an archive page; the ``known`` ones need not be read."""
        ids = self._archive.on_page(facet, page)
        others = self._store.summaries_of([one for one in ids if one not in known])
        return newest_first([*(known[one] for one in ids if one in known), *others.values()])

    def returned(self, facet: Facet, current: Iterable[ReleaseSummary]) -> list[ReleaseSummary]:
        """Archived releases that were edited or retracted of late, or came back.

        Pages never change, so these come once more by the document (RFC 5005, section 4.1).
        """
        wanted = self._touched.get(facet, set()).difference(one.id for one in current)
        found = self._store.summaries_of(sorted(self._archive.archived(facet, sorted(wanted))))
        return newest_first(one for one in found.values() if not one.is_backlog)

    @cached_property
    def _touched(self) -> Mapping[Facet, set[str]]:
        """The releases that changed last, by facet."""
        found: dict[Facet, set[str]] = {}
        for release in self._store.recently_updated(limit=AGAIN):
            for facet in facets_of(release):
                found.setdefault(facet, set()).add(release.id)
        return found


class ChangesSinceLastRun:
    """The changes since the last publication that left no error.

    Made before the marks of feeds are read, and asked for ``changes`` after: so whatever marks a
    feed is among them, in this publication or in the next.
    """

    def __init__(self, store: ReadStore, cache: RenderCache) -> None:
        self._store = store
        self._cache = cache
        self._point = store.change_cursor()

    def changes(self) -> Mapping[str, ReleaseChange] | None:
        """The releases that changed, by id; None where that can't be told."""
        noted = self._cache.note("point")
        if noted is None:
            return None
        try:
            point = msgspec.json.decode(noted, type=ChangeCursor)
        except msgspec.ValidationError:
            # Noted by another version of ours.
            return None
        return self._store.changes_since(point, limit=MOST)

    def keep(self) -> None:
        """Note that all is published that had changed by then."""
        self._cache.keep_note("point", msgspec.json.encode(self._point))
