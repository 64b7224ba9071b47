"""Some of the releases of a store, to be published apart from all others."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from data.models import (
    ChangeCursor,
    Facet,
    HealthEvent,
    Neighbour,
    Neighbours,
    Release,
    ReleaseChange,
    ReleaseSummary,
    RemovedSource,
    Return,
    Revision,
    Run,
    Sightings,
    Source,
)
from data.store.protocol import Store
from data.topics.facets import facets_of
from feeds.formats.feed import common_language
from feeds.offline.publication_in_memory import PublicationInMemory


def neighbour_of(release: Release) -> Neighbour:
    """A release as those beside it name it."""
    content = release.content
    return Neighbour(release.id, content.title, content.language or "", release.day)


class SelectedReleases(PublicationInMemory):
    """A PublishStore of the chosen releases; what a publication notes is kept here alone.

    ``source`` and the days ``since`` and ``until`` choose as Store.by_first_seen does.
    """

    def __init__(
        self,
        store: Store,
        source: str | None = None,
        *,
        since: dt.date | None = None,
        until: dt.date | None = None,
    ) -> None:
        super().__init__()
        self._store = store
        self._neighbours: dict[str, Mapping[str, Neighbours]] = {}
        counts: Counter[Facet] = Counter()
        ids: set[str] = set()
        for release in store.by_first_seen(source, since=since, until=until):
            if release.hidden:
                continue
            ids.add(release.id)
            counts.update(facets_of(release))
        self.ids = frozenset(ids)
        self._counts = dict(counts)

    def sources(self) -> Mapping[str, Source]:
        """The sources of the chosen releases."""
        known = self._store.sources()
        chosen = sorted({facet.source for facet in self._counts if facet.source})
        return {source: known[source] for source in chosen if source in known}

    def secret_addresses(self) -> tuple[str, ...]:
        """The addresses of sources that may carry secrets."""
        return self._store.secret_addresses()

    def source_moves(self) -> Mapping[str, str]:
        """The present id of each source that was renamed by all that it had."""
        return self._store.source_moves()

    def removed_sources(self) -> Mapping[str, RemovedSource]:
        """The sources that are collected no more, by id."""
        return self._store.removed_sources()

    def section_labels(self) -> Mapping[tuple[str, str], str]:
        """What every section in use is called, by its source and its slug."""
        return self._store.section_labels()

    def topics(self) -> Mapping[str, str]:
        """The label of every topic in use, by its slug."""
        return self._store.topics()

    def topic_parents(self) -> Mapping[str, str]:
        """The topic that each topic below the top level stands under, by slug."""
        return self._store.topic_parents()

    def release(self, release_id: str) -> Release | None:
        """One of the chosen releases by its id."""
        return self._store.release(release_id) if release_id in self.ids else None

    def releases(
        self, facet: Facet, *, limit: int | None = None, offset: int = 0
    ) -> Iterator[Release]:
        """The chosen releases of a facet, newest first."""
        chosen = (one.id for one in self.summaries(facet))
        for number, release in enumerate(chosen):
            if number >= offset and (limit is None or number < offset + limit):
                found = self._store.release(release)
                if found:
                    yield found

    def revisions(self, release_id: str) -> tuple[Revision, ...]:
        """Every version of a release, oldest first."""
        return self._store.revisions(release_id) if release_id in self.ids else ()

    def sightings(self, release_id: str) -> Sightings:
        """The captures of a release."""
        return self._store.sightings(release_id)

    def facets(self) -> Mapping[Facet, int]:
        """Every facet with its number of chosen releases."""
        return self._counts

    def story(self, story: str) -> tuple[Release, ...]:
        """The chosen releases that share a story, first published first."""
        return tuple(one for one in self._store.story(story) if one.id in self.ids)

    def dirty_feeds(self) -> Mapping[Facet, int]:
        """Every facet: nothing was published of them yet."""
        return dict.fromkeys(self._counts, 1)

    def summaries(self, facet: Facet, *, limit: int | None = None) -> tuple[ReleaseSummary, ...]:
        """The chosen releases of a facet without their text, newest first."""
        found = self._store.summaries(facet)
        return tuple(one for one in found if one.id in self.ids)[:limit]

    def backlog(self, source: str, *, limit: int | None = None) -> tuple[ReleaseSummary, ...]:
        """The chosen undated releases that a source had at its first visit."""
        found = self._store.backlog(source)
        return tuple(one for one in found if one.id in self.ids)[:limit]

    def summaries_of(self, ids: Sequence[str]) -> Mapping[str, ReleaseSummary]:
        """Chosen releases without their text, by id."""
        return self._store.summaries_of([one for one in ids if one in self.ids])

    def neighbours(self, ids: Sequence[str]) -> Mapping[str, Neighbours]:
        """What stands beside releases among the chosen ones of their source, by id."""
        found: dict[str, Neighbours] = {}
        for one in self._store.summaries_of([one for one in ids if one in self.ids]).values():
            found |= {one.id: self._beside(one.source)[one.id]}
        return found

    def _beside(self, source: str) -> Mapping[str, Neighbours]:
        if source not in self._neighbours:
            row = [neighbour_of(one) for one in self.releases(Facet(source=source))]
            newer, older = [None, *row][:-1], [*row, None][1:]
            around = zip(row, newer, older, strict=True)
            self._neighbours[source] = {one.id: Neighbours(new, old) for one, new, old in around}
        return self._neighbours[source]

    def change_cursor(self) -> ChangeCursor:
        """How far the store has come."""
        return self._store.change_cursor()

    def changes_since(
        self, since: ChangeCursor, *, limit: int
    ) -> Mapping[str, ReleaseChange] | None:
        """None: nothing was published before."""
        del since, limit
        return None

    def edits(self, *, limit: int) -> tuple[Revision, ...]:
        """The newest corrections of the chosen releases."""
        found = self._store.edits(limit=limit)
        return tuple(one for one in found if one.release in self.ids)

    def every_edit(self) -> Sequence[tuple[str, int, float]]:
        """All corrections of the chosen releases, the first one first."""
        return [one for one in self._store.every_edit() if one[0] in self.ids]

    def every_retraction(self) -> Sequence[tuple[str, float]]:
        """The chosen releases that are retracted, the first retraction first, with its time."""
        return [one for one in self._store.every_retraction() if one[0] in self.ids]

    def returns(self, *, limit: int | None = None) -> Sequence[Return]:
        """The returns of chosen releases, the last one first."""
        return [one for one in self._store.returns() if one.release in self.ids][:limit]

    def returns_of(self, release_id: str) -> Sequence[Return]:
        """The returns of one of the chosen releases, the last one first."""
        return self._store.returns_of(release_id) if release_id in self.ids else ()

    def retractions(self, *, limit: int) -> tuple[Release, ...]:
        """The chosen releases that are retracted, the last retraction first."""
        return tuple(one for one in self._store.retractions(limit=limit) if one.id in self.ids)

    def recently_updated(self, *, limit: int) -> tuple[Release, ...]:
        """The chosen releases that changed since their first sight, the last change first."""
        found = self._store.recently_updated(limit=limit)
        return tuple(one for one in found if one.id in self.ids)

    def as_of(self, facet: Facet, at: dt.datetime, *, limit: int) -> tuple[Release, ...]:
        """The chosen releases of a facet as they stood at an instant."""
        return tuple(one for one in self._store.as_of(facet, at, limit=limit) if one.id in self.ids)

    def last_changes(self, month: str) -> Iterator[tuple[str, dt.datetime]]:
        """The ids of the chosen releases of a month, or without a day, with their last changes."""
        return (one for one in self._store.last_changes(month) if one[0] in self.ids)

    def newest_of_sources(self, *, limit: int) -> Mapping[str, tuple[str, str]]:
        """The day of the newest dated chosen release of each source, and its language."""
        found = {}
        for source in self.sources():
            newest = [*self.releases(Facet(source=source), limit=limit)]
            if newest and newest[0].day:
                languages = [one.content.language or None for one in newest]
                found[source] = newest[0].day, common_language(languages) or ""
        return found

    def day_counts(self, source: str, since: str) -> Mapping[str, int]:
        """How many of the releases a source published on each day from a day on."""
        days = (one.day for one in self.releases(Facet(source=source)))
        return Counter(day for day in days if day >= since and day)

    def runs(self, source: str, *, limit: int) -> tuple[Run, ...]:
        """The last runs of a source, newest first."""
        return self._store.runs(source, limit=limit)

    def mark_published(self, published: Mapping[Facet, int]) -> None:
        """Note nothing: what the site has published stays as it is."""

    def health_events(self, *, limit: int | None = None) -> Sequence[HealthEvent]:
        """None: how well the collection works is nothing that is exported."""
        del limit
        return ()

    def last_health_events(self) -> Mapping[str, HealthEvent]:
        """None, for the same reason."""
        return {}

    def read_sources(self) -> frozenset[str]:
        """The ids of the sources of which a visit has read a release."""
        return self._store.read_sources()
