"""What a store can do: every verb, those of reading, health, push, alerts and the API included."""

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
    """What every store can do; the writing verbs are each one transaction."""

    def keep_taxonomy(self, labels: Mapping[str, str], parents: Mapping[str, str]) -> None:
        """Keep what a taxonomy calls its topics, in place of what one said before.

        ``labels`` are in the language of the site, ``parents`` those of topics below the top level.
        """

    def section_topics(self) -> Sequence[tuple[str, str]]:
        """The sources and slugs of sections that are topics too, and that no taxonomy knows."""

    def drop_section_topic(self, source: str, topic: str) -> int:
        """Take a topic off the releases that stand in the section called so; how many there were.

        That is no edit: nothing of them moves, and no watch is told.
        """

    def latency_counts(
        self, stage: Stage, bounds: Sequence[float]
    ) -> Mapping[str, tuple[Sequence[int], float]]:
        """How late all news came in a stage, by source: counts up to each bound, and the sum.

        Bounds are seconds, and grow; one more count is of what took longer than the last.
        """

    def find_releases(self, name: str, *, limit: int) -> tuple[Release, ...]:
        """The releases that an id, the beginning of one or an address names, at most ``limit``."""

    def by_first_seen(
        self,
        source: str | None = None,
        *,
        since: dt.date | None = None,
        until: dt.date | None = None,
        after: str = "",
    ) -> Iterator[Release]:
        """Releases in the order of their first sight, of a source and between two days (inclusive).

        The days are those of publication, in the zone of each release's source. With ``after``, the
        id of one, only those that were seen first after that.
        """

    def transaction(self) -> AbstractContextManager[object]:
        """Make the verbs that are called within one transaction: all are kept, or none.

        A verb that fails within is undone alone.
        """

    def register(self, source: Source) -> None:
        """Keep what an institution is called; one that was removed is collected again.

        Raises RenamedSource.
        """

    def rename_source(self, old: str, new: str) -> bool:
        """Give a source that is known another id, which no other has or had; whether it is known.

        The ids of its releases stay.
        """

    def remove_source(self, source: str, *, at: dt.datetime, kept: bool) -> bool:
        """Note that a source is collected no more, and say whether that is news.

        Its releases are hidden, unless they are to be ``kept`` in feeds and pages.
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
        """Take in a draft: find out whether it is new, changed or unchanged, and keep it.

        ``seen`` is the time of the visit and ``since`` the start of its run, ``front`` are
        addresses of the site that are no release, ``labels`` the labels of topics by slug.
        """

    def mark_unchanged(
        self, release_id: str, *, seen: dt.datetime, capture: Capture | None = None
    ) -> Literal["unchanged", "changed"]:
        """Note that a release is still as it was; one that had been retracted is back.

        ``capture`` is the record of the answer that said so.
        """

    def mark_gone(
        self, release_id: str, *, seen: dt.datetime, capture: Capture | None = None
    ) -> Literal["gone", "still gone", "retracted"]:
        """Note that a release is gone (404 or 410): for the first time, still, or long retracted.

        It is retracted by `retract` alone. ``capture`` is the record of the answer that said so.
        """

    def captured(self) -> Iterator[Capture]:
        """Every capture that the store points to, of releases and of their files."""

    def relocate_captures(self, moved: Mapping[str, RecordPlace]) -> None:
        """Note where records are now, by their ids; pages that show them are to be written anew."""

    def await_files(self, source: str, urls: Iterable[str]) -> Sequence[str]:
        """Note files of releases, by address, that are to be archived, and give the new ones."""

    def awaited_files(
        self, source: str, *, now: dt.datetime, since: dt.datetime, limit: int
    ) -> Sequence[str]:
        """The addresses of files to be asked for ``now``; each counts as asked for.

        What was asked for ``since`` the start of the visit is left out, and what was asked for
        often; the rest at growing intervals.
        """

    def keep_file(self, source: str, url: str, capture: Capture) -> None:
        """Note the capture of a file of a release."""

    def file_captures(self, urls: Iterable[str]) -> Mapping[str, Capture]:
        """The captures of those of some files that are archived, by address."""

    def listings(self, source: str) -> Iterator[str]:
        """What each page that lists releases of a source said last, as JSON text."""

    def read_anew(
        self,
        release_id: str,
        draft: Draft,
        *,
        at: dt.datetime,
        labels: Mapping[str, str],
        before: Content | None = None,
    ) -> Decision | None:
        """Keep a release as other rules read what was served before; None where it is not known.

        A better text makes a revision, of which nobody is told: it is no edit. ``before`` is as
        data.identity.decision.read_anew has it.
        """

    def vanished(self, source: str) -> tuple[Vanished, ...]:
        """The releases of a source that are gone and not retracted, those first missed first."""

    def alert_gone(self, releases: Iterable[Vanished]) -> None:
        """Queue alerts that these releases are gone, unconfirmed, as of their first such response.

        An alert of the same release and time is delivered once, however often it is queued.
        """

    def hold(self, unlisted: Mapping[str, dt.datetime | None]) -> None:
        """Retract none of these releases, by id, each with since when a working listing lacks it.

        Who comes back is held no more.
        """

    def retract(self, release_id: str, *, at: dt.datetime, why: str = "") -> bool:
        """Retract a release, and say whether it stood until now.

        ``why`` is what a person says of it.
        """

    def why_retracted(self, release_id: str) -> str:
        """The reason that a person gave for a retraction or a redaction, or empty."""

    def hide(self, release_id: str, *, at: dt.datetime, why: str) -> bool:
        """Hide a release from readers for a reason, and say whether it was seen until now.

        It is visited no more, and kept with all that is known of it.
        """

    def unhide(self, release_id: str) -> bool:
        """Show a release again as it is now, and say whether it was hidden."""

    def hidden_alone(self) -> tuple[Release, ...]:
        """The hidden releases, without those that are hidden with all of their source."""

    def hidden_release(self, release_id: str) -> HiddenRelease | None:
        """Since when a release is hidden, and why; None where it is not."""

    def due(
        self, source: str, *, now: dt.datetime, recent: dt.timedelta, everything: bool, limit: int
    ) -> tuple[str, ...]:
        """The addresses of the releases of a source to look at again, longest unvisited first.

        Those younger than ``recent``, those found gone once, and older ones at intervals that grow
        with their age; with ``everything`` all of them, whatever the intervals. Redacted releases
        are never due.
        """

    def ids_at(self, source: str, keys: Sequence[str]) -> Mapping[str, str]:
        """The ids of the releases that these canonical addresses belong to, by address."""

    def sections_of(self, source: str, page: str) -> tuple[str, ...]:
        """The addresses of shown releases that are sections of the page at an address."""

    def current_addresses(self, source: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Where the releases are now that these canonical addresses belong to, by address.

        Empty for an address that only ever led elsewhere: it may lead to another page by now.
        """

    def redacted_addresses(self, source: str) -> Sequence[str]:
        """The addresses of the redacted releases of a source."""

    def validator(self, url: str) -> Validator | None:
        """What the server of an address gave to ask with."""

    def cached_listing(self, url: str, reader: str) -> str | None:
        """What a listing said last, as JSON text, if the same ``reader`` read it."""

    def cache_listing(
        self, source: str, url: str, reader: str, items: str, validator: Validator
    ) -> None:
        """Keep what a listing said, and what to ask its server with next time."""

    def update_search_index(self) -> int:
        """Enter what was recorded since the last time into the search index; how many releases.

        Language editions of one release that are among it are joined to stories.
        """

    def awaits_indexing(self) -> bool:
        """Whether something was recorded that the search index lacks."""

    def search(self, query: Query, *, limit: int, offset: int = 0) -> tuple[Release, ...]:
        """The releases that a query finds, best first.

        Only what `update_search_index` has entered is found, here and below. A query without a word
        that must be there finds nothing; no query is a wrong one.

        Raises SlowSearch, as those below.
        """

    def search_newest(self, query: Query, *, limit: int, cursor: int | None = None) -> Hits:
        """The releases that a query finds by day, the newest first, on from the ``cursor`` of hits.

        A query that asks for nothing finds nothing; no cursor is a wrong one.
        """

    def count_matches(self, query: Query) -> Matches:
        """How many releases a query finds, in all and by what they are filed under."""

    def templates(self, source: str) -> tuple[str, ...]:
        """What was learned of a source's layouts, each as JSON text, by the name of the layout."""

    def keep_template(self, source: str, layout: str, template: str) -> None:
        """Keep what was learned of a layout, as JSON text, in place of what was known of it."""

    def forget_template(self, source: str, layout: str) -> None:
        """Forget a layout that is not met any more."""

    def source_reading(self, source: str) -> str:
        """By what the pages of a source are read, as JSON text; empty where that is not known."""

    def keep_source_reading(self, source: str, reading: str) -> None:
        """Keep by what the pages of a source are read, as JSON text."""

    def skeleton(self, release: str) -> bytes:
        """The sketch of what the page of a release was built of last; empty where not known."""

    def note_links(self, source: str, links: Mapping[str, Link], *, limit: int) -> tuple[Link, ...]:
        """Note the releases that pages name, by canonical address; those to fetch, at most so many.

        Each is counted once, when it is first named.
        """

    def note_link_visits(self, source: str, keys: Iterable[str]) -> None:
        """Note what came of looking for releases at addresses that pages name."""

    def sections(self, source: str) -> Mapping[str, int]:
        """The sections of a source's releases that were not found by name, and how many each."""

    def recall(self, source: str) -> Recall:
        """How many of the releases that the pages of a source name were in the store."""

    def wait(self, host: str) -> Wait | None:
        """Until when a host asked to wait, even if that is over."""

    def keep_wait(self, host: str, wait: Wait) -> None:
        """Keep until when a host asked to wait."""

    def robots(self, origin: str) -> tuple[bytes, dt.datetime] | None:
        """The robots.txt of an origin as it was read last, and when that was."""

    def keep_robots(self, origin: str, body: bytes, seen: dt.datetime) -> None:
        """Keep the robots.txt of an origin."""

    def compute_differences(self, *, limit: int) -> int:
        """Compute stored differences that are missing, ``limit`` at most; how many it computed."""

    def unconfirmed(self, subject: str) -> tuple[str, dt.datetime] | None:
        """The mark and the time of the last response or text that may have been cut.

        ``subject`` is an address, or the id of a release.
        """

    def keep_unconfirmed(self, subject: str, mark: str, seen: dt.datetime) -> None:
        """Keep the mark of a response or a text for a later visit to compare."""

    def walk(self, source: str, start: str) -> Walk | None:
        """How far the walk has come that began on the page at ``start``."""

    def news_of(self, ids: Sequence[str]) -> frozenset[str]:
        """The ids among these of releases that were news when they were found, not backlog."""

    def first_visit(self, source: str) -> dt.datetime | None:
        """When a visit read a listing of a source for the first time; None if none has yet."""

    def begin_walk(self, source: str, start: str, rules: str, *, at: dt.datetime) -> Walk:
        """Begin a walk from the page at ``start``; it replaces an earlier walk from there.

        ``at`` is the time of the visit. It is kept as ``begun`` of the first walk.
        """

    def keep_walk(self, source: str, walk: Walk) -> None:
        """Keep how far a walk has come."""

    def list_items(
        self, source: str, kind: ListingKind, walk: int, items: Mapping[str, str]
    ) -> Listed:
        """Note what a page of a walk lists, names by canonical address; and what of it is fresh.

        A name is the day and the title: a release that had it under another address is not fresh.
        """

    def listed_before(
        self, source: str, kind: ListingKind, items: Mapping[str, str]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """The addresses among these that this listing ever had, and those whose names it has.

        ``items`` are names by canonical address.
        """

    def await_items(self, source: str, items: Mapping[str, str], *, front: bool) -> None:
        """Remember what a listing names and nobody has read, as JSON text by canonical address.

        What the first page lists (``front``) is asked for by every visit, the rest at growing
        intervals.
        """

    def awaiting(self, source: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Those of some canonical addresses that wait to be read, as JSON text by address."""

    def unread(self, source: str) -> Sequence[str]:
        """What listings name and nobody has read, as JSON text in the order of listing."""

    def awaited(
        self, source: str, *, now: dt.datetime, since: dt.datetime, limit: int
    ) -> Sequence[str]:
        """What is to be read ``now``, first what the first page lists; each counts as asked for.

        What was asked for ``since`` the start of the visit is left out.
        """

    def return_items(self, source: str, *, since: dt.datetime) -> None:
        """Make everything due at once that was requested ``since`` a time and is not stored.

        For a visit that was interrupted: the request does not count as a try.
        """

    def add_run(self, run: Run) -> None:
        """Keep the report of a run."""

    def maintain(self) -> None:
        """Forget the oldest reports of runs, and whatever else keeps a store in shape."""

    def last_visit(self, source: str) -> dt.datetime | None:
        """When the last run of a source began, or None."""

    def publication_times(self, source: str, *, limit: int) -> tuple[PublicationTime, ...]:
        """When the newest releases of a source came; not those undated since its first visit."""

    def visited_now(self) -> frozenset[str]:
        """The ids of the sources that workers are visiting."""

    def due_hosts(self) -> DueHosts | None:
        """What waits for a worker; None where the database hands out no visits."""

    def close(self) -> None:
        """Let go of this thread's connection."""
