"""A selection of releases that is published like a whole store."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from data.models import (
    ChangeCursor,
    DayDigest,
    Facet,
    HealthEvent,
    Neighbour,
    Neighbours,
    Release,
    ReleaseChange,
    ReleaseSummary,
    ReleaseTimes,
    RemovedSource,
    Return,
    Revision,
    Run,
    Sightings,
    Source,
)
from data.store.store import Store
from data.topics.facets import facets_of
from feeds.formats.feed import common_language


def neighbour_of(release: Release) -> Neighbour:
    """Return a release as a neighbour of another."""
    content = release.content
    return Neighbour(release.id, content.title, content.language or "", release.day)


class PublicationInMemory:
    """The part of a PublishStore that records publications, in memory only."""

    def __init__(self) -> None:
        self.pages: dict[Facet, dict[int, Sequence[str]]] = {}
        self.days: dict[str, DayDigest] = {}

    def hidden(self) -> frozenset[str]:
        """Return no ids: hidden releases are never chosen."""
        return frozenset()

    def news_to_publish(self) -> str:
        """Return no release: nothing waits for publication."""
        return ""

    def mark_in_feeds(self, last: str, at: dt.datetime) -> None:
        """Do nothing, as the copy is published only once."""

    def release_times(self, source: str, *, limit: int) -> tuple[ReleaseTimes, ...]:
        """Return nothing: copies show no delays of releases."""
        del source, limit
        return ()

    def archive_page_count(self, facet: Facet) -> int:
        """Return the number of archive pages of a feed."""
        return max(self.pages.get(facet, ()), default=0)

    def archived(self, facet: Facet, ids: Sequence[str]) -> Mapping[str, int]:
        """Return the archive page number of each release that is on one."""
        pages = self.pages.get(facet, {}).items()
        numbers = {one: page for page, some in pages for one in some}
        return {one: numbers[one] for one in ids if one in numbers}

    def archive_page(self, facet: Facet, page: int) -> Sequence[str]:
        """Return the ids of the releases on an archive page of a feed."""
        return self.pages.get(facet, {}).get(page, ())

    def add_archive_pages(self, pages: Mapping[Facet, Mapping[int, Sequence[str]]]) -> None:
        """Add archive pages to feeds: the ids of releases by page number."""
        for facet, some in pages.items():
            self.pages.setdefault(facet, {}).update(some)

    def day_digest(self, day: str) -> DayDigest | None:
        """Return the digest of a completed day as first published."""
        return self.days.get(day)

    def add_day_digest(self, digest: DayDigest) -> None:
        """Store the digest of a day, unless one is stored already."""
        self.days.setdefault(digest.day, digest)


class SelectedReleases(PublicationInMemory):
    """A PublishStore with some releases of a store, which publishing leaves unchanged.

    ``source``, ``since`` and ``until`` select releases like Store.by_first_seen.
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
        """Return the sources of the chosen releases."""
        known = self._store.sources()
        chosen = sorted({facet.source for facet in self._counts if facet.source})
        return {source: known[source] for source in chosen if source in known}

    def secret_addresses(self) -> tuple[str, ...]:
        """Return the addresses of sources that may contain secrets."""
        return self._store.secret_addresses()

    def source_moves(self) -> Mapping[str, str]:
        """Return the current id of each renamed source, by its former ids."""
        return self._store.source_moves()

    def removed_sources(self) -> Mapping[str, RemovedSource]:
        """Return the sources that are no longer collected, by id."""
        return self._store.removed_sources()

    def section_labels(self) -> Mapping[tuple[str, str], str]:
        """Return the label of each section in use, by source and slug."""
        return self._store.section_labels()

    def topics(self) -> Mapping[str, str]:
        """Return the label of each topic in use, by slug."""
        return self._store.topics()

    def topic_parents(self) -> Mapping[str, str]:
        """Return the parent of each topic below the top level, by slug."""
        return self._store.topic_parents()

    def release(self, release_id: str) -> Release | None:
        """Return a chosen release by its id, or None."""
        return self._store.release(release_id) if release_id in self.ids else None

    def releases(
        self, facet: Facet, *, limit: int | None = None, offset: int = 0
    ) -> Iterator[Release]:
        """Yield the chosen releases of a facet, newest first."""
        chosen = (one.id for one in self.summaries(facet))
        for number, release in enumerate(chosen):
            if number >= offset and (limit is None or number < offset + limit):
                found = self._store.release(release)
                if found:
                    yield found

    def revisions(self, release_id: str) -> tuple[Revision, ...]:
        """Return all versions of a release, oldest first."""
        return self._store.revisions(release_id) if release_id in self.ids else ()

    def sightings(self, release_id: str) -> Sightings:
        """Return the captures of a release."""
        return self._store.sightings(release_id)

    def facets(self) -> Mapping[Facet, int]:
        """Return the number of chosen releases per facet."""
        return self._counts

    def story(self, story: str) -> tuple[Release, ...]:
        """Return the chosen releases of a story in order of publication."""
        return tuple(one for one in self._store.story(story) if one.id in self.ids)

    def dirty_feeds(self) -> Mapping[Facet, int]:
        """Return all facets, as nothing has been published."""
        return dict.fromkeys(self._counts, 1)

    def summaries(self, facet: Facet, *, limit: int | None = None) -> tuple[ReleaseSummary, ...]:
        """Return the chosen releases of a facet without texts, newest first."""
        found = self._store.summaries(facet)
        return tuple(one for one in found if one.id in self.ids)[:limit]

    def backlog(self, source: str, *, limit: int | None = None) -> tuple[ReleaseSummary, ...]:
        """Return the chosen undated releases found at the first visit to a source."""
        found = self._store.backlog(source)
        return tuple(one for one in found if one.id in self.ids)[:limit]

    def summaries_of(self, ids: Sequence[str]) -> Mapping[str, ReleaseSummary]:
        """Return chosen releases without texts, by id."""
        return self._store.summaries_of([one for one in ids if one in self.ids])

    def neighbours(self, ids: Sequence[str]) -> Mapping[str, Neighbours]:
        """Return the neighbours of releases among the chosen ones of their source, by id."""
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
        """Return the change cursor of the store."""
        return self._store.change_cursor()

    def changes_since(
        self, since: ChangeCursor, *, limit: int
    ) -> Mapping[str, ReleaseChange] | None:
        """Return None: nothing was published before."""
        del since, limit
        return None

    def edits(self, *, limit: int) -> tuple[Revision, ...]:
        """Return the newest edits of chosen releases."""
        found = self._store.edits(limit=limit)
        return tuple(one for one in found if one.release in self.ids)

    def every_edit(self) -> Sequence[tuple[str, int, float]]:
        """Return all edits of chosen releases, oldest first."""
        return [one for one in self._store.every_edit() if one[0] in self.ids]

    def every_retraction(self) -> Sequence[tuple[str, float]]:
        """Return the retractions of chosen releases with their times, oldest first."""
        return [one for one in self._store.every_retraction() if one[0] in self.ids]

    def returns(self, *, limit: int | None = None) -> Sequence[Return]:
        """Return the returns of chosen releases, newest first."""
        return [one for one in self._store.returns() if one.release in self.ids][:limit]

    def returns_of(self, release_id: str) -> Sequence[Return]:
        """Return the returns of a chosen release, newest first."""
        return self._store.returns_of(release_id) if release_id in self.ids else ()

    def retractions(self, *, limit: int) -> tuple[Release, ...]:
        """Return the retracted chosen releases, the latest retraction first."""
        return tuple(one for one in self._store.retractions(limit=limit) if one.id in self.ids)

    def recently_updated(self, *, limit: int) -> tuple[Release, ...]:
        """Return the chosen releases that changed since first seen, the latest change first."""
        found = self._store.recently_updated(limit=limit)
        return tuple(one for one in found if one.id in self.ids)

    def as_of(self, facet: Facet, at: dt.datetime, *, limit: int) -> tuple[Release, ...]:
        """Return the chosen releases of a facet as of an instant."""
        return tuple(one for one in self._store.as_of(facet, at, limit=limit) if one.id in self.ids)

    def last_changes(self, month: str) -> Iterator[tuple[str, dt.datetime]]:
        """Yield the ids and last changes of chosen releases of a month, or without a date."""
        return (one for one in self._store.last_changes(month) if one[0] in self.ids)

    def newest_of_sources(self, *, limit: int) -> Mapping[str, tuple[str, str]]:
        """Return the newest day and main language of the chosen releases per source."""
        found = {}
        for source in self.sources():
            newest = [*self.releases(Facet(source=source), limit=limit)]
            if newest and newest[0].day:
                languages = [one.content.language or None for one in newest]
                found[source] = newest[0].day, common_language(languages) or ""
        return found

    def day_counts(self, source: str, since: str) -> Mapping[str, int]:
        """Return the number of chosen releases per day since a day."""
        days = (one.day for one in self.releases(Facet(source=source)))
        return Counter(day for day in days if day >= since and day)

    def runs(self, source: str, *, limit: int) -> tuple[Run, ...]:
        """Return the last visits to a source, newest first."""
        return self._store.runs(source, limit=limit)

    def mark_published(self, published: Mapping[Facet, int]) -> None:
        """Do nothing: the publication state of the site stays unchanged."""

    def health_events(self, *, limit: int | None = None) -> Sequence[HealthEvent]:
        """Return nothing: copies do not contain the health of sources."""
        del limit
        return ()

    def last_health_events(self) -> Mapping[str, HealthEvent]:
        """Return nothing: copies do not contain the health of sources."""
        return {}

    def read_sources(self) -> frozenset[str]:
        """Return the ids of sources with a release that a visit has read."""
        return self._store.read_sources()
