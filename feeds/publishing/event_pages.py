"""HTML pages of all events: corrections, retractions, returns, and health of sources.

They are cut by position from the oldest event, so a new event changes only the newest pages. Hiding
an event shifts all later ones, whose pages are written again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from hashlib import blake2b
from typing import Final, TypeVar

from data.models import Facet, Return
from feeds.pages.health_page import FILE as HEALTH_FILE
from feeds.pages.health_page import recorded_health_page
from feeds.pages.indexes.events_page import (
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
from feeds.publishing.context.publish_context import PublishContext
from feeds.urls import EventFeed

Event = TypeVar("Event")

RETURN: Final = 0
"""The version number in an event for the return of a release."""

RETRACTION: Final = -1
"""The version number in an event for a retraction."""


class EventPages:
    """Writes the pages of events that changed."""

    def __init__(self, context: PublishContext) -> None:
        self._context = context
        self._store = context.store
        self._pages = context.pages

    def write_changes(self) -> None:
        """Write the pages of all edits and returns."""
        edits = [(at, one, number) for one, number, at in self._store.every_edit()]
        self._write_events("changes", edits, self._edit)

    def _write_events(
        self,
        event: EventFeed,
        found: Iterable[tuple[float, str, int]],
        line: Callable[[str, int], EventLine],
    ) -> None:
        """Write the pages of the given events and of all returns, by time.

        ``found`` has the time, release and version of each event; ``line`` returns its row.
        """
        returns = {(one.until.timestamp(), one.release): one for one in self._store.returns()}
        every = [*found, *((at, release, RETURN) for at, release in returns)]
        # The store's order of events with the same time.
        every.sort(key=lambda one: one[1], reverse=True)
        every.sort(key=lambda one: one[0])

        def made(one: tuple[float, str, int]) -> EventLine:
            at, release, number = one
            return line(release, number) if number else self._return(returns[at, release])

        self._of_releases(event, every, [release for _, release, _ in every], made)

    def _return(self, back: Return) -> EventLine:
        return return_line(self._pages, self._context.known_release(back.release), back)

    def _edit(self, release_id: str, number: int) -> EventLine:
        return edit_line(self._pages, *self._context.edit(release_id, number))

    def write_retractions(self) -> None:
        """Write the pages of all current retractions and of all returns."""
        found = [(at, one, RETRACTION) for one, at in self._store.every_retraction()]
        self._write_events("retractions", found, self._retraction)

    def _retraction(self, release_id: str, _: int) -> EventLine:
        release = self._store.release(release_id)
        if release is None or release.retracted is None:
            raise LookupError(f"release {release_id} is no longer retracted")
        captured = self._store.sightings(release_id).gone is not None
        return retraction_line(self._pages, release, release.retracted, captured=captured)

    def write_health(self) -> None:
        """Write the page of the current health of sources, and the pages of all changes in it."""
        events = self._store.last_health_events()
        self._context.write(
            HEALTH_FILE, recorded_health_page(self._pages, events, self._store.read_sources())
        )
        every = [
            one
            for one in self._store.health_events()
            if not self._context.catalog.is_gone(one.source)
        ]
        # A row links the page of its source if that exists.
        keys = [(one, Facet(source=one.source) in self._context.counts) for one in every]
        self._write("health", every, keys, partial(health_line, self._pages))

    def _of_releases(
        self,
        event: EventFeed,
        every: Sequence[Event],
        releases: Sequence[str],
        line: Callable[[Event], EventLine],
    ) -> None:
        """Write the pages of events that belong to these ``releases``."""
        changes = self._context.changes
        same = changes is not None and changes.keys().isdisjoint(releases)
        if same and self._is_known(event, every):
            return
        now = self._store.summaries_of(sorted(set(releases)))
        keys = [(one, now[of].version) for one, of in zip(every, releases, strict=True)]
        self._write(event, every, keys, line)

    def _is_known(self, event: EventFeed, every: Sequence[object]) -> bool:
        """Return whether the events are the same as at the last publication."""
        return self._context.cache.note(note_of(event)) == digest(every)

    def _write(
        self,
        event: EventFeed,
        every: Sequence[Event],
        keys: Sequence[object],
        line: Callable[[Event], EventLine],
    ) -> None:
        """Write the pages of all events, oldest first, whose ``keys`` changed."""
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
        context.cache.keep_note(note_of(event), digest(every))


def note_of(event: EventFeed) -> str:
    """Return the key in the cache for the digest of an event feed's events."""
    return f"feed {event} pages"


def digest(every: Sequence[object]) -> bytes:
    """Return a digest of events."""
    return blake2b(repr(every).encode(), digest_size=16).digest()
