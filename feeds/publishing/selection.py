"""Which releases a feed holds: on none of its archive pages, on one, and what comes once more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from data.models import Facet, Point, ReleaseChange, ReleaseSummary, facets_of
from data.store.protocol import ReadStore
from feeds.publishing.archive_pages import (
    FeedState,
    Part,
    is_settled,
    moved,
    newest_first,
    page_size,
)
from feeds.publishing.entry_renderer import Renderer
from feeds.publishing.render_cache import RenderCache
from feeds.publishing.splicing.splicer import Lying

AGAIN = 100
"""How many of the releases that changed last come back into documents though they are archived."""


@dataclass(frozen=True, slots=True)
class Before:
    """A feed before it is written: its number, its state, and its documents if they are known."""

    facet: Facet
    number: int
    window: FeedState
    lying: Lying | None


class FeedContents:
    """What the store and the last runs say of feeds, whose ``counts`` of releases are known.

    ``changes`` are the releases that changed since, where that is known. A document holds
    ``entries`` releases at least, where there are so many.
    """

    def __init__(
        self,
        renderer: Renderer,
        changes: Mapping[str, ReleaseChange] | None,
        *,
        counts: Mapping[Facet, int],
        entries: int,
    ) -> None:
        self._store = renderer.store
        self._kept = renderer.kept
        self._changes = changes
        self._counts = counts
        self._entries = entries
        self._again: dict[Facet, set[str]] | None = None

    def unpaged(self, before: Before, every: Mapping[str, ReleaseSummary] | None) -> Sequence[Part]:
        """The releases of a feed on none of its archive pages, of ``every`` where that is given."""
        if every is not None:
            return [newest_first(self._unpaged(before, every))]
        present = self._moved(before, before.lying) if before.lying else None
        return [newest_first(self._present(before))] if present is None else present

    def _moved(self, before: Before, lying: Lying) -> list[Part] | None:
        """The releases of a facet on no archive page, by what changed; None where that is unknown.

        Then all that the facet holds has to be looked at.
        """
        if self._changes is None:
            return None
        facet, window = before.facet, before.window
        here = [one for one in self._changes.values() if facet in one.facets]
        # New ones too: a run before may have met one that its counts did not know of yet.
        ids = [one.outline.id for one in here]
        archived = self._kept.archived(before.number, ids) if ids and window.pages else set()
        come = [one.outline for one in here if one.outline.id not in archived]
        # Which member of a story is shown, and beside whom, has to be looked at.
        told = set(() if facet.source else window.told)
        if window.open != lying.sheet.releases:
            told |= set(window.open).difference(lying.sheet.releases)
        told -= self._changes.keys()
        come += self._store.outlined(sorted(told)).values()
        return moved(window, self._changes.keys() | told, come, self._counts.get(facet, 0))

    def _present(self, before: Before) -> Iterable[ReleaseSummary]:
        """The releases of a facet that are on none of its archive pages."""
        facet, number, window = before.facet, before.number, before.window
        limit = self._entries + page_size(self._entries)
        newest = self._store.outlines(facet, limit=limit)
        seen = {outline.id for outline in newest}
        rest = self._store.outlined([one for one in window.open if one not in seen])
        fresh = seen - set(window.open)
        fresh -= self._kept.archived(number, sorted(fresh)) if fresh else set()
        new = self._counts.get(facet, 0) - window.total
        if len(fresh) == new and is_settled(window, newest, tuple(rest.values())):
            inside = fresh | set(window.open)
            return [*(one for one in newest if one.id in inside), *rest.values()]
        return self._unpaged(before, {one.id: one for one in self._store.outlines(facet)})

    def _unpaged(
        self, before: Before, every: Mapping[str, ReleaseSummary]
    ) -> Iterable[ReleaseSummary]:
        """Those of every release of a facet that are on none of its archive pages."""
        if not before.window.pages:
            return every.values()
        gone = self._kept.archived(before.number, list(every))
        return [outline for one, outline in every.items() if one not in gone]

    def on_page(
        self, before: Before, page: int, known: Mapping[str, ReleaseSummary]
    ) -> list[ReleaseSummary]:
        """The releases on an archive page."""
        ids = self._kept.on_page(before.number, page)
        others = self._store.outlined([one for one in ids if one not in known])
        return newest_first([*(known[one] for one in ids if one in known), *others.values()])

    def returned(self, before: Before, state: FeedState) -> list[ReleaseSummary]:
        """Archived releases that were edited or retracted of late, or came back.

        Pages never change, so these come once more by the document (RFC 5005, section 4.1).
        """
        if self._again is None:
            self._again = {}
            for release in self._store.touched(limit=AGAIN):
                for one in facets_of(release):
                    self._again.setdefault(one, set()).add(release.id)
        wanted = self._again.get(before.facet, set()).difference(state.open)
        wanted &= self._kept.archived(before.number, sorted(wanted)) if wanted else set()
        found = self._store.outlined(sorted(wanted)).values()
        return newest_first(one for one in found if not one.is_backlog)


MOST = 1000
"""Changed releases that are looked at one by one; where there are more, feeds are compared."""


class ChangesSinceLastRun:
    """The changes since the last run that left no error.

    Made before the marks of feeds are read, and asked for ``changes`` after: so whatever marks a
    feed is among them, in this run or in the next.
    """

    def __init__(self, store: ReadStore, kept: RenderCache) -> None:
        self._store = store
        self._kept = kept
        self._point = store.point()

    def changes(self) -> Mapping[str, ReleaseChange] | None:
        """The releases that changed, by id; None where that can't be told."""
        noted = self._kept.note("point")
        if noted is None:
            return None
        try:
            point = msgspec.json.decode(noted, type=Point)
        except msgspec.ValidationError:
            # Noted by another version of ours.
            return None
        return self._store.changes(point, limit=MOST)

    def keep(self) -> None:
        """Note that all is published that had changed by then."""
        self._kept.keep_note("point", msgspec.json.encode(self._point))
