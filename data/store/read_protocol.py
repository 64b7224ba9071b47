"""What feeds and pages can ask of a store, and what publishing keeps in it."""

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
    """The verbs that feeds and pages need: each sees one committed state."""

    def sources(self) -> Mapping[str, Source]:
        """Every source that has ever been collected, by its id."""

    def secret_addresses(self) -> tuple[str, ...]:
        """The addresses of sources that may carry secrets, as requested and as published."""

    def source_moves(self) -> Mapping[str, str]:
        """The present id of each source that was renamed by all that it had, the first one first.

        Where it was renamed back, that is the same.
        """

    def removed_sources(self) -> Mapping[str, RemovedSource]:
        """The sources that are collected no more, by id."""

    def topics(self) -> Mapping[str, str]:
        """The label of every topic in use, by its slug."""

    def topic_parents(self) -> Mapping[str, str]:
        """The slug of the topic that each topic below the top level stands under, by its own."""

    def section_labels(self) -> Mapping[tuple[str, str], str]:
        """What every section in use is called, by its source and its slug."""

    def release(self, release_id: str) -> Release | None:
        """One release by its id."""

    def releases(
        self, facet: Facet, *, limit: int | None = None, offset: int = 0
    ) -> Iterator[Release]:
        """The releases of a facet, newest first: by ``order`` descending, then by id."""

    def revisions(self, release_id: str) -> tuple[Revision, ...]:
        """Every version of a release, oldest first."""

    def sightings(self, release_id: str) -> Sightings:
        """The captures of a release."""

    def facets(self) -> Mapping[Facet, int]:
        """Every facet that holds at least one release, with its number of releases."""

    def story(self, story: str) -> tuple[Release, ...]:
        """The releases that share a story, first published first."""

    def dirty_feeds(self) -> Mapping[Facet, int]:
        """The facets that changed since they were last published, with the number of the change."""

    def summaries(self, facet: Facet, *, limit: int | None = None) -> tuple[ReleaseSummary, ...]:
        """The releases of a facet without their text, newest first, as ``releases`` orders them."""

    def backlog(self, source: str, *, limit: int | None = None) -> tuple[ReleaseSummary, ...]:
        """The undated releases that a source had at its first visit, in the order of its page."""

    def summaries_of(self, ids: Sequence[str]) -> Mapping[str, ReleaseSummary]:
        """Releases without their text, by id; what is not in the store is left out."""

    def neighbours(self, ids: Sequence[str]) -> Mapping[str, Neighbours]:
        """What stands beside releases among those of their source, by id.

        Of one that is hidden, what stands beside its place.
        """

    def change_cursor(self) -> ChangeCursor:
        """How far the store has come; to be asked before all that is asked of that state."""

    def changes_since(
        self, since: ChangeCursor, *, limit: int
    ) -> Mapping[str, ReleaseChange] | None:
        """The releases that changed since a point, by id; later changes may be among them.

        None where that can't be told: they are more than ``limit``, the point is long ago, or it is
        one of a store that was restored from a copy since.
        """

    def edits(self, *, limit: int) -> tuple[Revision, ...]:
        """The newest corrections of all releases, each as the version that it made.

        Redacted releases are left out.
        """

    def every_edit(self) -> Sequence[tuple[str, int, float]]:
        """All corrections, the first one first: the id of a release, its version, and when.

        Redacted releases are left out. Times are seconds since 1970.
        """

    def every_retraction(self) -> Sequence[tuple[str, float]]:
        """The ids of the retracted releases, the first retraction first, each with its time.

        Redacted releases are left out. Times are seconds since 1970.
        """

    def returns(self, *, limit: int | None = None) -> Sequence[Return]:
        """The returns of retracted releases that are not redacted, the last one first."""

    def returns_of(self, release_id: str) -> Sequence[Return]:
        """The returns of one release, the last one first."""

    def retractions(self, *, limit: int) -> tuple[Release, ...]:
        """The retracted releases that are not redacted, the last retraction first."""

    def recently_updated(self, *, limit: int) -> tuple[Release, ...]:
        """The releases that changed since their first sight, the last change first.

        Edits, retractions, and returns of what was retracted are changes.
        """

    def as_of(self, facet: Facet, at: dt.datetime, *, limit: int) -> tuple[Release, ...]:
        """The newest releases of a facet as they stood at an instant, as ``releases`` orders them.

        What was first seen later is left out; of what was edited or retracted later, the version
        of then is given. Topics and stories are those of today.
        """

    def last_changes(self, month: str) -> Iterator[tuple[str, dt.datetime]]:
        """The ids of the releases of a month, or without a day, each with its last change.

        ``month`` is as ISO writes it, or empty. The oldest come first.
        """

    def newest_of_sources(self, *, limit: int) -> Mapping[str, tuple[str, str]]:
        """The day of the newest dated release of each source that has one, and its language.

        That is the one of most of its ``limit`` newest releases; empty where none names any.
        """

    def runs(self, source: str, *, limit: int) -> tuple[Run, ...]:
        """The last runs of a source, newest first."""

    def day_counts(self, source: str, since: str) -> Mapping[str, int]:
        """How many releases a source published on each day from a day on, in its zone."""

    def release_times(self, source: str, *, limit: int) -> tuple[ReleaseTimes, ...]:
        """When the last releases of a source came that were news, the newest first."""


class PublishStore(ReadStore, Protocol):
    """What publishing needs besides: what was published once and must never be lost."""

    def hidden(self) -> frozenset[str]:
        """The ids of all hidden releases, which no other verb here gives but ``release``."""

    def mark_published(self, published: Mapping[Facet, int]) -> None:
        """Note what was published: feeds that changed since, to a higher number, stay dirty."""

    def news_to_publish(self) -> str:
        """The id of the last release that was news and was in no feed; empty for none."""

    def mark_in_feeds(self, last: str, at: dt.datetime) -> None:
        """Note that the releases that were news, up to one by id, are in the feeds since then."""

    def archive_page_count(self, facet: Facet) -> int:
        """How many archive pages a feed has."""

    def archived(self, facet: Facet, ids: Sequence[str]) -> Mapping[str, int]:
        """Those of some releases that are on an archive page of a feed, with its number."""

    def archive_page(self, facet: Facet, page: int) -> Sequence[str]:
        """The releases on an archive page of a feed, by id."""

    def add_archive_pages(self, pages: Mapping[Facet, Mapping[int, Sequence[str]]]) -> None:
        """Put releases, by id, on new archive pages of feeds, by their numbers."""

    def day_digest(self, day: str) -> DayDigest | None:
        """A day that is over, as it was when it was first published."""

    def add_day_digest(self, digest: DayDigest) -> None:
        """Keep a day as it is published; one that is kept already stays."""

    def health_events(self, *, limit: int | None = None) -> Sequence[HealthEvent]:
        """The last changes in the health of sources, oldest first."""

    def last_health_events(self) -> Mapping[str, HealthEvent]:
        """The last change in the health of each source."""

    def read_sources(self) -> frozenset[str]:
        """The ids of the sources of which a visit has read a release."""
