"""Write events to the archive before the store commits them."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Final

from data.archive.archive import Archive
from data.archive.journal import events
from data.archive.journal.events import JournalRecord
from data.archive.journal.orders import ORDERS, Orders
from data.clock import utc_now
from data.errors import ArchiveError
from data.models import Run
from data.store.core.store import Store
from data.store.unit_of_work import decisions
from data.store.unit_of_work.decisions import AnyEvent
from data.store.unit_of_work.outcome import Sight
from data.store.unit_of_work.unit import UnitOfWork

PIECE_BYTES: Final = 8_000_000
"""Maximum number of bytes of the store snapshot in one record."""

MAX_LATE_TRANSACTIONS: Final = 50
"""Maximum number of delayed transactions in one record after the archive failed."""

log = logging.getLogger(__name__)

MAX_WAITING_SIGHTS: Final = 500
"""Maximum number of unchanged releases whose sights wait for the next record."""


class Journal:
    """Writer of the journal records of a store.

    The events of a transaction become one record. The record is in the archive before the
    transaction is committed, or waits in the store if the archive fails. Sights of unchanged
    releases and visits without results wait for the next record or for `close`. Without an archive,
    only ``orders`` are stored, in their own file.
    """

    def __init__(
        self,
        store: Store,
        open_archive: Callable[[], Archive] | None,
        orders: Orders | None = None,
    ) -> None:
        self._store = store
        self._open_archive = open_archive
        self._orders = orders
        self._opened: Archive | None = None
        self._seen: dict[str, Sight] = {}
        self._runs: dict[str, Run] = {}
        self._files: list[AnyEvent] = []
        self._told: dict[str, Run] = {}
        store.journal = self

    def transaction(self) -> AbstractContextManager[object]:
        return self._store.transaction()

    def write(self, unit: UnitOfWork) -> None:
        """Write the journal record of a transaction, as one of the transaction's last steps."""
        if unit.decisions:
            self._record(unit)

    def _record(self, unit: UnitOfWork) -> None:
        told, waiting = unit.decisions, [*self._waiting()]
        seen, runs, files = self._seen, self._runs, self._files
        self._seen, self._runs, self._files = {}, {}, []

        def wait_again() -> None:
            self._seen = seen | self._seen
            self._runs = runs | self._runs
            self._files = files + self._files

        unit.at_rollback(wait_again)
        self._write([*waiting, *told])
        self._keep_orders(told)

    def _write(self, told: Sequence[AnyEvent]) -> None:
        """Write a record within the current transaction.

        If the archive can't store the record, its events wait in the store, so that a full disk
        loses no data. The error is reported later, when a response is archived.
        """
        if self._open_archive is None:
            return
        try:
            if not self._store.journal_end() and not self._store.was_empty():
                self._begin()
            while late := self._store.unwritten(limit=MAX_LATE_TRANSACTIONS):
                self._append([event for some in late for event in events.decode_events(some)])
                self._store.forget_unwritten(len(late))
            self._append(told)
        except ArchiveError as error:
            log.warning("the journal waits for the archive: %s", error)
            self._store.keep_unwritten(events.encode_events(told))

    def _keep_orders(self, told: Sequence[AnyEvent]) -> None:
        """Write the orders of the transaction to their file, as the transaction's last step."""
        # A redaction keeps its own events, since it begins the journal again.
        orders = [
            event
            for event in told
            if isinstance(event, ORDERS) and not isinstance(event, decisions.Redacted)
        ]
        if orders and self._orders:
            self._orders.keep(self._store, orders)

    def _begin(self) -> None:
        """Archive a snapshot of the store as it was before this transaction."""
        digest = hashlib.sha256()
        records = []
        for piece in self._store.snapshot(PIECE_BYTES):
            digest.update(piece)
            kept = self._archive.resource(events.STORE, events.SQLITE, piece, at=utc_now())
            records.append(kept.record_id)
        while late := len(self._store.unwritten(limit=MAX_LATE_TRANSACTIONS)):
            # The snapshot contains these decisions.
            self._store.forget_unwritten(late)
        self._append([decisions.Snapshot(records, digest.hexdigest())])

    def _append(self, told: Sequence[AnyEvent]) -> None:
        block = events.encode(JournalRecord(told, after=self._store.journal_end()))
        capture = self._archive.metadata(events.JOURNAL, events.JSON, block, at=utc_now())
        self._store.keep_journal_end(capture.record_id)

    def _waiting(self) -> Iterator[AnyEvent]:
        if self._seen:
            yield decisions.Seen(dict(self._seen))
        yield from map(decisions.Visited, self._runs.values())
        yield from self._files

    def _tell(self, *told: AnyEvent) -> None:
        """Add decisions to the unit of work of the current transaction."""
        self._store.unit.decide(*told)

    def _see(self, release_id: str, sight: Sight) -> None:
        """Add the sight of an unchanged release to the next record."""
        before = self._seen.get(release_id)
        if before:
            leaf = sight.leaf if sight.leaf >= 0 else before.leaf
            sight = (sight if sight.digest else before)._replace(at=sight.at, leaf=leaf)
        self._seen[release_id] = sight
        if len(self._seen) >= MAX_WAITING_SIGHTS:
            self.flush()

    def flush(self) -> None:
        """Write pending decisions."""
        with self.transaction():
            self._record(self._store.unit)

    def close(self) -> None:
        """Write pending events, and close the archive and this thread's connection."""
        try:
            if any(self._waiting()):
                self.flush()
            if self._opened:
                self._opened.close()
        finally:
            self._store.close()

    @property
    def _archive(self) -> Archive:
        """Return the archive, opened on first use."""
        if self._opened is None:
            if self._open_archive is None:
                raise RuntimeError("nothing is archived while the archive is disabled")
            self._opened = self._open_archive()
        return self._opened
