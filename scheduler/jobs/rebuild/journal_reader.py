"""Reads the journal of a scanned archive: its events, and the snapshot of the store before them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from data.archive.journal import events
from data.archive.journal.history import Entry
from data.archive.journal.scan import Scan
from data.archive.warc.reader import Damage, read_record
from data.errors import ArchiveError


class JournalReader:
    """The journal that a scan found in the folder ``archive``.

    Records that can't be read are added to ``damaged``.
    """

    def __init__(self, archive: Path, found: Scan, damaged: list[Damage]) -> None:
        self._archive = archive
        self._found = found
        self._damaged = damaged

    def write_snapshot(self, path: Path) -> int:
        """Write the last snapshot of the store to ``path``, and count the entries it covers.

        Returns 0 and leaves no file if there is no snapshot or a part of it is missing.
        """
        if self._found.snapshot < 0:
            return 0
        (entry,) = self._found.history.entries[self._found.snapshot : self._found.snapshot + 1]
        for _, told in self.read([entry]):
            for event in told:
                if isinstance(event, events.Snapshot) and self._assembled(event, path):
                    return self._found.snapshot
        path.unlink(missing_ok=True)
        return 0

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, Sequence[events.AnyEvent]]]:
        """The events of each entry; none of an entry that can't be read."""
        for entry in entries:
            block = self.block(entry.file, entry.offset)
            yield entry, events.decode(block).events if block else ()

    def file(self, record_id: str) -> bytes | None:
        """The file that a resource record holds; None if the record is missing or damaged."""
        place = self._found.files.get(record_id)
        return self.block(place.file, place.offset) if place else None

    def block(self, file: str, offset: int) -> bytes | None:
        """The block of the record at a byte of a file; None if it can't be read any more."""
        try:
            return read_record(self._archive, file, offset).block
        except ArchiveError as error:
            self._damaged.append(Damage(file, offset, error.cause))
            return None

    def _assembled(self, snapshot: events.Snapshot, path: Path) -> bool:
        """Join the pieces of a snapshot in a file; whether all of them were found."""
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
