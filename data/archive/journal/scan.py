"""Scan an archive for all data needed to rebuild a store, such as the valid journal records.

The valid records are the chain of records that ends with the last record. A record is invalid if
its process was killed before the commit, or if the store was later restored from an older copy.
Each record contains the id of the previous committed record, so the chain skips invalid records.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from data.archive.journal.journal import FILE_URIS, JOURNAL_URI, SNAPSHOT_URI, decode_journal_record
from data.archive.journal.orders import ORDERS, Order
from data.archive.verification.tree import Leaves
from data.archive.warc.archive_record import ArchiveRecord, is_whole, uuid_of
from data.archive.warc.cdxj import read_entries
from data.archive.warc.reader import Damage, path_of, read_file
from data.archive.warc.warc_file import cdxj_path, own_files
from data.store.unit_of_work import decisions
from data.wording import OnProgress

ANSWER_KINDS: Final = frozenset(["response", "revisit", "resource"])
"""Types of records that may show a release."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A journal record: its id, its location, and the id of the previous record (``after``).

    ``leaf`` is the number of the record's leaf in the transparency log, or None if it has no leaf.
    """

    record_id: str
    after: str
    at: dt.datetime
    leaf: int | None
    file: str
    offset: int


@dataclass(frozen=True, slots=True)
class History:
    """The valid records of a journal, in order.

    ``missing`` contains the ids of records that can't be read although other records refer to them.
    ``aside`` contains the invalid records, in order.
    """

    entries: Sequence[JournalEntry]
    missing: Sequence[str] = ()
    aside: Sequence[JournalEntry] = ()


def history_of(found: Iterable[JournalEntry]) -> History:
    """Select the valid records of a journal. ``found`` contains all its records in any order."""
    entries = {entry.record_id: entry for entry in found}
    # Leaf numbers order the records of all processes. If some are missing, use the dates.
    numbered = all(entry.leaf is not None for entry in entries.values())
    order = {
        record: (entry.leaf or 0 if numbered else 0, entry.at) for record, entry in entries.items()
    }
    named = {entry.after for entry in entries.values()}
    left = sorted(entries, key=lambda record: order[record])
    ends = [record for record in left if record not in named]
    chain: list[JournalEntry] = []
    missing: list[str] = []
    used: set[str] = set()
    here = ends[-1] if ends else ""
    while here:
        entry = entries.get(here)
        if entry and here not in used:
            used.add(here)
            chain.append(entry)
            here = entry.after
            continue
        if entry is None:
            missing.append(here)
        # Continue with the newest record that is older than all records in the chain.
        first = order[chain[-1].record_id] if chain else None
        here = next(
            (
                record
                for record in reversed(left)
                if record not in used and (first is None or order[record] < first)
            ),
            "",
        )
    chain.reverse()
    missing.reverse()
    aside = [entries[record] for record in left if record not in used]
    return History(chain, missing, aside)


class RecordPlace(NamedTuple):
    """Location of a record: a file of the archive, and an offset in it."""

    file: str
    offset: int


class Scan:
    """Contents of an archive that are needed to rebuild a store.

    - ``leaves`` contains all entries of the archive's transparency log.
    - ``kept`` maps names of home directory files to the date and the id of their last record.
    - ``snapshot`` is the position of the last snapshot record in ``history``, or -1.
    - ``rewritten`` is the position of the last record about a complete publication, or -1.
    - ``answers`` maps the locations of all complete responses to their leaves (None if unknown).
    - ``orders`` lists the removal orders of all journal records, even invalid ones, oldest first.
    - ``records`` is the number of records read, and ``damages`` lists the unreadable parts.
    - ``lost`` contains leaves whose records are missing or damaged, but not ``removed`` on purpose.

    ``on_progress`` is called with the number of bytes read and the total.
    """

    def __init__(
        self, archive: Path, leaves: Leaves, removed: AbstractSet[int], on_progress: OnProgress
    ) -> None:
        self.leaves = leaves
        self.removed = removed
        self.files: dict[str, RecordPlace] = {}
        self.kept: dict[str, tuple[dt.datetime, str]] = {}
        self.answers: dict[RecordPlace, int | None] = {}
        self.orders: list[Order] = []
        self.records = 0
        self.damages: list[Damage] = []
        self._entries: list[JournalEntry] = []
        self._rewrites: set[str] = set()
        self._snapshots: set[str] = set()
        self._seen: set[int] = set()
        for found, leaf in read_archive(archive, on_progress):
            if isinstance(found, Damage):
                self.damages.append(found)
            elif cause := self._fault(found, leaf):
                file = path_of(archive, found.file).name
                self.damages.append(Damage(file, found.offset, cause))
        self.history = history_of(self._entries)
        self.snapshot, self.rewritten = (
            max(
                (at for at, one in enumerate(self.history.entries) if one.record_id in some),
                default=-1,
            )
            for some in (self._snapshots, self._rewrites)
        )
        self.orders.sort(key=lambda order: order.at)
        self.lost = {*leaves.numbers.values()} - self._seen - removed

    @property
    def is_whole(self) -> bool:
        """Return whether no record of the archive is missing or damaged."""
        return not (self.damages or self.lost or self.history.missing)

    def _fault(self, record: ArchiveRecord, leaf: int | None) -> str:
        """Process a record, and return its fault, or an empty string.

        ``leaf`` is the number of its leaf in its CDXJ line, or None.
        """
        self.records += 1
        if not is_whole(record):
            return "it does not match its digest"
        leaf = self.leaves.numbers.get(uuid_of(record.record_id).bytes, leaf)
        if leaf is not None:
            self._seen.add(leaf)
        if record.uri.startswith((FILE_URIS, SNAPSHOT_URI)):
            self.files[record.record_id] = RecordPlace(record.file, record.offset)
            if record.uri != SNAPSHOT_URI:
                name, kept = record.uri[len(FILE_URIS) :], (record.at, record.record_id)
                self.kept[name] = max(self.kept.get(name, kept), kept)
        elif record.uri == JOURNAL_URI:
            try:
                self._read_journal(record, leaf)
            except msgspec.DecodeError as error:
                return f"its JSON can't be read: {error}"
        elif record.kind in ANSWER_KINDS:
            self.answers[RecordPlace(record.file, record.offset)] = leaf
        return ""

    def _read_journal(self, record: ArchiveRecord, leaf: int | None) -> None:
        journaled = decode_journal_record(record.block)
        own = record.record_id
        self._entries.append(
            JournalEntry(own, journaled.after, record.at, leaf, record.file, record.offset)
        )
        for decision in journaled.decisions:
            if isinstance(decision, ORDERS):
                self.orders.append(Order("", record.at, decision))
            elif isinstance(decision, decisions.Snapshot):
                self._snapshots.add(own)
            elif isinstance(decision, decisions.SitePublished) and decision.everything:
                self._rewrites.add(own)


def holds_journal(archive: Path, *, committed: bool) -> bool:
    """Return whether an archive folder contains a journal record.

    With ``committed``, a record counts only if a later record refers to it, because a process that
    is killed during its first transaction leaves an uncommitted record.
    """
    for path in own_files(archive) if archive.is_dir() else ():
        for found in read_file(path):
            if isinstance(found, ArchiveRecord) and found.uri == JOURNAL_URI:
                with suppress(msgspec.DecodeError):
                    if not committed or decode_journal_record(found.block).after:
                        return True
    return False


def read_archive(
    archive: Path, on_progress: OnProgress
) -> Iterator[tuple[ArchiveRecord | Damage, int | None]]:
    """Yield all records and damaged parts of an archive with their leaf numbers.

    Unknown leaf numbers are None. Files from other programs are skipped. ``on_progress`` is called
    with the number of bytes read and the total.
    """
    files = {path: path.stat().st_size for path in own_files(archive)}
    every, done = sum(files.values()), 0
    for path, size in files.items():
        lines = cdxj_path(path)
        leaves = (
            {entry.offset: entry.leaf for entry, _ in read_entries(lines) if entry.leaf >= 0}
            if lines.exists()
            else {}
        )
        for found in read_file(path):
            yield found, leaves.get(found.offset)
            on_progress(done + found.offset, every)
        done += size
    on_progress(every, every)
