"""The pages of what happened: all corrections, retractions and changes in health to the first.

They are cut by their place from the oldest, so that a new one changes the newest pages alone. One
that is hidden moves those after it; they are written again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from hashlib import blake2b
from typing import TypeVar

from data.models import Facet
from feeds.pages.health_page import FILE as HEALTH_FILE
from feeds.pages.health_page import told_page
from feeds.pages.indexes.events_page import (
    SIZE,
    EventLine,
    edit_line,
    events_file,
    events_page,
    full_pages,
    health_line,
    retraction_line,
)
from feeds.publishing.context.publish_context import PublishContext
from feeds.urls import EventFeed

Event = TypeVar("Event")


class EventPages:
    """Has the pages of events written, each where it would differ."""

    def __init__(self, context: PublishContext) -> None:
        self._context = context
        self._store = context.store
        self._pages = context.pages

    def write_changes(self) -> None:
        """Write the pages of all edits."""
        every = self._store.every_edit()
        self._of_releases("changes", every, [one for one, _ in every], self._edit)

    def _edit(self, edit: tuple[str, int]) -> EventLine:
        release_id, number = edit
        release = self._store.release(release_id)
        if release is None:
            raise LookupError(f"release {release_id} is gone from the store")
        revisions = {one.number: one for one in self._store.revisions(release_id)}
        after = revisions[number]
        return edit_line(self._pages, release, revisions.get(number - 1, after), after)

    def write_retractions(self) -> None:
        """Write the pages of all retractions that stand."""
        every = self._store.every_retraction()
        self._of_releases("retractions", every, every, self._retraction)

    def _retraction(self, release_id: str) -> EventLine:
        release = self._store.release(release_id)
        if release is None or release.retracted is None:
            raise LookupError(f"release {release_id} is not retracted any more")
        captured = self._store.sightings(release_id).gone is not None
        return retraction_line(self._pages, release, release.retracted, captured=captured)

    def write_health(self) -> None:
        """Write the page of how sources are as far as was told, and those of all changes in it."""
        told = self._store.last_health_events()
        self._context.write(HEALTH_FILE, told_page(self._pages, told, self._store.read_sources()))
        every = [
            one
            for one in self._store.health_events()
            if not self._context.catalog.is_gone(one.source)
        ]
        # A line leads to the page of its source where that has one.
        keys = [(one, Facet(source=one.source) in self._context.counts) for one in every]
        self._write("health", every, keys, partial(health_line, self._pages))

    def _of_releases(
        self,
        event: EventFeed,
        every: Sequence[Event],
        releases: Sequence[str],
        line: Callable[[Event], EventLine],
    ) -> None:
        """Write the pages of events, each of one of the ``releases``."""
        changes = self._context.changes
        same = changes is not None and changes.keys().isdisjoint(releases)
        if same and self._is_known(event, every):
            return
        now = self._store.summaries_of(sorted(set(releases)))
        keys = [(one, now[of].version) for one, of in zip(every, releases, strict=True)]
        self._write(event, every, keys, line)

    def _is_known(self, event: EventFeed, every: Sequence[object]) -> bool:
        """Whether these are the events of the last publication."""
        return self._context.cache.note(note_of(event)) == digest(every)

    def _write(
        self,
        event: EventFeed,
        every: Sequence[Event],
        keys: Sequence[object],
        line: Callable[[Event], EventLine],
    ) -> None:
        """Write the pages of all events, oldest first, whose ``keys`` are others than before."""
        context = self._context
        full = full_pages(len(every))
        files = {page: events_file(event, page) for page in range(full + 1)}
        known = context.cache.page_keys(list(files.values()))
        for page, file in files.items():
            start = (page - 1 if page else full) * SIZE
            place = slice(start, start + SIZE if page else None)
            said = (page == full, 0 if page else len(every), *keys[place])
            key = context.key("events", file, full if not page else 0, *said)
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
    """Under which is noted which events there were."""
    return f"feed {event} pages"


def digest(every: Sequence[object]) -> bytes:
    """A hash of which events there are."""
    return blake2b(repr(every).encode(), digest_size=16).digest()
