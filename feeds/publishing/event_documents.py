"""Feeds and HTML pages of events: edits, retractions, returns, days, and health of sources.

A return is a retracted release that is online again. Pages are numbered from the oldest event, so a
new event changes only the newest pages. If a release is hidden, its events disappear and all later
events move, so their pages are written again.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

import msgspec

from data.clock import zone_or_utc
from data.models import DayDigest, Facet, Release, Return, Revision
from data.revisions.stored_difference import stored_classes
from data.text.clean import plain
from data.topics.facets import facets_of
from feeds.entries.entry import FeedEntry, folded, title_of
from feeds.entries.events import (
    digest_entry,
    edit_entry,
    health_entry,
    retraction_entry,
    return_entry,
)
from feeds.formats.feed import event_feed
from feeds.formats.rendering import rendered
from feeds.pages.events_page import (
    PAGE_EVENTS,
    EventLine,
    edit_line,
    events_file,
    events_page,
    full_pages,
    health_line,
    retraction_line,
    return_line,
)
from feeds.pages.health_page import HEALTH_FILE, recorded_health_page
from feeds.publishing.publish_context import EntryRenderer, PublishContext, Wanted, digest_of, face
from feeds.urls import DAY, FORMATS, EventFeed, event_file

MAX_DAY_RELEASES = 200
"""Maximum number of releases in the digest entry for a day. The page of the day lists all
releases."""

SEARCHED_EDITS: Final = 2
"""Number of recent edits that are searched for silent edits, as a multiple of a feed's entries."""

RETURN_NUMBER: Final = 0
"""Value used instead of a version number if a retracted release is online again."""

RETRACTION_NUMBER: Final = -1
"""Value used instead of a version number for a retraction."""


