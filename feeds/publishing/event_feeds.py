"""Feeds of events: edits, retractions, returns, days, and health of sources."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import msgspec

from data.clock import zone_or_utc
from data.models import DayDigest, Facet, Release, Return
from data.text.clean import plain
from data.topics.facets import facets_of
from feeds.entries.entry import ReleaseEntry, title_of
from feeds.entries.events import (
    digest_entry,
    edit_entry,
    health_entry,
    retraction_entry,
    return_entry,
)
from feeds.entries.story_folding import folded
from feeds.formats.feed import event_feed
from feeds.formats.rendering import rendered
from feeds.publishing.context.entry_renderer import EntryRenderer, Wanted, face
from feeds.publishing.context.publish_context import PublishContext
from feeds.urls import DAY, FORMATS, EventFeed, event_file

MAX_DAY_RELEASES = 200
"""Maximum number of releases in the entry of a day; the page of the day has all."""


class EventFeeds:
    """Writes the feeds of events."""

    def __init__(self, context: PublishContext, renderer: EntryRenderer) -> None:
        self._context = context
        self._store = context.store
        self._catalog = context.catalog
        self._cache = context.cache
        self._renderer = renderer
        self._hidden = context.store.hidden()

    def write(self, event: EventFeed, wanted: list[Wanted]) -> None:
        """Write an event feed in every format if its entries changed."""
        keys = b"".join(key for key, _ in wanted)
        if self._cache.note(f"feed {event}") == keys:
            return
        entries = self._renderer.document(wanted, mixed=True)
        feed = event_feed(self._catalog, event, entries)
        for kind in FORMATS:
            self._context.write(event_file(event, kind), rendered(feed, entries, kind))
        self._cache.keep_note(f"feed {event}", keys)

    def changes(self) -> list[Wanted]:
        """Return the newest edits and returns."""
        edits = self._store.edits(limit=self._context.entries)
        # An entry contains the current link of its release.
        now = self._store.summaries_of(sorted({edit.release for edit in edits}))
        found = [
            (
                edit.seen,
                (
                    self._context.key("edit", edit.release, edit.number, now[edit.release].version),
                    partial(self._edit_entry, edit.release, edit.number),
                ),
            )
            for edit in edits
        ]
        return self._newest([*found, *self._returns()])

    def _returns(self) -> list[tuple[dt.datetime, Wanted]]:
        """Return the newest returns of retracted releases, each with its time."""
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

    def _return_entry(self, back: Return) -> ReleaseEntry:
        return return_entry(self._catalog, self._context.known_release(back.release), back)

    def _newest(self, found: list[tuple[dt.datetime, Wanted]]) -> list[Wanted]:
        """Return the newest of some entries, given each with its time."""
        found.sort(key=lambda one: one[0], reverse=True)
        return [wanted for _, wanted in found[: self._context.entries]]

    def _edit_entry(self, release_id: str, number: int) -> ReleaseEntry:
        return edit_entry(self._catalog, *self._context.edit(release_id, number))

    def retractions(self) -> list[Wanted]:
        """Return the newest retractions and returns."""
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

    def _retraction_entry(self, release: Release, at: dt.datetime) -> ReleaseEntry:
        captured = self._store.sightings(release.id).gone is not None
        return retraction_entry(self._catalog, release, at, captured=captured)

    def days(self, counts: Mapping[Facet, int], now: dt.datetime) -> list[Wanted]:
        """Return the newest days that are over in all sources' time zones, as they were then."""
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
                for facet in counts
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
        """Return a day as first published; a day not published before is saved as it is now.

        Releases that were hidden later are left out.
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
        self._store.add_day_digest(digest)
        return digest

    def health(self) -> list[Wanted]:
        """Return the latest health changes of sources."""
        return [
            (
                self._context.key("health", msgspec.json.encode(event)),
                partial(health_entry, self._catalog, event),
            )
            for event in reversed(self._store.health_events(limit=self._context.entries))
            if not self._catalog.is_gone(event.source)
        ]
