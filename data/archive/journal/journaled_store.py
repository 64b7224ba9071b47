"""A store that archives its decisions before they are committed."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, cast

from data.archive.archive import Archive
from data.archive.journal import events
from data.archive.journal.journal import Journal
from data.archive.journal.orders import Orders
from data.clock import utc_now, zone_or_utc
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
from data.store.core.store import Store
from data.store.unit_of_work import decisions
from data.store.unit_of_work.outcome import RecordOutcome, Sight
from data.text.masking import masked, masked_toml


def journaled(
    store: Store, open_archive: Callable[[], Archive] | None, orders: Orders | None = None
) -> Store:
    """Return a store that archives its decisions; the archive is opened for the first decision.

    Without an archive, only ``orders`` are stored.
    """
    return cast("Store", JournaledStore(store, open_archive, orders))


class JournaledStore(Journal):
    """A data.store.core.store.Store that also archives the decisions of its writing methods.

    Data that visits can restore is only in ``store`` and has no archive record (see the list in
    docs/reference/archive-format.md). Reading methods also use ``store``.
    """

    def __getattr__(self, name: str) -> Any:
        """Return a method of the wrapped store."""
        return getattr(self._store, name)

    # Decisions of visits.

    def register(self, source: Source) -> None:
        with self.transaction():
            if self._store.sources().get(source.id) != source:
                self._tell(decisions.Registered(source))
            if source.id in self._store.removed_sources():
                self._tell(decisions.SourceRestored(source.id))
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
        with self.transaction():
            outcome = self._store.record_outcome(
                draft, seen=seen, since=since, front=front, labels=labels
            )
            news = is_news(outcome)
            if news:
                self._tell(decisions.recorded(outcome))
        if not news and not outcome.decision.doubt:
            self._see(outcome.decision.release.id, sight_of(outcome))
        return outcome.decision

    def record_reextraction(
        self,
        release_id: str,
        draft: Draft,
        *,
        at: dt.datetime,
        labels: Mapping[str, str],
        before: Content | None = None,
    ) -> Decision | None:
        with self.transaction():
            outcome = self._store.reextraction_outcome(
                release_id, draft, at=at, labels=labels, before=before
            )
            if outcome and is_news(outcome):
                self._tell(decisions.recorded(outcome))
        return outcome.decision if outcome else None

    def mark_unchanged(
        self, release_id: str, *, seen: dt.datetime, capture: Capture | None = None
    ) -> Literal["unchanged", "changed"]:
        with self.transaction():
            was = self._store.mark_unchanged(release_id, seen=seen, capture=capture)
            if was == "changed":
                self._tell(decisions.CameBack(release_id, seen, capture))
        if was == "unchanged":
            self._see(release_id, Sight(seen, leaf=leaf_of(capture)))
        return was

    def mark_gone(
        self, release_id: str, *, seen: dt.datetime, capture: Capture | None = None
    ) -> Literal["gone", "still gone", "retracted"]:
        with self.transaction():
            was = self._store.mark_gone(release_id, seen=seen, capture=capture)
            if was == "gone" or (capture and was == "still gone"):
                self._tell(decisions.Missed(release_id, seen, capture))
        return was

    def await_files(self, source: str, urls: Iterable[str]) -> Sequence[str]:
        fresh = self._store.await_files(source, urls)
        if fresh:
            self._files.append(decisions.FilesNamed(source, fresh))
        return fresh

    def keep_file(self, source: str, url: str, capture: Capture) -> None:
        with self.transaction():
            self._store.keep_file(source, url, capture)
            self._tell(decisions.FileCaptured(source, url, capture))

    def relocate_captures(self, moved: Mapping[str, RecordPlace]) -> None:
        with self.transaction():
            self._store.relocate_captures(moved)
            self._tell(decisions.Relocated(moved))

    def hold(self, unlisted: Mapping[str, dt.datetime | None]) -> None:
        with self.transaction():
            self._store.hold(unlisted)
            self._tell(decisions.Held(unlisted))

    def retract(self, release_id: str, *, at: dt.datetime, why: str = "") -> bool:
        with self.transaction():
            stood = self._store.retract(release_id, at=at, why=why)
            if stood:
                self._tell(decisions.Retracted(release_id, at, why))
        return stood

    def hide(self, release_id: str, *, at: dt.datetime, why: str) -> bool:
        with self.transaction():
            hidden = self._store.hide(release_id, at=at, why=why)
            if hidden:
                self._tell(decisions.Hidden(release_id, at, why))
        return hidden

    def unhide(self, release_id: str) -> bool:
        with self.transaction():
            shown = self._store.unhide(release_id)
            if shown:
                self._tell(decisions.Unhidden(release_id))
        return shown

    def rename_source(self, old: str, new: str) -> bool:
        with self.transaction():
            known = self._store.rename_source(old, new)
            if known:
                self._tell(decisions.SourceRenamed(old, new))
        return known

    def remove_source(self, source: str, *, at: dt.datetime, kept: bool) -> bool:
        with self.transaction():
            removed = self._store.remove_source(source, at=at, kept=kept)
            if removed:
                self._tell(decisions.SourceRemoved(source, at, kept))
        return removed

    def update_search_index(self) -> int:
        """Join translations, then add recently recorded releases to the search index.

        Return the number of releases added.
        """
        for left, right in self._store.translations():
            with self.transaction():
                if joined := self._store.join_translations(left, right):
                    self._tell(decisions.Joined(joined))
        return self._store.enter_queued()

    def keep_walk(self, source: str, walk: Walk) -> None:
        with self.transaction():
            before = self._store.walk(source, walk.start)
            self._store.keep_walk(source, walk)
            if walk.history != "walking" and end_of(walk) != end_of(before):
                # In a rebuilt home directory, the walk of a source with secrets in its address
                # starts again.
                start, position = masked(walk.start), masked(walk.position)
                told = replace(walk, start=start, position=position)
                self._tell(decisions.WalkEnded(source, told))

    def add_run(self, run: Run) -> None:
        """Store the report of a run; a report without results waits for the next journal record."""
        with self.transaction():
            zone = zone_or_utc(getattr(self._store.sources().get(run.source), "timezone", "UTC"))
            told = self._told.get(run.source) or next(
                iter(self._store.runs(run.source, limit=1)), None
            )
            self._store.add_run(run)
            if told is None or (said(run), day(run, zone)) != (said(told), day(told, zone)):
                self._runs.pop(run.source, None)
                self._tell(decisions.Visited(run))
                waits = False
            else:
                waits = True
        if waits:
            self._runs[run.source] = run
        else:
            self._told[run.source] = run

    def note_redactions(self, told: Iterable[decisions.Redacted]) -> None:
        """Add events for releases that are already redacted in the store, after its snapshot."""
        with self.transaction():
            self._tell(*told)

    # Decisions of publishing.

    def add_archive_pages(self, pages: Mapping[Facet, Mapping[int, Sequence[str]]]) -> None:
        with self.transaction():
            self._store.add_archive_pages(pages)
            for facet, some in pages.items():
                self._tell(*(decisions.Paged(facet, page, ids) for page, ids in some.items()))

    def add_day_digest(self, digest: DayDigest) -> None:
        with self.transaction():
            if self._store.day_digest(digest.day) is None:
                self._store.add_day_digest(digest)
                self._tell(decisions.DayClosed(digest))

    def add_health_events(
        self, events_: Iterable[HealthEvent], *, untold: Collection[str] = ()
    ) -> None:
        some = tuple(events_)
        with self.transaction():
            self._store.add_health_events(some, untold=untold)
            self._tell(*map(decisions.HealthChanged, some))

    def handle(self, source: str, handling: Handling) -> None:
        with self.transaction():
            self._store.handle(source, handling)
            self._tell(decisions.Handled(source, handling))

    def end_handling(self, source: str, kind: HandlingKind) -> bool:
        with self.transaction():
            ended = self._store.end_handling(source, kind)
            if ended:
                self._tell(decisions.HandlingEnded(source, kind))
        return ended

    def keep_rhythms(self, rhythms: Mapping[str, SourceRhythm]) -> None:
        with self.transaction():
            self._store.keep_rhythms(rhythms)
            self._tell(*(decisions.RhythmFound(name, one) for name, one in rhythms.items()))

    def mark_in_feeds(self, last: str, at: dt.datetime) -> None:
        with self.transaction():
            self._store.mark_in_feeds(last, at)
            self._tell(decisions.InFeeds(last, at))

    def note_published(self, at: dt.datetime, *, everything: bool) -> None:
        """Record that the site was updated, or that all its files were written (``everything``)."""
        with self.transaction():
            self._tell(decisions.SitePublished(at, everything))

    # Files of the home directory.

    def keep_home_file(self, name: str, content: bytes | None) -> None:
        """Archive a changed or deleted TOML file of the home directory.

        Users, passwords and secret parameters in addresses are not archived, because the archive
        may be shared. Values of secret keys are not archived either. Raises ArchiveError if the
        file can't be archived; the next call tries again.
        """
        if self._open_archive is None:
            return
        digest = hashlib.sha256(content).hexdigest() if content is not None else ""
        with self.transaction():
            if self._store.journaled_files().get(name, "") == digest:
                return
            record, cut = "", False
            if content is not None:
                text = content.decode("utf-8", "replace")
                shown = masked_toml(text)
                cut = shown != text
                block = shown.encode() if cut else content
                uri = f"{events.FILES}{name}"
                record = self._archive.resource(uri, events.TOML, block, at=utc_now()).record_id
            self._store.keep_journaled_file(name, digest)
            self._tell(decisions.FileKept(name, digest, record, cut))


def is_news(outcome: RecordOutcome) -> bool:
    """Return whether a draft did more than confirm an unchanged release."""
    before, decision = outcome.before, outcome.decision
    if decision.doubt:
        return False
    if before is None or outcome.noted or outcome.joined:
        return True
    # This comparison uses ``noted`` instead of the addresses themselves.
    same = replace(
        decision.release,
        last_seen=before.last_seen,
        digest=before.digest,
        aliases=before.aliases,
    )
    return same != before


def sight_of(outcome: RecordOutcome) -> Sight:
    """Return the sight of a release that was seen unchanged."""
    release, before = outcome.decision.release, outcome.before
    leaf = leaf_of(outcome.capture)
    if before and before.digest == release.digest:
        return Sight(release.last_seen, leaf=leaf)
    return Sight(release.last_seen, release.digest, outcome.fingerprint, leaf)


def leaf_of(capture: Capture | None) -> int:
    """Return the leaf of a capture, or -1."""
    return capture.leaf if capture else -1


def end_of(walk: Walk | None) -> tuple[object, ...]:
    """Return the facts about a finished walk that are worth a journal record."""
    return (walk.rules, walk.history, walk.bound, walk.first) if walk else ()


def said(run: Run) -> tuple[object, ...]:
    """Return the parts of a run report that show the source's health and the visit's results."""
    read = run.new + run.changed + run.unchanged + run.retracted
    return (
        (run.new, run.changed, run.retracted, run.gone, run.history, run.bound, run.errors),
        (run.found, read) if run.errors else (bool(run.found), bool(read)),
    )


def day(run: Run, zone: dt.tzinfo) -> dt.date:
    """Return the day of a visit in a time zone; the silence of a source is judged by days."""
    return run.started.astimezone(zone).date()
