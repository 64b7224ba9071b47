"""Protocol of a store: all methods, including reading, health, WebSub, alerts and the API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Literal, Protocol

from data.identity.decision import Decision
from data.identity.retraction import Vanished
from data.models import (
    Capture,
    Content,
    Draft,
    DueHosts,
    HiddenRelease,
    Link,
    Listed,
    ListingKind,
    PublicationTime,
    Recall,
    RecordPlace,
    Release,
    Run,
    Source,
    Stage,
    Validator,
    Wait,
    Walk,
)
from data.search.matches import Hits, Matches
from data.search.query import Query
from data.store.alert_protocol import AlertStore
from data.store.api_protocol import ApiStore
from data.store.health_protocol import HealthStore
from data.store.read_protocol import PublishStore
from data.store.reader_protocol import ReaderStore
from data.store.websub_protocol import WebSubStore


class Store(PublishStore, HealthStore, WebSubStore, AlertStore, ApiStore, ReaderStore, Protocol):
    """All methods of a store; each writing method is one transaction."""

    def keep_taxonomy(self, labels: Mapping[str, str], parents: Mapping[str, str]) -> None:
        """Store the labels and parents of a taxonomy's topics, replacing those of an earlier one.

        ``labels`` are in the language of the site. ``parents`` are for topics below the top level.
        """

    def section_topics(self) -> Sequence[tuple[str, str]]:
        """Return the sources and slugs of sections that are also topics but not in a taxonomy."""

    def drop_section_topic(self, source: str, topic: str) -> int:
        """Remove a topic from a source's releases in the section of that name; return their number.

        This is not an edit: the releases keep their positions, and no alerts are sent.
        """

    def latency_counts(
        self, stage: Stage, bounds: Sequence[float]
    ) -> Mapping[str, tuple[Sequence[int], float]]:
        """Return a histogram of the delays of all news in a stage, by source.

        ``bounds`` are seconds in ascending order. Each histogram has one count per bound, one more
        for longer delays, and the sum of the delays in seconds.
        """

    def find_releases(self, name: str, *, limit: int) -> tuple[Release, ...]:
        """Return up to ``limit`` releases with this id, id prefix or address."""

    def by_first_seen(
        self,
        source: str | None = None,
        *,
        since: dt.date | None = None,
        until: dt.date | None = None,
        after: str = "",
    ) -> Iterator[Release]:
        """Yield releases in the order of their first sight.

        They can be limited to a source and to publication days from ``since`` until ``until`` (both
        inclusive), in the time zone of the source. With ``after``, a release id, only releases that
        were first seen after that release are returned.
        """

    def transaction(self) -> AbstractContextManager[object]:
        """Run the method calls within in one transaction that is committed fully or not at all.

        If one of the methods fails, only its own writes are undone.
        """

    def register(self, source: Source) -> None:
        """Store the description of a source; a removed source is collected again.

        Raises RenamedSource.
        """

    def rename_source(self, old: str, new: str) -> bool:
        """Change the id of a source and return whether the source is known.

        No other source may have or have had the new id. The ids of releases stay the same.
        """

    def remove_source(self, source: str, *, at: dt.datetime, kept: bool) -> bool:
        """Record that a source is no longer collected and return whether this is a change.

        Its releases are hidden unless they are ``kept`` in feeds and pages.
        """

    def record(
        self,
        draft: Draft,
        *,
        seen: dt.datetime,
        since: dt.datetime,
        front: Iterable[str] = (),
        labels: Mapping[str, str] | None = None,
    ) -> Decision:
        """Decide whether a draft is new, changed or unchanged, and store it.

        ``seen`` is the time of the visit and ``since`` the start of its run. ``front`` contains
        addresses of the site that are not releases. ``labels`` are labels of topics by slug.
        """

    def mark_unchanged(
        self, release_id: str, *, seen: dt.datetime, capture: Capture | None = None
    ) -> Literal["unchanged", "changed"]:
        """Record that a release was seen unchanged; a retracted release is then online again.

        Return ``changed`` if the release was retracted. ``capture`` is the archive record of the
        response.
        """

    def mark_gone(
        self, release_id: str, *, seen: dt.datetime, capture: Capture | None = None
    ) -> Literal["gone", "still gone", "retracted"]:
        """Record that a release is gone (404 or 410).

        Return ``gone`` the first time, ``still gone`` later, and ``retracted`` for a retracted
        release. Only `retract` retracts a release. ``capture`` is the archive record of the
        response.
        """

    def captured(self) -> Iterator[Capture]:
        """Yield every capture that the store refers to, of releases and of their files."""

    def relocate_captures(self, moved: Mapping[str, RecordPlace]) -> None:
        """Update the places of archive records, by record id.

        Pages that show these records are published again.
        """

    def await_files(self, source: str, urls: Iterable[str]) -> Sequence[str]:
        """Queue addresses of files of releases for archiving and return the new addresses."""

    def awaited_files(
        self, source: str, *, now: dt.datetime, since: dt.datetime, limit: int
    ) -> Sequence[str]:
        """Return the addresses of files to request ``now`` and count each as requested.

        Files requested ``since`` the start of the visit or too often are left out. The others are
        requested at growing intervals.
        """

    def keep_file(self, source: str, url: str, capture: Capture) -> None:
        """Store the capture of a release's file."""

    def file_captures(self, urls: Iterable[str]) -> Mapping[str, Capture]:
        """Return the captures of those files that are archived, by address."""

    def listings(self, source: str) -> Iterator[str]:
        """Yield the last extraction of each listing page of a source, as JSON text."""

    def read_anew(
        self,
        release_id: str,
        draft: Draft,
        *,
        at: dt.datetime,
        labels: Mapping[str, str],
        before: Content | None = None,
    ) -> Decision | None:
        """Store a release as re-extracted with other rules from a stored response.

        Return None if the release is unknown. A better text makes a revision, which is not an edit
        and causes no alert. ``before`` is explained in data.identity.decision.read_anew.
        """

    def vanished(self, source: str) -> tuple[Vanished, ...]:
        """Return the releases of a source that are gone but not retracted, longest gone first."""

    def alert_gone(self, releases: Iterable[Vanished]) -> None:
        """Queue alerts that these releases are gone, dated at their first 404 or 410 response.

        The absence is not yet confirmed. An alert for the same release and time is delivered only
        once, even if it is queued several times.
        """

    def hold(self, unlisted: Mapping[str, dt.datetime | None]) -> None:
        """Suspend the retraction of these releases, by id.

        Each value is the time since when a working listing no longer contains the release, or None.
        A release that returns is not suspended any more.
        """

    def retract(self, release_id: str, *, at: dt.datetime, why: str = "") -> bool:
        """Retract a release and return whether it was online until now.

        ``why`` is the reason that a person gave.
        """

    def why_retracted(self, release_id: str) -> str:
        """Return the reason that a person gave for a retraction or redaction, or an empty text."""

    def hide(self, release_id: str, *, at: dt.datetime, why: str) -> bool:
        """Hide a release from readers for the reason ``why`` and return whether it was visible.

        The release is no longer visited. All its data is kept.
        """

    def unhide(self, release_id: str) -> bool:
        """Show a hidden release in its current state again and return whether it was hidden."""

    def hidden_alone(self) -> tuple[Release, ...]:
        """Return the hidden releases, except those that were hidden together with their source."""

    def hidden_release(self, release_id: str) -> HiddenRelease | None:
        """Return when and why a release was hidden, or None if it is visible."""

    def due(
        self, source: str, *, now: dt.datetime, recent: dt.timedelta, everything: bool, limit: int
    ) -> tuple[str, ...]:
        """Return up to ``limit`` addresses of releases to check again, longest unvisited first.

        Due are releases younger than ``recent``, releases once found gone, and older releases at
        intervals that grow with their age. With ``everything``, all releases are due. Redacted
        releases are never due.
        """

    def ids_at(self, source: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Return the ids of the releases at these canonical addresses, by address."""

    def sections_of(self, source: str, page: str) -> tuple[str, ...]:
        """Return the addresses of visible releases that are sections of one page."""

    def current_addresses(self, source: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Return the present addresses of the releases at these canonical addresses, by address.

        The result is empty for an address that only redirected to a release: it may redirect to
        another page now.
        """

    def redacted_addresses(self, source: str) -> Sequence[str]:
        """Return the addresses of a source's redacted releases."""

    def validator(self, url: str) -> Validator | None:
        """Return the cache validators (ETag, Last-Modified) of the last response of an address."""

    def cached_listing(self, url: str, reader: str) -> str | None:
        """Return the cached items of a listing as JSON text, or None.

        Items that another ``reader`` extracted are not returned.
        """

    def cache_listing(
        self, source: str, url: str, reader: str, items: str, validator: Validator
    ) -> None:
        """Cache the items of a listing and the validators for its next request."""

    def update_search_index(self) -> int:
        """Add recently recorded releases to the search index and return their number.

        Translations of one release among them are joined to stories.
        """

    def awaits_indexing(self) -> bool:
        """Return whether recorded releases are missing from the search index."""

    def search(self, query: Query, *, limit: int, offset: int = 0) -> tuple[Release, ...]:
        """Return the releases that match a query, best first.

        Only releases that `update_search_index` has added are found. A query without a required
        word finds nothing; there are no invalid queries.

        Raises SlowSearch.
        """

    def search_newest(self, query: Query, *, limit: int, cursor: int | None = None) -> Hits:
        """Return the releases that match a query by day, newest first, after the ``cursor``.

        An empty query finds nothing; there are no invalid cursors. Only indexed releases are found.
        Raises SlowSearch.
        """

    def count_matches(self, query: Query) -> Matches:
        """Return how many releases match a query, in total and per source, topic or other filter.

        Raises SlowSearch.
        """

    def templates(self, source: str) -> tuple[str, ...]:
        """Return what was learned about a source's layouts, as JSON texts by layout name."""

    def keep_template(self, source: str, layout: str, template: str) -> None:
        """Store what was learned about a layout, as JSON text, replacing earlier data."""

    def forget_template(self, source: str, layout: str) -> None:
        """Delete a layout that pages don't use any more."""

    def source_reading(self, source: str) -> str:
        """Return the rules used to extract a source's pages, as JSON text; empty if unknown."""

    def keep_source_reading(self, source: str, reading: str) -> None:
        """Store the rules used to extract a source's pages, as JSON text."""

    def skeleton(self, release: str) -> bytes:
        """Return the last sketch of a release page's structure; empty if unknown."""

    def note_links(self, source: str, links: Mapping[str, Link], *, limit: int) -> tuple[Link, ...]:
        """Record the releases that pages link to, by canonical address.

        Return up to ``limit`` links to fetch. Each release is counted once, when a page first links
        to it.
        """

    def note_link_visits(self, source: str, keys: Iterable[str]) -> None:
        """Record the results of fetching linked addresses where releases were expected."""

    def sections(self, source: str) -> Mapping[str, int]:
        """Return the sections of a source's releases, with the number of releases in each.

        Releases that were only found through links are not counted.
        """

    def recall(self, source: str) -> Recall:
        """Return how many of the releases that a source's pages link to were in the store."""

    def wait(self, host: str) -> Wait | None:
        """Return the time until which a host asked clients to wait, even if it has passed."""

    def keep_wait(self, host: str, wait: Wait) -> None:
        """Store the time until which a host asked clients to wait."""

    def robots(self, origin: str) -> tuple[bytes, dt.datetime] | None:
        """Return the last robots.txt of an origin and the time when it was read."""

    def keep_robots(self, origin: str, body: bytes, seen: dt.datetime) -> None:
        """Store the robots.txt of an origin."""

    def compute_differences(self, *, limit: int) -> int:
        """Compute up to ``limit`` missing differences between versions and return their number."""

    def unconfirmed(self, subject: str) -> tuple[str, dt.datetime] | None:
        """Return the mark and time of the last response or text that may be truncated.

        ``subject`` is an address or a release id.
        """

    def keep_unconfirmed(self, subject: str, mark: str, seen: dt.datetime) -> None:
        """Store the mark of a possibly truncated response or text for a later comparison."""

    def walk(self, source: str, start: str) -> Walk | None:
        """Return the progress of the walk that began on the page at ``start``, or None."""

    def news_of(self, ids: Sequence[str]) -> frozenset[str]:
        """Return those of these release ids whose releases were news when found, not backlog."""

    def first_visit(self, source: str) -> dt.datetime | None:
        """Return when a visit first read a listing of a source, or None."""

    def begin_walk(self, source: str, start: str, rules: str, *, at: dt.datetime) -> Walk:
        """Start a walk at the page ``start``; it replaces an earlier walk from there.

        ``at`` is the time of the visit. The first walk stores it as ``begun``.
        """

    def keep_walk(self, source: str, walk: Walk) -> None:
        """Store the progress of a walk."""

    def list_items(
        self, source: str, kind: ListingKind, walk: int, items: Mapping[str, str]
    ) -> Listed:
        """Record the items on a page of a walk and return those that are fresh or news.

        ``items`` are names by canonical address. A name consists of the day and the title. A
        release that was listed with this name at another address is not fresh.
        """

    def listed_before(
        self, source: str, kind: ListingKind, items: Mapping[str, str]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Return which addresses this listing showed before, and for which it showed the name.

        ``items`` are names by canonical address.
        """

    def await_items(self, source: str, items: Mapping[str, str], *, front: bool) -> None:
        """Queue listed items that were not fetched yet, as JSON texts by canonical address.

        Items on the first page (``front``) are requested by every visit, the others at growing
        intervals.
        """

    def awaiting(self, source: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Return those canonical addresses that are queued, with their items as JSON text."""

    def unread(self, source: str) -> Sequence[str]:
        """Return the listed items that were not fetched yet, as JSON texts in listing order."""

    def awaited(
        self, source: str, *, now: dt.datetime, since: dt.datetime, limit: int
    ) -> Sequence[str]:
        """Return the items to fetch ``now``, first page first, and count each as requested.

        Items requested ``since`` the start of the visit are left out.
        """

    def return_items(self, source: str, *, since: dt.datetime) -> None:
        """Make all items due again that were requested ``since`` a time but are not stored.

        An interrupted visit calls this: its requests don't count as tries.
        """

    def add_run(self, run: Run) -> None:
        """Store the report of a run."""

    def maintain(self) -> None:
        """Delete the oldest run reports and do the other maintenance of the store."""

    def last_visit(self, source: str) -> dt.datetime | None:
        """Return when the last run of a source began, or None."""

    def publication_times(self, source: str, *, limit: int) -> tuple[PublicationTime, ...]:
        """Return the publication times of a source's newest releases.

        Undated releases from the first visit are left out.
        """

    def visited_now(self) -> frozenset[str]:
        """Return the ids of the sources that workers are visiting."""

    def due_hosts(self) -> DueHosts | None:
        """Return the hosts that wait for a worker; None if the database doesn't schedule visits."""

    def close(self) -> None:
        """Close this thread's connection."""