class EventFeeds:
    """Writes event feeds. With ``keeps_days``, it also stores the digests of finished days."""

    def __init__(
        self, context: PublishContext, renderer: EntryRenderer, *, keeps_days: bool
    ) -> None:
        self._keeps_days = keeps_days
        self._context = context
        self._store = context.store
        self._catalog = context.catalog
        self._cache = context.cache
        self._renderer = renderer
        self._hidden = context.store.hidden()

    def write(self, event: EventFeed, now: dt.datetime) -> None:
        """Write an event feed in every format if its entries changed.

        ``now`` decides which days are over.
        """
        match event:
            case "changes":
                wanted = self._changes()
            case "silent-edits":
                wanted = self._silent_edits()
            case "retractions":
                wanted = self._retractions()
            case "health":
                wanted = self._health()
            case "days":
                wanted = self._days(now)
        keys = b"".join(key for key, _ in wanted)
        if self._cache.note(f"feed {event}") == keys:
            return
        entries = self._renderer.document(wanted, mixed=True)
        feed = event_feed(self._catalog, event, entries)
        for kind in FORMATS:
            self._context.write(event_file(event, kind), rendered(feed, entries, kind))
        self._cache.keep_note(f"feed {event}", keys)

    def _changes(self) -> list[Wanted]:
        """Return entries for the newest edits, and for retracted releases that are online again."""
        found = self._edits(self._store.edits(limit=self._context.entries))
        return self._newest([*found, *self._returns()])

    def _silent_edits(self) -> list[Wanted]:
        """Return entries for the newest silent edits, without mere corrections of spelling."""
        edits = self._store.edits(limit=SEARCHED_EDITS * self._context.entries)
        silent = [one for one in edits if one.difference and _is_silent(one.difference)]
        return self._newest(self._edits(silent))

    def _edits(self, edits: Sequence[Revision]) -> list[tuple[dt.datetime, Wanted]]:
        """Return entries for edits, each with its time."""
        # An entry contains the current link of its release.
        now = self._store.summaries_of(sorted({edit.release for edit in edits}))
        return [
            (
                edit.seen,
                (
                    self._context.key("edit", edit.release, edit.number, now[edit.release].version),
                    partial(self._edit_entry, edit.release, edit.number),
                ),
            )
            for edit in edits
        ]

    def _returns(self) -> list[tuple[dt.datetime, Wanted]]:
        """Return entries for retracted releases that are online again, each with its time."""
        returns = self._store.returns(limit=self._context.entries)
        now = self._store.summaries_of(sorted({one.release for one in returns}))
        return [
            (
                one.until,
                (
                    self._context.key("return", one.release, one.until, now[one.release].version),
                    partial(self._return_entry, one),
                ),
            )
            for one in returns
        ]

    def _return_entry(self, back: Return) -> FeedEntry:
        return return_entry(self._catalog, self._context.known_release(back.release), back)

    def _newest(self, found: list[tuple[dt.datetime, Wanted]]) -> list[Wanted]:
        """Return the newest of the given entries, up to the size of a feed."""
        found.sort(key=lambda one: one[0], reverse=True)
        return [wanted for _, wanted in found[: self._context.entries]]

    def _edit_entry(self, release_id: str, number: int) -> FeedEntry:
        return edit_entry(self._catalog, *self._context.edit(release_id, number))

    def _retractions(self) -> list[Wanted]:
        """Return entries for the newest retractions, and for releases that are online again."""
        found = [
            (
                release.retracted,
                (
                    self._context.key("retracted", *face(release), release.retracted),
                    partial(self._retraction_entry, release, release.retracted),
                ),
            )
            for release in self._store.retractions(limit=self._context.entries)
            if release.retracted
        ]
        return self._newest([*found, *self._returns()])

    def _retraction_entry(self, release: Release, at: dt.datetime) -> FeedEntry:
        captured = self._store.sightings(release.id).gone is not None
        return retraction_entry(self._catalog, release, at, captured=captured)

    def _days(self, now: dt.datetime) -> list[Wanted]:
        """Return digest entries for the newest days that are over in the time zones of all sources.

        A digest never changes: it lists the releases known when it was first published.
        """
        last = min(
            (
                now.astimezone(zone_or_utc(source.timezone)).date()
                for source in self._catalog.sources.values()
            ),
            default=now.date(),
        )
        days = sorted(
            (
                facet.period
                for facet in self._context.counts
                if facet.period and len(facet.period) == DAY and facet.period < last.isoformat()
            ),
            reverse=True,
        )
        digests = (self._digest(day, now) for day in days[: self._context.entries])
        return [
            (
                self._context.key("day", msgspec.json.encode(digest)),
                partial(digest_entry, self._catalog, digest),
            )
            for digest in digests
        ]

    def _digest(self, day: str, now: dt.datetime) -> DayDigest:
        """Return the digest of a day as it was first published.

        If the day was not published before, store its digest. Releases that were hidden later are
        omitted.
        """
        known = self._store.day_digest(day)
        if known is not None:
            left = tuple(one for one in known.releases if one[0] not in self._hidden)
            gone = len(known.releases) - len(left)
            return replace(known, releases=left, total=known.total - gone)
        closed, total = now, 0
        items: list[tuple[str, str, str]] = []
        facet = Facet(period=day)
        every = self._store.releases(facet)
        shown = folded(self._store, every, lambda one: facet in facets_of(one), lambda _: True)
        for release, others in shown:
            closed = max(closed, release.first_seen) if total else release.first_seen
            total += 1
            if total <= MAX_DAY_RELEASES:
                sources = dict.fromkeys(one.source for one in (release, *others))
                names = [plain(self._catalog.source(source).name) for source in sources]
                items.append((release.id, title_of(release.content), ", ".join(names)))
        digest = DayDigest(day, closed, tuple(items), total)
        if self._keeps_days:
            self._store.add_day_digest(digest)
        return digest

    def _health(self) -> list[Wanted]:
        """Return entries for the latest health changes of sources."""
        return [
            (
                self._context.key("health", msgspec.json.encode(event)),
                partial(health_entry, self._catalog, event),
            )
            for event in reversed(self._store.health_events(limit=self._context.entries))
            if not self._catalog.is_gone(event.source)
        ]


def _is_silent(difference: str) -> bool:
    edit = stored_classes(difference)
    return not edit.announced and bool({*edit.classes} - {"letters"})


Event = TypeVar("Event")


