"""Reader of an archive's journal: decisions, the snapshot of the store, and removal orders."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from data.archive.journal.journal import decode_journal_record
from data.archive.journal.orders import OF_RELEASES, Orders, obey
from data.archive.journal.scan import JournalEntry, Scan
from data.archive.warc.reader import Damage, read_record
from data.errors import ArchiveError
from data.store.core.store import Store
from data.store.unit_of_work import decisions


class JournalReader:
    """The journal that a scan found in the folder ``archive``.

    Unreadable records are added to the list ``damaged``.
    """

    def __init__(self, archive: Path, found: Scan, damaged: list[Damage]) -> None:
        self._archive = archive
        self._found = found
        self._damaged = damaged

    def write_snapshot(self, path: Path) -> int:
        """Write the last snapshot of the store to ``path``, and return how many entries it covers.

        If the snapshot or a part of it is missing, return 0 and create no file.
        """
        if self._found.snapshot < 0:
            return 0
        (entry,) = self._found.history.entries[self._found.snapshot : self._found.snapshot + 1]
        for _, made in self.read([entry]):
            for decision in made:
                if isinstance(decision, decisions.Snapshot) and self._assembled(decision, path):
                    return self._found.snapshot
        path.unlink(missing_ok=True)
        return 0

    def read(
        self, entries: Iterable[JournalEntry]
    ) -> Iterator[tuple[JournalEntry, Sequence[decisions.AnyDecision]]]:
        """Yield each entry with its decisions. An unreadable entry has no decisions."""
        for entry in entries:
            block = self.block(entry.file, entry.offset)
            yield entry, decode_journal_record(block).decisions if block else ()

    def file(self, record_id: str) -> bytes | None:
        """Return the file in a resource record, or None if the record is missing or damaged."""
        place = self._found.files.get(record_id)
        return self.block(place.file, place.offset) if place else None

    def block(self, file: str, offset: int) -> bytes | None:
        """Return the block of the record at an offset of a file, or None if it is unreadable."""
        try:
            return read_record(self._archive, file, offset).block
        except ArchiveError as error:
            self._damaged.append(Damage(file, offset, error.cause))
            return None

    def _assembled(self, snapshot: decisions.Snapshot, path: Path) -> bool:
        """Join the parts of a snapshot into a file. Returns whether all parts were found."""
        digest = hashlib.sha256()
        with path.open("wb") as file:
            for record in snapshot.records:
                piece = self.file(record)
                if piece is None:
                    self._damaged.append(Damage(record, 0, "a part of the store is missing"))
                    return False
                digest.update(piece)
                file.write(piece)
        return digest.hexdigest() == snapshot.digest


def apply_orders(store: Store, found: Scan, reader: JournalReader, archive: Path) -> None:
    """Apply the removal orders in an archive to a rebuilt store, except orders that were undone.

    Removal orders are in their own file and in every branch of the journal. A branch begins when a
    store that is older than its archive is used again. Raises ArchiveError or StoreError if the
    archive or the store fails.
    """
    kept = Orders(archive).read()
    orders = sorted([*found.orders, *kept], key=lambda order: order.at)
    named = {one.decision.release for one in orders if isinstance(one.decision, OF_RELEASES)}
    lacking = {release for release in named if store.release(release) is None}
    recorded = {}
    if lacking:
        for _, made in reader.read(found.history.aside):
            for decision in made:
                if isinstance(decision, decisions.Recorded) and "content" in decision.release:
                    recorded[str(decision.release["id"])] = decision
    with store.transaction():
        obey(store, orders, {name: recorded[name] for name in lacking & recorded.keys()})
        for order in kept:
            store.keep_order(order.id)
