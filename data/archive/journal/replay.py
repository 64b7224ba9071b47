"""Rebuild a store from its journal. The recorded decisions are replayed, not made again."""

from collections.abc import Iterable
from dataclasses import replace
from functools import singledispatchmethod
from typing import Final

import msgspec

from data.errors import StoreError
from data.store.core.store import Store
from data.store.unit_of_work import decisions
from data.store.unit_of_work.decisions import AnyDecision

UNWRITABLE: Final = (StoreError, ValueError, LookupError)
"""Exceptions raised by decisions of a damaged journal, for example by a duplicate page number."""


class JournalReplay:
    """Writes the decisions of a journal to a ``store``.

    - ``files`` maps names of home directory files to their last content.
    - ``lost`` contains the ids of releases that have a missing version or an unwritable decision.
    - ``refused`` lists other decisions that can't be written.
    - ``seen_in`` maps ids of releases to the leaf of a last sighting that the store lacks.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.files: dict[str, decisions.FileKept] = {}
        self.lost: set[str] = set()
        self.refused: list[str] = []
        self.seen_in: dict[str, int] = {}

    def write(self, made: Iterable[AnyDecision]) -> None:
        """Write the decisions of journal records to the store.

        If a decision fails, the other decisions are still written.
        """
        every = tuple(made)
        try:
            with self._store.transaction():
                for decision in every:
                    self._write(decision)
        except UNWRITABLE:
            for decision in every:
                self._try(decision)

    def note_files(self, made: Iterable[AnyDecision]) -> None:
        """Process only the decisions about files of the home directory.

        The snapshot of the store already contains the results of all other decisions.
        """
        for decision in made:
            if isinstance(decision, decisions.FileKept):
                self.files[decision.name] = decision

    def _try(self, decision: AnyDecision) -> None:
        try:
            with self._store.transaction():
                self._write(decision)
        except UNWRITABLE as error:
            self.refused.append(f"{decision.__struct_config__.tag}: {error}")

    @singledispatchmethod
    def _write(self, decision: AnyDecision) -> None:
        """Write one decision to the store."""

    @_write.register
    def _(self, decision: decisions.Registered) -> None:
        self._store.register(decision.source)

    @_write.register
    def _(self, decision: decisions.Recorded) -> None:
        release_id = str(decision.release.get("id", ""))
        known = None if decision.kind == "new" else self._store.release(release_id)
        try:
            outcome = decision.outcome(known)
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
    def _(self, decision: decisions.Seen) -> None:
        self._store.restore_seen(decision.releases)
        for release_id, sight in decision.releases.items():
            if sight.leaf >= 0:
                self.seen_in[release_id] = sight.leaf

    @_write.register
    def _(self, decision: decisions.EarlierVersion) -> None:
        if self._known(decision.release):
            self._store.restore_earlier_version(decision)

    @_write.register
    def _(self, decision: decisions.CameBack) -> None:
        if self._known(decision.release):
            self._store.mark_unchanged(decision.release, seen=decision.at, capture=decision.capture)
            if decision.capture:
                self.seen_in.pop(decision.release, None)

    @_write.register
    def _(self, decision: decisions.Missed) -> None:
        if self._known(decision.release):
            self._store.mark_gone(decision.release, seen=decision.at, capture=decision.capture)

    @_write.register
    def _(self, decision: decisions.Held) -> None:
        self._store.hold(decision.releases)

    @_write.register
    def _(self, decision: decisions.Retracted) -> None:
        if self._known(decision.release):
            self._store.retract(decision.release, at=decision.at, why=decision.why)

    @_write.register
    def _(self, decision: decisions.Hidden) -> None:
        if self._known(decision.release):
            self._store.hide(decision.release, at=decision.at, why=decision.why)

    @_write.register
    def _(self, decision: decisions.Unhidden) -> None:
        if self._known(decision.release):
            self._store.unhide(decision.release)

    @_write.register
    def _(self, decision: decisions.Redacted) -> None:
        known = self._store.release(decision.release)
        if known and not known.content.redacted:
            self._store.redact(decision.release, at=decision.at, why=decision.why)

    @_write.register
    def _(self, decision: decisions.SourceRenamed) -> None:
        self._store.rename_source(decision.old, decision.new)

    @_write.register
    def _(self, decision: decisions.SourceRemoved) -> None:
        self._store.remove_source(decision.source, at=decision.at, kept=decision.kept)

    @_write.register
    def _(self, decision: decisions.SourceRestored) -> None:
        self._store.restore_source(decision.source)

    @_write.register
    def _(self, decision: decisions.FilesNamed) -> None:
        self._store.await_files(self._now(decision.source), decision.urls)

    @_write.register
    def _(self, decision: decisions.FileCaptured) -> None:
        self._store.keep_file(decision.source, decision.url, decision.capture)

    @_write.register
    def _(self, decision: decisions.Relocated) -> None:
        self._store.relocate_captures(decision.moved)

    @_write.register
    def _(self, decision: decisions.Joined) -> None:
        self._store.grow_story(decision.story)

    @_write.register
    def _(self, decision: decisions.Visited) -> None:
        self._store.add_run(replace(decision.run, source=self._now(decision.run.source)))

    @_write.register
    def _(self, decision: decisions.WalkEnded) -> None:
        self._store.keep_walk(decision.source, decision.walk)

    @_write.register
    def _(self, decision: decisions.Paged) -> None:
        self._store.add_archive_pages({decision.feed: {decision.page: decision.releases}})

    @_write.register
    def _(self, decision: decisions.DayClosed) -> None:
        self._store.add_day_digest(decision.digest)

    @_write.register
    def _(self, decision: decisions.HealthChanged) -> None:
        self._store.add_health_events([decision.health])

    @_write.register
    def _(self, decision: decisions.Handled) -> None:
        self._store.handle(decision.source, decision.handling)

    @_write.register
    def _(self, decision: decisions.HandlingEnded) -> None:
        self._store.end_handling(decision.source, decision.kind)

    @_write.register
    def _(self, decision: decisions.RhythmFound) -> None:
        self._store.keep_rhythms({decision.source: decision.rhythm})

    @_write.register
    def _(self, decision: decisions.Deposited) -> None:
        self._store.keep_receipt(decision.release, decision.receipt)

    @_write.register
    def _(self, decision: decisions.InFeeds) -> None:
        if self._known(decision.last):
            self._store.mark_in_feeds(decision.last, decision.at)

    @_write.register
    def _(self, decision: decisions.FileKept) -> None:
        self._store.keep_journaled_file(decision.name, decision.digest)
        self.files[decision.name] = decision

    def _now(self, source: str) -> str:
        """Return the current id of a source that may have been renamed since the decision."""
        return self._store.source_moves().get(source, source)

    def _known(self, release_id: str) -> bool:
        if self._store.release(release_id):
            return True
        self.lost.add(release_id)
        return False
