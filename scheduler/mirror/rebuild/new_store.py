"""Create a store in place of a lost store, which hides the same releases."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Final

import msgspec

from data.archive.journal.orders import fingerprint_of
from data.archive.journal.replay import JournalReplay
from data.archive.journal.scan import Scan
from data.archive.log.tree_log import TreeLog
from data.archive.verification.tree import Leaves
from data.archive.warc.reader import Damage
from data.export.destination import workplace
from data.identity.decision import DraftDecision
from data.models import HiddenRelease, Release
from data.store.core.store import Store
from data.store.open import open_store
from data.store.shared_sql.sources import WHY_HIDDEN
from data.store.unit_of_work.decisions import EarlierVersion
from data.store.unit_of_work.outcome import RecordOutcome
from data.wording import OnStepProgress
from scheduler.home.errors import LostStore
from scheduler.home.home import Home
from scheduler.mirror.rebuild.restored_parts import JournalReader, apply_orders
from scheduler.mirror.removal import begin_journal

BATCH_SIZE: Final = 200
"""Number of journal records that are replayed per transaction."""


class NewStore(msgspec.Struct, frozen=True):
    """Numbers of items that a new store got from the journal of the lost store.

    ``hidden`` and ``redacted`` are numbers of releases, and ``removed`` and ``renamed`` numbers of
    sources. ``unread`` is the number of unreadable or missing records, which may have hidden or
    redacted other releases.
    """

    hidden: int = 0
    redacted: int = 0
    removed: int = 0
    renamed: int = 0
    unread: int = 0


def begin_new_store(home: Home, on_progress: OnStepProgress) -> NewStore | None:
    """Create a new store for a home directory that lost its store, or return None.

    Returns None if the store is not lost. In one transaction, the new store gets all items that the
    journal hides, removes or redacts. Redacted releases are also hidden, because their pages may
    still be online and the next visit would publish them again. Raises StoreError or ArchiveError
    if the store or the archive fails.
    """
    with home.lock("new-store", "a command that starts a new store", wait=True):
        try:
            home.plain_store().close()
        except LostStore as lost:
            if not lost.has_journal:
                open_store(home.store_url).close()
                return NewStore()
        else:
            return None
        with (
            replayed(home, on_progress) as (old, unread),
            closing(open_store(home.store_url)) as new,
        ):
            with new.transaction():
                done = HiddenContent(old, new).copy()
                for order in old.orders():
                    new.keep_order(order)
                # This marks the store as used, even if nothing was copied to it.
                new.keep_journaled_file("communique.toml", "")
            # The journal of the new store begins with a snapshot of the copied data.
            begin_journal(home)
            return msgspec.structs.replace(done, unread=unread)


@contextmanager
def replayed(home: Home, on_progress: OnStepProgress) -> Iterator[tuple[Store, int]]:
    """Context manager that yields the lost store, rebuilt from its journal in a temporary file.

    The second value is the number of records that are missing or could not be applied.
    """
    leaves = Leaves(TreeLog(home.archive / "log", home.log_key))
    found = Scan(
        home.archive, leaves, frozenset(), lambda done, of: on_progress("records", done, of)
    )
    damaged: list[Damage] = [*found.damages]
    reader = JournalReader(home.archive, found, damaged)
    entries = found.history.entries
    with workplace(home.path / "new-store") as folder:
        # In a separate folder, because SQLite's folder is locked while a database is switched to
        # WAL mode.
        path = folder / "store" / "communique.db"
        path.parent.mkdir()
        begin = reader.write_snapshot(path)
        with closing(open_store(f"sqlite:{path}")) as store:
            replay = JournalReplay(store)
            for at in range(begin, len(entries), BATCH_SIZE):
                some = reader.read(entries[at : at + BATCH_SIZE])
                replay.write(decision for _, made in some for decision in made)
                on_progress("journal", min(at + BATCH_SIZE, len(entries)), len(entries))
            apply_orders(store, found, reader, home.archive)
            yield store, len(damaged) + len(found.history.missing) + len(replay.refused)


class HiddenContent:
    """Copies data that readers must not see from the ``old`` store to the ``new`` store."""

    def __init__(self, old: Store, new: Store) -> None:
        self._old = old
        self._new = new

    def copy(self) -> NewStore:
        """Copy sources, and all releases that are hidden or redacted."""
        renamed = self._copy_sources()
        hidden = redacted = 0
        for release in self._old.by_first_seen():
            found = self._old.hidden_release(release.id)
            # Releases that were hidden with their source appear again with it.
            if found and found.why == WHY_HIDDEN:
                found = None
            if found or release.content.redacted:
                hidden += found is not None
                redacted += release.content.redacted
                self._copy_release(release, found)
        removed = self._old.removed_sources()
        for source, one in removed.items():
            self._new.remove_source(source, at=one.at, kept=one.kept)
        # The lost store has already sent the alerts for these events.
        self._new.forget_events()
        return NewStore(hidden, redacted, len(removed), renamed)

    def _copy_sources(self) -> int:
        """Copy the names and former ids of sources, and return the number of renamed sources."""
        moves = self._old.source_moves()
        for source in self._old.sources().values():
            ids = [old for old, new in moves.items() if new == source.id]
            ids = [*ids, source.id]
            self._new.register(replace(source, id=ids[0]))
            for before, after in pairwise(ids):
                self._new.rename_source(before, after)
        return len({*moves.values()})

    def _copy_release(self, release: Release, hidden: HiddenRelease | None) -> None:
        """Copy all versions of a release, and the decision to hide or redact it."""
        for one in self._old.revisions(release.id):
            version = replace(
                release,
                content=one.content,
                revision=one.number,
                updated=one.seen,
                capture=one.capture,
                retracted=release.retracted,
                reread=max(0, one.number - release.edited),
                story=None,
                hidden=False,
            )
            if one.number == release.revision:
                version = replace(version, updated=release.updated)
            self._new.restore(
                RecordOutcome(
                    DraftDecision("new" if one.number == 1 else "changed", version),
                    None,
                    fingerprint_of(version),
                    release.aliases,
                    capture=one.capture,
                )
            )
        for one in self._old.earlier_versions(release.id):
            if one.capture:
                self._new.restore_earlier_version(
                    EarlierVersion(release.id, one.content, one.capture)
                )
        why = self._old.why_retracted(release.id)
        if release.content.redacted:
            self._new.redact(release.id, at=release.updated, why=why)
        if hidden:
            self._new.hide(release.id, at=hidden.at, why=hidden.why)
        elif release.content.redacted:
            self._new.hide(release.id, at=release.updated, why=f"redacted: {why}")
