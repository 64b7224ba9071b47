"""Rebuilding of a store from journal events, in order. Decisions are replayed, not made again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import singledispatchmethod
from typing import Final

import msgspec

from data.errors import StoreError
from data.store.core.store import Store
from data.store.unit_of_work import decisions
from data.store.unit_of_work.decisions import AnyEvent

UNWRITABLE: Final = (StoreError, ValueError, LookupError)
"""Exceptions that events of a damaged journal cause, such as a duplicate page number or an invalid
time zone."""


class JournalReplay:
    """Writes journal events to a ``store``.

    ``files`` maps names of home directory files to their last content. ``lost`` contains the ids of
    releases with a missing version or an event that can't be written. ``refused`` lists other
    events that can't be written. ``seen_in`` maps release ids to the leaf of the last sighting if
    the store does not have this sighting.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.files: dict[str, decisions.FileKept] = {}
        self.lost: set[str] = set()
        self.refused: list[str] = []
        self.seen_in: dict[str, int] = {}

    def write(self, events: Iterable[AnyEvent]) -> None:
        """Write the events of journal records to the store.

        If an event fails, the other events are still written.
        """
        every = tuple(events)
        try:
            with self._store.transaction():
                for event in every:
                    self._write(event)
        except UNWRITABLE:
            for event in every:
                self._try(event)

    def note_files(self, events: Iterable[AnyEvent]) -> None:
        """Process only the events about files of the home directory.

        The snapshot of the store already contains the results of all other events.
        """
        for event in events:
            if isinstance(event, decisions.FileKept):
                self.files[event.name] = event

    def _try(self, event: AnyEvent) -> None:
        try:
            with self._store.transaction():
                self._write(event)
        except UNWRITABLE as error:
            self.refused.append(f"{event.__struct_config__.tag}: {error}")

    @singledispatchmethod
    def _write(self, event: AnyEvent) -> None:
        """Write one event to the store."""

    @_write.register
    def _(self, event: decisions.Registered) -> None:
        self._store.register(event.source)

    @_write.register
    def _(self, event: decisions.Recorded) -> None:
        release_id = str(event.release.get("id", ""))
        known = None if event.kind == "new" else self._store.release(release_id)
        try:
            outcome = event.outcome(known)
        except msgspec.ValidationError:
            self.lost.add(release_id)
            return
        if known and outcome.decision.release.revision > known.revision + 1:
            # A version between the stored one and this one is lost.
            self.lost.add(release_id)
        self._store.restore(outcome)
        is_version = known is None or outcome.decision.release.revision > known.revision
        if outcome.read_at is None and (outcome.capture or is_version):
            # The store now has the release's last sighting.
            self.seen_in.pop(release_id, None)

    @_write.register
    def _(self, event: decisions.Seen) -> None:
        self._store.restore_seen(event.releases)
        for release_id, sight in event.releases.items():
            if sight.leaf >= 0:
                self.seen_in[release_id] = sight.leaf

    @_write.register
    def _(self, event: decisions.CameBack) -> None:
        if self._known(event.release):
            self._store.mark_unchanged(event.release, seen=event.at, capture=event.capture)
            if event.capture:
                self.seen_in.pop(event.release, None)

    @_write.register
    def _(self, event: decisions.Missed) -> None:
        if self._known(event.release):
            self._store.mark_gone(event.release, seen=event.at, capture=event.capture)

    @_write.register
    def _(self, event: decisions.Held) -> None:
        self._store.hold(event.releases)

    @_write.register
    def _(self, event: decisions.Retracted) -> None:
        if self._known(event.release):
            self._store.retract(event.release, at=event.at, why=event.why)

    @_write.register
    def _(self, event: decisions.Hidden) -> None:
        if self._known(event.release):
            self._store.hide(event.release, at=event.at, why=event.why)

    @_write.register
    def _(self, event: decisions.Unhidden) -> None:
        if self._known(event.release):
            self._store.unhide(event.release)

    @_write.register
    def _(self, event: decisions.Redacted) -> None:
        known = self._store.release(event.release)
        if known and not known.content.redacted:
            self._store.redact(event.release, at=event.at, why=event.why)

    @_write.register
    def _(self, event: decisions.SourceRenamed) -> None:
        self._store.rename_source(event.old, event.new)

    @_write.register
    def _(self, event: decisions.SourceRemoved) -> None:
        self._store.remove_source(event.source, at=event.at, kept=event.kept)

    @_write.register
    def _(self, event: decisions.SourceRestored) -> None:
        self._store.restore_source(event.source)

    @_write.register
    def _(self, event: decisions.FilesNamed) -> None:
        self._store.await_files(self._now(event.source), event.urls)

    @_write.register
    def _(self, event: decisions.FileCaptured) -> None:
        self._store.keep_file(event.source, event.url, event.capture)

    @_write.register
    def _(self, event: decisions.Relocated) -> None:
        self._store.relocate_captures(event.moved)

    @_write.register
    def _(self, event: decisions.Joined) -> None:
        self._store.grow_story(event.story)

    @_write.register
    def _(self, event: decisions.Visited) -> None:
        self._store.add_run(replace(event.run, source=self._now(event.run.source)))

    @_write.register
    def _(self, event: decisions.WalkEnded) -> None:
        self._store.keep_walk(event.source, event.walk)

    @_write.register
    def _(self, event: decisions.Paged) -> None:
        self._store.add_archive_pages({event.feed: {event.page: event.releases}})

    @_write.register
    def _(self, event: decisions.DayClosed) -> None:
        self._store.add_day_digest(event.digest)

    @_write.register
    def _(self, event: decisions.HealthChanged) -> None:
        self._store.add_health_events([event.health])

    @_write.register
    def _(self, event: decisions.Handled) -> None:
        self._store.handle(event.source, event.handling)

    @_write.register
    def _(self, event: decisions.HandlingEnded) -> None:
        self._store.end_handling(event.source, event.kind)

    @_write.register
    def _(self, event: decisions.RhythmFound) -> None:
        self._store.keep_rhythms({event.source: event.rhythm})

    @_write.register
    def _(self, event: decisions.InFeeds) -> None:
        if self._known(event.last):
            self._store.mark_in_feeds(event.last, event.at)

    @_write.register
    def _(self, event: decisions.FileKept) -> None:
        self._store.keep_journaled_file(event.name, event.digest)
        self.files[event.name] = event

    def _now(self, source: str) -> str:
        """Return the current id of a source that may have been renamed since the event."""
        return self._store.source_moves().get(source, source)

    def _known(self, release_id: str) -> bool:
        if self._store.release(release_id):
            return True
        self.lost.add(release_id)
        return False
