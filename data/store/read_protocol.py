"""Protocols of a store for reading and publishing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from data.models import (
    ChangeCursor,
    DayDigest,
    Facet,
    HealthEvent,
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


class ReadStore(Protocol):
    """The methods that feeds and pages need; each reads one committed state."""

    def sources(self) -> Mapping[str, Source]:
        """Return every source that was ever collected, by id."""

    def secret_addresses(self) -> tuple[str, ...]:
        """Return the addresses of sources that may contain secrets.

        They are the addresses as requested and as published.
        """

    def source_moves(self) -> Mapping[str, str]:
        """Return the present id of each renamed source by its earlier ids, first renaming first.

        For a source that was renamed back, both ids may be the same.
        """

    def removed_sources(self) -> Mapping[str, RemovedSource]:
        """Return the sources that are no longer collected, by id."""

    def topics(self) -> Mapping[str, str]:
        """Return the label of every topic in use, by slug."""

    def topic_parents(self) -> Mapping[str, str]:
        """Return the slug of each topic's parent, by the topic's own slug.

        Topics at the top level are left out.
        """

    def section_labels(self) -> Mapping[tuple[str, str], str]:
        """Return the label of every section in use, by source and slug."""

    def release(self, release_id: str) -> Release | None:
        """Return a release by its id, or None."""

    def releases(
        self, facet: Facet, *, limit: int | None = None, offset: int = 0
    ) -> Iterator[Release]:
        """Yield the releases of a facet, newest first: by ``order`` descending, then by id."""

    def revisions(self, release_id: str) -> tuple[Revision, ...]:
        """Return every version of a release, oldest first."""

    def sightings(self, release_id: str) -> Sightings:
        """Return the captures of a release."""

    def facets(self) -> Mapping[Facet, int]:
        """Return every facet with at least one release, with its number of releases."""

    def story(self, story: str) -> tuple[Release, ...]:
        """Return the releases of a story, first published first."""

    def dirty_feeds(self) -> Mapping[Facet, int]:
        """Return the facets that changed since they were last published, with the change number."""

    def summaries(self, facet: Facet, *, limit: int | None = None) -> tuple[ReleaseSummary, ...]:
        """Return the releases of a facet without text, newest first, ordered as in ``releases``."""

    def backlog(self, source: str, *, limit: int | None = None) -> tuple[ReleaseSummary, ...]:
        """Return a source's undated releases from its first visit, in the order of its page."""

    def summaries_of(self, ids: Sequence[str]) -> Mapping[str, ReleaseSummary]:
        """Return releases without text, by id; unknown ids are left out."""

    def neighbours(self, ids: Sequence[str]) -> Mapping[str, Neighbours]:
        """Return the newer and older neighbours of releases within their source, by release id.

        For a hidden release, these are the neighbours of its former position.
        """

    def change_cursor(self) -> ChangeCursor:
        """Return the cursor of the latest change; read it before reading the state itself."""

    def changes_since(
        self, since: ChangeCursor, *, limit: int
    ) -> Mapping[str, ReleaseChange] | None:
        """Return the releases that changed since a cursor, by id; they may include later changes.

        Return None if the changes can't be determined: there are more than ``limit``, the cursor is
        too old, or the store was restored from a copy since then.
        """

    def edits(self, *, limit: int) -> tuple[Revision, ...]:
        """Return the newest corrections of all releases, each as the version that it created.

        Redacted releases are left out.
        """

    def every_edit(self) -> Sequence[tuple[str, int, float]]:
        """Return all corrections, first one first, as release id, version number and time.

        Redacted releases are left out. Times are seconds since 1970.
        """

    def every_retraction(self) -> Sequence[tuple[str, float]]:
        """Return the ids of all retracted releases with their retraction times, first one first.

        Redacted releases are left out. Times are seconds since 1970.
        """

    def returns(self, *, limit: int | None = None) -> Sequence[Return]:
        """Return the returns of retracted releases, last one first.

        Redacted releases are left out.
        """

    def returns_of(self, release_id: str) -> Sequence[Return]:
        """Return the returns of one release after retractions, last one first."""

    def retractions(self, *, limit: int) -> tuple[Release, ...]:
        """Return the retracted releases, last retraction first; redacted releases are left out."""

    def recently_updated(self, *, limit: int) -> tuple[Release, ...]:
        """Return the releases that changed since they were first seen, last change first.

        Changes are edits, retractions, and returns after a retraction.
        """

    def as_of(self, facet: Facet, at: dt.datetime, *, limit: int) -> tuple[Release, ...]:
        """Return the newest releases of a facet as of an instant, ordered as in ``releases``.

        Releases first seen later are left out. Releases edited or retracted later are returned in
        their version of that time. Topics and stories are the present ones.
        """

    def last_changes(self, month: str) -> Iterator[tuple[str, dt.datetime]]:
        """Yield the ids of the releases of a month, each with the time of its last change.

        ``month`` is an ISO month; an empty text selects undated releases. The oldest come first.
        """

    def newest_of_sources(self, *, limit: int) -> Mapping[str, tuple[str, str]]:
        """Return the day of each source's newest dated release and its most frequent language.

        The language is determined from up to ``limit`` newest releases. It is empty if they have no
        language. Sources without dated releases are left out.
        """

    def runs(self, source: str, *, limit: int) -> tuple[Run, ...]:
        """Return the last runs of a source, newest first."""

    def day_counts(self, source: str, since: str) -> Mapping[str, int]:
        """Return how many releases a source published per day since ``since``, in its time zone."""

    def release_times(self, source: str, *, limit: int) -> tuple[ReleaseTimes, ...]:
        """Return the times of a source's last releases that were news, newest first."""


class PublishStore(ReadStore, Protocol):
    """The methods for publishing: data that was published once and must never be lost."""

    def hidden(self) -> frozenset[str]:
        """Return the ids of all hidden releases.

        Other methods of this protocol, except ``release``, leave hidden releases out.
        """

    def mark_published(self, published: Mapping[Facet, int]) -> None:
        """Mark feeds as published at a change number; feeds with later changes stay dirty."""

    def news_to_publish(self) -> str:
        """Return the id of the last news release that is in no feed yet, or an empty text."""

    def mark_in_feeds(self, last: str, at: dt.datetime) -> None:
        """Record that news releases up to the id ``last`` are in the feeds since ``at``."""

    def archive_page_count(self, facet: Facet) -> int:
        """Return the number of archive pages of a feed."""

    def archived(self, facet: Facet, ids: Sequence[str]) -> Mapping[str, int]:
        """Return which of these releases are on archive pages of a feed, with page numbers."""

    def archive_page(self, facet: Facet, page: int) -> Sequence[str]:
        """Return the ids of the releases on an archive page of a feed."""

    def add_archive_pages(self, pages: Mapping[Facet, Mapping[int, Sequence[str]]]) -> None:
        """Put releases, by id, on new archive pages of feeds, by page number."""

    def day_digest(self, day: str) -> DayDigest | None:
        """Return the digest of a past day as it was first published, or None."""

    def add_day_digest(self, digest: DayDigest) -> None:
        """Store the digest of a day when it is published; an existing digest is not changed."""

    def health_events(self, *, limit: int | None = None) -> Sequence[HealthEvent]:
        """Return the last health changes of all sources, oldest first."""

    def last_health_events(self) -> Mapping[str, HealthEvent]:
        """Return the last health change of each source."""

    def read_sources(self) -> frozenset[str]:
        """Return the ids of the sources from which a visit has read a release."""