class EventPages:
    """Writes the HTML pages of events if their content changed."""

    def __init__(self, context: PublishContext) -> None:
        self._context = context
        self._store = context.store
        self._pages = context.pages

    def write_changes(self) -> None:
        """Write the pages of all edits, and of retracted releases that are online again."""
        edits = [(at, one, number) for one, number, at in self._store.every_edit()]
        self._write_events("changes", edits, self._edit)

    def _write_events(
        self,
        event: EventFeed,
        found: Iterable[tuple[float, str, int]],
        line: Callable[[str, int], EventLine],
    ) -> None:
        """Write the changed pages of the given events and of releases that are online again.

        All are ordered by time. ``found`` contains the time, release and version of each event.
        ``line`` returns the row for an event.
        """
        returns = {(one.until.timestamp(), one.release): one for one in self._store.returns()}
        every = [*found, *((at, release, RETURN_NUMBER) for at, release in returns)]
        # This is the store's order of events with the same time.
        every.sort(key=lambda one: one[1], reverse=True)
        every.sort(key=lambda one: one[0])

        def made(one: tuple[float, str, int]) -> EventLine:
            at, release, number = one
            if number:
                return line(release, number)
            known = self._context.known_release(release)
            return return_line(self._pages, known, returns[at, release])

        releases = {release for _, release, _ in every}
        changes = self._context.changes
        same = changes is not None and changes.keys().isdisjoint(releases)
        if same and self._context.cache.note(note_of(event)) == digest_of(every):
            return
        now = self._store.summaries_of(sorted(releases))
        keys = [(one, now[one[1]].version) for one in every]
        self._write(event, every, keys, made)

    def _edit(self, release_id: str, number: int) -> EventLine:
        return edit_line(self._pages, *self._context.edit(release_id, number))

    def write_retractions(self) -> None:
        """Write the pages of all current retractions, and of releases that are online again."""
        found = [(at, one, RETRACTION_NUMBER) for one, at in self._store.every_retraction()]
        self._write_events("retractions", found, self._retraction)

    def _retraction(self, release_id: str, _: int) -> EventLine:
        release = self._store.release(release_id)
        if release is None or release.retracted is None:
            raise LookupError(f"release {release_id} is no longer retracted")
        captured = self._store.sightings(release_id).gone is not None
        return retraction_line(self._pages, release, release.retracted, captured=captured)

    def write_health(self) -> None:
        """Write the page of all sources' current health, and the pages of all health changes."""
        events = self._store.last_health_events()
        self._context.write(
            HEALTH_FILE, recorded_health_page(self._pages, events, self._store.read_sources())
        )
        every = [
            one
            for one in self._store.health_events()
            if not self._context.catalog.is_gone(one.source)
        ]
        # A row links to the page of its source if this page exists.
        keys = [(one, Facet(source=one.source) in self._context.counts) for one in every]
        self._write("health", every, keys, partial(health_line, self._pages))

    def _write(
        self,
        event: EventFeed,
        every: Sequence[Event],
        keys: Sequence[object],
        line: Callable[[Event], EventLine],
    ) -> None:
        """Write the pages on which the key of an event has changed.

        ``every`` contains all events, oldest first, and ``keys`` their keys.
        """
        context = self._context
        full = full_pages(len(every))
        files = {page: events_file(event, page) for page in range(full + 1)}
        known = context.cache.page_keys(list(files.values()))
        for page, file in files.items():
            start = (page - 1 if page else full) * PAGE_EVENTS
            place = slice(start, start + PAGE_EVENTS if page else None)
            version = (page == full, 0 if page else len(every), *keys[place])
            key = context.key("events", file, full if not page else 0, *version)
            if known.get(file) == key:
                continue
            lines = [line(one) for one in reversed(every[place])]
            made = events_page(self._pages, event, page, lines, of=full, total=len(every))
            context.write(file, made)
            context.cache.keep_page(file, key)
        while context.is_there(file := events_file(event, full := full + 1)):
            context.remove(file)
        context.cache.keep_note(note_of(event), digest_of(every))


def note_of(event: EventFeed) -> str:
    """Return the cache key under which the digest of an event feed's events is stored."""
    return f"feed {event} pages"
