"""The store of a HOME with an archive: what it decides is written there before it is committed."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, Literal, Protocol, cast

from data.archive.journal import events
from data.archive.journal.events import AnyEvent, JournalRecord
from data.clock import utc_now, zone_or_utc
from data.errors import ArchiveError
from data.identity.decision import Decision
from data.models import (
    Capture,
    Content,
    DayDigest,
    Draft,
    Facet,
    Handling,
    HandlingKind,
    HealthEvent,
    RecordPlace,
    Run,
    Source,
    SourceRhythm,
    Walk,
)
from data.store.journal_protocol import JournalStore
from data.store.protocol import Store
from data.store.recorder.outcome import Outcome, Sight
from data.text.redaction import redacted_toml

PIECE: Final = 8_000_000
"""Bytes of a record that holds a part of the store."""

LATE: Final = 50
"""Transactions that the archive could not take, of which one record is made when it can."""

log = logging.getLogger(__name__)

WAITING: Final = 500
"""Sights of unchanged releases that wait at the most for the next record."""


class Archive(Protocol):
    """What the journal needs of an archive."""

    def metadata(
        self, uri: str, content_type: str, block: bytes, *, at: dt.datetime, refers_to: str = ""
    ) -> Capture:
        """Write a metadata record."""

    def resource(self, uri: str, content_type: str, block: bytes, *, at: dt.datetime) -> Capture:
        """Write a resource record."""

    def close(self) -> None:
        """Let go of the archive."""


def journaled(store: JournalStore, open_archive: Callable[[], Archive]) -> Store:
    """A store whose decisions are kept in an archive, which is opened at the first of them."""
    return cast("Store", JournaledStore(store, open_archive))


class JournaledStore:
    """A data.store.protocol.Store whose writing verbs are kept in the archive as well.

    The events of a transaction become one record, which is in the archive before the transaction
    is committed, or waits in the store for an archive that fails. What merely was as before waits
    for the next record, or for `close`: when releases were last seen, and visits that brought
    nothing. What is only remembered for the crawling itself (docs/mirror.md has the list) goes to
    ``store`` alone, as all reading does.
    """

    def __init__(self, store: JournalStore, open_archive: Callable[[], Archive]) -> None:
        self._store = store
        self._open_archive = open_archive
        self._opened: Archive | None = None
        self._events: list[AnyEvent] | None = None
        self._seen: dict[str, Sight] = {}
        self._runs: dict[str, Run] = {}
        self._files: list[AnyEvent] = []
        self._told: dict[str, Run] = {}

    def __getattr__(self, name: str) -> Any:
        """All other verbs are those of the store."""
        return getattr(self._store, name)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the verbs that are called within one transaction: all are kept, or none."""
        with self._store.transaction():
            # The store lets one in at a time: another's events are never met here.
            if self._events is not None:
                before = len(self._events)
                try:
                    yield
                except BaseException:
                    del self._events[before:]
                    raise
                return
            self._events = []
            # Of what is there already, no event tells.
            unknown = not self._store.journal_end() and bool(self._store.sources())
            try:
                yield
                written = bool(self._events)
                if written:
                    self._write([*self._waiting(), *self._events], unknown=unknown)
            finally:
                self._events = None
        if written:
            self._told_waiting()

    def _write(self, told: Sequence[AnyEvent], *, unknown: bool = False) -> None:
        """Write a record within the transaction under way.

        Where the archive can't take it, the store keeps its events until it can: nothing collected
        is lost to a full disk. Whoever captures tells of it.
        """
        try:
            if unknown:
                self._append([self._snapshot()])
            while late := self._store.unwritten(limit=LATE):
                self._append([event for some in late for event in events.decode_events(some)])
                self._store.forget_unwritten(len(late))
            self._append(told)
        except ArchiveError as error:
            log.warning("the journal waits for the archive: %s", error)
            self._store.keep_unwritten(events.encode_events(told))

    def _snapshot(self) -> events.Snapshot:
        """Archive the store as it was before this transaction."""
        digest = hashlib.sha256()
        records = []
        for piece in self._store.snapshot(PIECE):
            digest.update(piece)
            kept = self._archive.resource(events.STORE, events.SQLITE, piece, at=utc_now())
            records.append(kept.record_id)
        while late := len(self._store.unwritten(limit=LATE)):
            # It holds what they tell.
            self._store.forget_unwritten(late)
        return events.Snapshot(records, digest.hexdigest())

    def _append(self, told: Sequence[AnyEvent]) -> None:
        block = events.encode(JournalRecord(told, after=self._store.journal_end()))
        capture = self._archive.metadata(events.JOURNAL, events.JSON, block, at=utc_now())
        self._store.keep_journal_end(capture.record_id)

    def _waiting(self) -> Iterator[AnyEvent]:
        if self._seen:
            yield events.Seen(dict(self._seen))
        yield from map(events.Visited, self._runs.values())
        yield from self._files

    def _told_waiting(self) -> None:
        self._seen.clear()
        self._runs.clear()
        self._files.clear()

    def _tell(self, *told: AnyEvent) -> None:
        """Add events to the transaction under way."""
        if self._events is None:
            raise RuntimeError("an event is told within a transaction")
        self._events += told

    def _see(self, release_id: str, sight: Sight) -> None:
        """Have a sight told with the next record."""
        before = self._seen.get(release_id)
        if before:
            leaf = sight.leaf if sight.leaf >= 0 else before.leaf
            sight = (sight if sight.digest else before)._replace(at=sight.at, leaf=leaf)
        self._seen[release_id] = sight
        if len(self._seen) >= WAITING:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        with self.transaction():
            if waiting := [*self._waiting()]:
                self._write(waiting)
        self._told_waiting()

    def close(self) -> None:
        """Write what waits, and let go of the archive and of this thread's connection."""
        try:
            if any(self._waiting()):
                self.flush()
            if self._opened:
                self._opened.close()
        finally:
            self._store.close()

    @property
    def _archive(self) -> Archive:
        """The archive, opened when there is something to keep in it."""
        self._opened = self._opened or self._open_archive()
        return self._opened

    # What visits decide.

    def register(self, source: Source) -> None:
        """Keep what an institution is called; one that was removed is collected again."""
        with self.transaction():
            if self._store.sources().get(source.id) != source:
                self._tell(events.Registered(source))
            if source.id in self._store.removed_sources():
                self._tell(events.SourceRestored(source.id))
            self._store.register(source)

    def record(
        self,
        draft: Draft,
        *,
        seen: dt.datetime,
        since: dt.datetime,
        front: Iterable[str] = (),
        labels: Mapping[str, str] | None = None,
    ) -> Decision:
        """Take in a draft; see data.store.protocol.Store."""
        with self.transaction():
            outcome = self._store.record_outcome(
                draft, seen=seen, since=since, front=front, labels=labels
            )
            news = is_news(outcome)
            if news:
                self._tell(events.recorded(outcome))
        if not news and not outcome.decision.doubt:
            self._see(outcome.decision.release.id, sight_of(outcome))
        return outcome.decision

    def read_anew(
        self,
        release_id: str,
        draft: Draft,
        *,
        at: dt.datetime,
        labels: Mapping[str, str],
        before: Content | None = None,
    ) -> Decision | None:
        """Keep a release as other rules read what was served before."""
        with self.transaction():
            outcome = self._store.read_anew_outcome(
                release_id, draft, at=at, labels=labels, before=before
            )
            if outcome and is_news(outcome):
                self._tell(events.recorded(outcome))
        return outcome.decision if outcome else None

    def mark_unchanged(
        self, release_id: str, *, seen: dt.datetime, capture: Capture | None = None
    ) -> Literal["unchanged", "changed"]:
        """Note that a release is still as it was; one that had been retracted is back."""
        with self.transaction():
            was = self._store.mark_unchanged(release_id, seen=seen, capture=capture)
            if was == "changed":
                self._tell(events.CameBack(release_id, seen, capture))
        if was == "unchanged":
            self._see(release_id, Sight(seen, leaf=leaf_of(capture)))
        return was

    def mark_gone(
        self, release_id: str, *, seen: dt.datetime, capture: Capture | None = None
    ) -> Literal["gone", "still gone", "retracted"]:
        """Note that a release is gone; see data.store.protocol.Store."""
        with self.transaction():
            was = self._store.mark_gone(release_id, seen=seen, capture=capture)
            if was == "gone" or (capture and was == "still gone"):
                self._tell(events.Missed(release_id, seen, capture))
        return was

    def await_files(self, source: str, urls: Iterable[str]) -> Sequence[str]:
        """Note files of releases, by address, that are to be archived, and give the new ones."""
        fresh = self._store.await_files(source, urls)
        if fresh:
            self._files.append(events.FilesNamed(source, fresh))
        return fresh

    def keep_file(self, source: str, url: str, capture: Capture) -> None:
        """Note the capture of a file of a release."""
        with self.transaction():
            self._store.keep_file(source, url, capture)
            self._tell(events.FileCaptured(source, url, capture))

    def relocate_captures(self, moved: Mapping[str, RecordPlace]) -> None:
        """Note where records are now, by their ids."""
        with self.transaction():
            self._store.relocate_captures(moved)
            self._tell(events.Relocated(moved))

    def hold(self, unlisted: Mapping[str, dt.datetime | None]) -> None:
        """Retract none of these releases; see data.store.protocol.Store."""
        with self.transaction():
            self._store.hold(unlisted)
            self._tell(events.Held(unlisted))

    def retract(self, release_id: str, *, at: dt.datetime, why: str = "") -> bool:
        """Retract a release, and say whether it stood until now."""
        with self.transaction():
            stood = self._store.retract(release_id, at=at, why=why)
            if stood:
                self._tell(events.Retracted(release_id, at, why))
        return stood

    def hide(self, release_id: str, *, at: dt.datetime, why: str) -> bool:
        """Hide a release from readers for a reason, and say whether it was seen until now."""
        with self.transaction():
            hidden = self._store.hide(release_id, at=at, why=why)
            if hidden:
                self._tell(events.Hidden(release_id, at, why))
        return hidden

    def unhide(self, release_id: str) -> bool:
        """Show a release again as it is now, and say whether it was hidden."""
        with self.transaction():
            shown = self._store.unhide(release_id)
            if shown:
                self._tell(events.Unhidden(release_id))
        return shown

    def rename_source(self, old: str, new: str) -> bool:
        """Give a source that is known another id; whether it is known."""
        with self.transaction():
            known = self._store.rename_source(old, new)
            if known:
                self._tell(events.SourceRenamed(old, new))
        return known

    def remove_source(self, source: str, *, at: dt.datetime, kept: bool) -> bool:
        """Note that a source is collected no more, and say whether that is news."""
        with self.transaction():
            removed = self._store.remove_source(source, at=at, kept=kept)
            if removed:
                self._tell(events.SourceRemoved(source, at, kept))
        return removed

    def update_search_index(self) -> int:
        """Join translations, and enter what was recorded since the last time for search."""
        for left, right in self._store.translations():
            with self.transaction():
                if joined := self._store.join_translations(left, right):
                    self._tell(events.Joined(joined))
        return self._store.enter_queued()

    def keep_walk(self, source: str, walk: Walk) -> None:
        """Keep how far a walk has come."""
        with self.transaction():
            before = self._store.walk(source, walk.start)
            self._store.keep_walk(source, walk)
            if walk.history != "walking" and end_of(walk) != end_of(before):
                self._tell(events.WalkEnded(source, walk))

    def add_run(self, run: Run) -> None:
        """Keep the report of a run; one that brought nothing waits to be told."""
        with self.transaction():
            zone = zone_or_utc(getattr(self._store.sources().get(run.source), "timezone", "UTC"))
            told = self._told.get(run.source) or next(
                iter(self._store.runs(run.source, limit=1)), None
            )
            self._store.add_run(run)
            if told is None or (said(run), day(run, zone)) != (said(told), day(told, zone)):
                self._runs.pop(run.source, None)
                self._tell(events.Visited(run))
                waits = False
            else:
                waits = True
        if waits:
            self._runs[run.source] = run
        else:
            self._told[run.source] = run

    # What publishing decides.

    def add_archive_pages(self, pages: Mapping[Facet, Mapping[int, Sequence[str]]]) -> None:
        """Put releases, by id, on new archive pages of feeds, by their numbers."""
        with self.transaction():
            self._store.add_archive_pages(pages)
            for facet, some in pages.items():
                self._tell(*(events.Paged(facet, page, ids) for page, ids in some.items()))

    def add_day_digest(self, digest: DayDigest) -> None:
        """Keep a day as it is published; one that is kept already stays."""
        with self.transaction():
            if self._store.day_digest(digest.day) is None:
                self._store.add_day_digest(digest)
                self._tell(events.DayClosed(digest))

    def add_health_events(
        self, events_: Iterable[HealthEvent], *, untold: Collection[str] = ()
    ) -> None:
        """Keep changes in the health of sources, oldest first."""
        some = tuple(events_)
        with self.transaction():
            self._store.add_health_events(some, untold=untold)
            self._tell(*map(events.HealthChanged, some))

    def handle(self, source: str, handling: Handling) -> None:
        """Keep what a person decided of a source."""
        with self.transaction():
            self._store.handle(source, handling)
            self._tell(events.Handled(source, handling))

    def end_handling(self, source: str, kind: HandlingKind) -> bool:
        """End what a person decided of a source, and say whether there was such a thing."""
        with self.transaction():
            ended = self._store.end_handling(source, kind)
            if ended:
                self._tell(events.HandlingEnded(source, kind))
        return ended

    def keep_rhythms(self, rhythms: Mapping[str, SourceRhythm]) -> None:
        """Keep when sources are expected to be heard of."""
        with self.transaction():
            self._store.keep_rhythms(rhythms)
            self._tell(*(events.RhythmFound(name, one) for name, one in rhythms.items()))

    def note_published(self, at: dt.datetime, *, everything: bool) -> None:
        """Note that the site was brought up to date, or that ``everything`` of it was written."""
        with self.transaction():
            self._tell(events.Published(at, everything))

    # Files of HOME.

    def keep_home_file(self, name: str, content: bytes | None) -> None:
        """Keep a file of HOME (TOML) as it is in force now, or that it is gone, where that is news.

        Users, passwords and values of secret parameters in its addresses stay out of the archive,
        which others may get, and so do values of secret keys. Raises ArchiveError where it can't
        be written: the next call tries.
        """
        digest = hashlib.sha256(content).hexdigest() if content is not None else ""
        with self.transaction():
            if self._store.journaled_files().get(name, "") == digest:
                return
            record, cut = "", False
            if content is not None:
                text = content.decode("utf-8", "replace")
                shown = redacted_toml(text)
                cut = shown != text
                block = shown.encode() if cut else content
                uri = f"{events.FILES}{name}"
                record = self._archive.resource(uri, events.TOML, block, at=utc_now()).record_id
            self._store.keep_journaled_file(name, digest)
            self._tell(events.FileKept(name, digest, record, cut))


