"""Scan an archive for all data needed to rebuild a store."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from data.archive.journal import journal_record
from data.archive.journal.history import History, JournalEntry, history_of
from data.archive.journal.orders import ORDERS, Order
from data.archive.verification.tree import Leaves
from data.archive.warc.archive_record import ArchiveRecord, is_whole, uuid_of
from data.archive.warc.cdxj import read_entries
from data.archive.warc.reader import Damage, path_of, read_file
from data.archive.warc.warc_file import cdxj_path, own_files
from data.progress import OnProgress
from data.store.unit_of_work import decisions

ANSWER_KINDS: Final = frozenset(["response", "revisit", "resource"])
"""Types of records that may show a release."""


class RecordPlace(NamedTuple):
    """Location of a record: a file of the archive, and an offset in it."""

    file: str
    offset: int


@dataclass(frozen=True, slots=True)
class Scan:
    """Contents of an archive that are needed to rebuild a store.

    - ``leaves`` contains all entries of the archive's transparency log.
    - ``kept`` maps names of home directory files to the id of their last record.
    - ``snapshot`` is the position of the last snapshot record in ``history``, or -1.
    - ``rewritten`` is the position of the last record about a complete publication, or -1.
    - ``answers`` maps the locations of all complete responses to their leaves (None if unknown).
    - ``orders`` lists the removal orders of all journal records, even invalid ones, oldest first.
    - ``records`` is the number of records read, and ``damages`` lists the unreadable parts.
    - ``lost`` contains leaves whose records are missing or damaged, but not ``removed`` on purpose.
    """

    leaves: Leaves
    history: History
    files: Mapping[str, RecordPlace]
    kept: Mapping[str, str]
    answers: Mapping[RecordPlace, int | None]
    snapshot: int
    rewritten: int
    orders: Sequence[Order]
    records: int
    damages: Sequence[Damage]
    lost: AbstractSet[int]
    removed: AbstractSet[int]

    @property
    def is_whole(self) -> bool:
        """Return whether no record of the archive is missing or damaged."""
        return not (self.damages or self.lost or self.history.missing)


class Scanner:
    """Collects the contents of an archive. ``leaves`` are the entries of the archive's log."""

    def __init__(self, archive: Path, leaves: Leaves) -> None:
        self._archive = archive
        self._leaves = leaves
        self._entries: list[JournalEntry] = []
        self._files: dict[str, RecordPlace] = {}
        self._kept: dict[str, tuple[dt.datetime, str]] = {}
        self._answers: dict[RecordPlace, int | None] = {}
        self._rewrites: set[str] = set()
        self._orders: list[Order] = []
        self._snapshots: set[str] = set()
        self._damages: list[Damage] = []
        self._seen: set[int] = set()
        self._records = 0

    def take(self, record: ArchiveRecord, leaf: int | None) -> None:
        """Process a record. ``leaf`` is the number of its leaf in its CDXJ line, or None."""
        self._records += 1
        if not is_whole(record):
            self._refuse(record, "it does not match its digest")
            return
        leaf = self._leaves.numbers.get(uuid_of(record.record_id).bytes, leaf)
        if leaf is not None:
            self._seen.add(leaf)
        place = RecordPlace(record.file, record.offset)
        try:
            if record.uri.startswith((journal_record.FILES, journal_record.STORE)):
                self._files[record.record_id] = place
                if record.uri != journal_record.STORE:
                    name, kept = (
                        record.uri[len(journal_record.FILES) :],
                        (record.at, record.record_id),
                    )
                    self._kept[name] = max(self._kept.get(name, kept), kept)
            elif record.uri == journal_record.JOURNAL:
                self._take_journal(record, leaf)
            elif record.kind in ANSWER_KINDS:
                self._answers[place] = leaf
        except msgspec.DecodeError as error:
            self._refuse(record, f"its JSON can't be read: {error}")

    def damage(self, damage: Damage) -> None:
        """Add an unreadable part of an archive file to the results."""
        self._damages.append(damage)

    def finish(self, removed: AbstractSet[int]) -> Scan:
        """Return the collected contents.

        ``removed`` contains the leaves of records that were removed on purpose.
        """
        history = history_of(self._entries)
        snapshot, rewritten = (
            max(
                (at for at, entry in enumerate(history.entries) if entry.record_id in some),
                default=-1,
            )
            for some in (self._snapshots, self._rewrites)
        )
        lost = {*self._leaves.numbers.values()} - self._seen - removed
        return Scan(
            self._leaves,
            history,
            self._files,
            {name: record for name, (_, record) in self._kept.items()},
            self._answers,
            snapshot,
            rewritten,
            sorted(self._orders, key=lambda order: order.at),
            self._records,
            self._damages,
            lost,
            removed,
        )

    def _refuse(self, record: ArchiveRecord, cause: str) -> None:
        self.damage(Damage(path_of(self._archive, record.file).name, record.offset, cause))

    def _take_journal(self, record: ArchiveRecord, leaf: int | None) -> None:
        journaled = journal_record.decode(record.block)
        self._entries.append(
            JournalEntry(
                record.record_id, journaled.after, record.at, leaf, record.file, record.offset
            )
        )
        self._orders += [
            Order("", record.at, decision)
            for decision in journaled.decisions
            if isinstance(decision, ORDERS)
        ]
        if any(isinstance(decision, decisions.Snapshot) for decision in journaled.decisions):
            self._snapshots.add(record.record_id)
        if any(
            isinstance(decision, decisions.SitePublished) and decision.everything
            for decision in journaled.decisions
        ):
            self._rewrites.add(record.record_id)


def scan(
    archive: Path,
    leaves: Leaves,
    removed: AbstractSet[int],
    on_progress: OnProgress,
) -> Scan:
    """Read an archive and return its contents. ``leaves`` are the entries of its log.

    ``removed`` contains the leaves of records that were removed on purpose. ``on_progress`` is
    called with the number of bytes read and the total.
    """
    scanner = Scanner(archive, leaves)
    for found, leaf in read_archive(archive, on_progress):
        if isinstance(found, Damage):
            scanner.damage(found)
        else:
            scanner.take(found, leaf)
    return scanner.finish(removed)


def holds_journal(archive: Path, *, committed: bool = False) -> bool:
    """Return whether an archive folder contains a journal record.

    With ``committed``, a record counts only if a later record refers to it, because a process that
    is killed during its first transaction leaves an uncommitted record.
    """
    for path in own_files(archive) if archive.is_dir() else ():
        for found in read_file(path):
            if isinstance(found, ArchiveRecord) and found.uri == journal_record.JOURNAL:
                with suppress(msgspec.DecodeError):
                    if not committed or journal_record.decode(found.block).after:
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
