"""Reads all of an archive once, and finds in it what a store is to be written from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from data.archive.journal import events
from data.archive.journal.history import Entry, History, history_of
from data.archive.warc.cdxj import read_entries
from data.archive.warc.reader import Damage, Record, read_file
from data.archive.warc.warc_file import cdxj_path, own_files


class Place(NamedTuple):
    """Where a record is: a file of the archive, and a byte of it."""

    file: str
    offset: int


@dataclass(frozen=True, slots=True)
class Scan:
    """What an archive holds for a store: its journal, and the files of HOME by record id.

    ``snapshot`` is the place in the history of the last record that tells of a snapshot of the
    store, and ``rewritten`` that of the last that tells that all of the site was written anew; -1
    where none does. So many ``records`` were read, and ``damages`` could not be.
    """

    history: History
    files: Mapping[str, Place]
    snapshot: int
    rewritten: int
    records: int
    damages: Sequence[Damage]


def scan(archive: Path, told: Callable[[int, int], None]) -> Scan:
    """Read an archive; ``told`` is called with the bytes read, and those that there are."""
    entries: list[Entry] = []
    files: dict[str, Place] = {}
    rewrites: set[str] = set()
    snapshots: set[str] = set()
    damages: list[Damage] = []
    records = 0
    for found, leaf in read_archive(archive, told):
        if isinstance(found, Damage):
            damages.append(found)
            continue
        records += 1
        if not is_whole(found):
            damages.append(Damage(found.file, found.offset, "it is not what its digest says"))
        elif found.uri.startswith((events.FILES, events.STORE)):
            files[found.record_id] = Place(found.file, found.offset)
        elif found.uri == events.JOURNAL:
            try:
                told_ = events.decode(found.block)
            except msgspec.DecodeError as error:
                damages.append(Damage(found.file, found.offset, f"its JSON can't be read: {error}"))
                continue
            entries.append(
                Entry(found.record_id, told_.after, found.at, leaf, found.file, found.offset)
            )
            if any(isinstance(event, events.Snapshot) for event in told_.events):
                snapshots.add(found.record_id)
            if any(
                isinstance(event, events.Published) and event.everything for event in told_.events
            ):
                rewrites.add(found.record_id)
    history = history_of(entries)
    snapshot, rewritten = (
        max((at for at, entry in enumerate(history.entries) if entry.record_id in some), default=-1)
        for some in (snapshots, rewrites)
    )
    return Scan(history, files, snapshot, rewritten, records, damages)


def read_archive(
    archive: Path, told: Callable[[int, int], None]
) -> Iterator[tuple[Record | Damage, int | None]]:
    """All records of an archive, each with its leaf, None where nobody knows it.

    Files of others are not read. ``told`` is called with the bytes read, and those that there are.
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
            told(done + found.offset, every)
        done += size
    told(every, every)


def is_whole(record: Record) -> bool:
    """Whether the block of a record is what its digest says."""
    told = record.field("WARC-Block-Digest")
    return told == f"sha256:{hashlib.sha256(record.block).hexdigest()}"