def is_news(outcome: Outcome) -> bool:
    """Whether more came of a draft than that its release was seen again as it was."""
    before, decision = outcome.before, outcome.decision
    if decision.doubt:
        return False
    if before is None or outcome.noted or outcome.joined:
        return True
    # Its addresses are told by whether any was noted.
    same = replace(
        decision.release,
        last_seen=before.last_seen,
        digest=before.digest,
        aliases=before.aliases,
    )
    return same != before


def sight_of(outcome: Outcome) -> Sight:
    """What is worth telling of a release that was seen again as it was."""
    release, before = outcome.decision.release, outcome.before
    leaf = leaf_of(outcome.capture)
    if before and before.digest == release.digest:
        return Sight(release.last_seen, leaf=leaf)
    return Sight(release.last_seen, release.digest, outcome.fingerprint, leaf)


def leaf_of(capture: Capture | None) -> int:
    """The leaf of a capture, and -1 where there is none."""
    return capture.leaf if capture else -1


def end_of(walk: Walk | None) -> tuple[object, ...]:
    """What is worth knowing of a walk that is over."""
    return (walk.rules, walk.history, walk.bound, walk.first) if walk else ()


def said(run: Run) -> tuple[object, ...]:
    """All of a report that tells how its source is, or what came of a visit."""
    read = run.new + run.changed + run.unchanged + run.retracted
    return (
        (run.new, run.changed, run.retracted, run.gone, run.history, run.bound, run.errors),
        (run.found, read) if run.errors else (bool(run.found), bool(read)),
    )


def day(run: Run, zone: dt.tzinfo) -> dt.date:
    """The day on which a visit began: silence is judged by it."""
    return run.started.astimezone(zone).date()
