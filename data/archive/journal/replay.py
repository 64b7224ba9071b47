"""Rebuild a store from its journal. The recorded decisions are replayed, not made again."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import msgspec

from data.archive.journal.orders import ORDERS, obey_order
from data.errors import StoreError
from data.store.core.store import Store
from data.store.unit_of_work import decisions
from data.store.unit_of_work.decisions import AnyDecision

UNWRITABLE: Final = (StoreError, ValueError, LookupError)
"""Exceptions raised by decisions of a damaged journal, for example by a duplicate page number."""


ABOUT_KNOWN_RELEASE: Final = (
    decisions.EarlierVersion,
    decisions.CameBack,
    decisions.Missed,
    decisions.Retracted,
    decisions.Hidden,
    decisions.Unhidden,
)
"""Decisions about a release that must be in the store."""


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

    def _write(self, decision: AnyDecision) -> None:  # noqa: C901, PLR0912, PLR0915 - a case each
        """Write one decision to the store."""
        store = self._store
        if isinstance(decision, ABOUT_KNOWN_RELEASE) and not store.release(decision.release):
            self.lost.add(decision.release)
            return
        match decision:
            case decisions.Registered():
                store.register(decision.source)
            case decisions.Recorded():
                self._record(decision)
            case decisions.Seen():
                store.restore_seen(decision.releases)
                self.seen_in |= {
                    release: sight.leaf
                    for release, sight in decision.releases.items()
                    if sight.leaf >= 0
                }
            case decisions.EarlierVersion():
                store.restore_earlier_version(decision)
            case decisions.CameBack():
                store.mark_unchanged(decision.release, seen=decision.at, capture=decision.capture)
                if decision.capture:
                    self.seen_in.pop(decision.release, None)
            case decisions.Missed():
                store.mark_gone(decision.release, seen=decision.at, capture=decision.capture)
            case decisions.Held():
                store.hold(decision.releases)
            case decisions.Retracted():
                store.retract(decision.release, at=decision.at, why=decision.why)
            case decisions.SourceRenamed():
                store.rename_source(decision.old, decision.new)
            case decisions.FilesNamed():
                store.await_files(self._now(decision.source), decision.urls)
            case decisions.FileCaptured():
                store.keep_file(decision.source, decision.url, decision.capture)
            case decisions.Relocated():
                store.relocate_captures(decision.moved)
            case decisions.Joined():
                store.grow_story(decision.story)
            case decisions.Visited():
                run = decision.run
                store.add_run(replace(run, source=self._now(run.source)))
            case decisions.WalkEnded():
                store.keep_walk(decision.source, decision.walk)
            case decisions.Paged():
                store.add_archive_pages({decision.feed: {decision.page: decision.releases}})
            case decisions.DayClosed():
                store.add_day_digest(decision.digest)
            case decisions.HealthChanged():
                store.add_health_events([decision.health])
            case decisions.Handled():
                store.handle(decision.source, decision.handling)
            case decisions.HandlingEnded():
                store.end_handling(decision.source, decision.kind)
            case decisions.RhythmFound():
                store.keep_rhythms({decision.source: decision.rhythm})
            case decisions.Deposited():
                store.keep_receipt(decision.release, decision.receipt)
            case decisions.InFeeds():
                if store.release(decision.last):
                    store.mark_in_feeds(decision.last, decision.at)
                else:
                    self.lost.add(decision.last)
            case decisions.FileKept():
                store.keep_journaled_file(decision.name, decision.digest)
                self.files[decision.name] = decision
            case _:
                if isinstance(decision, ORDERS):
                    obey_order(store, decision)

    def _record(self, decision: decisions.Recorded) -> None:
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

    def _now(self, source: str) -> str:
        """Return the current id of a source that may have been renamed since the decision."""
        return self._store.source_moves().get(source, source)
