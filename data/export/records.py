"""Records of the archive as an export takes them: all, or those that show chosen releases."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from data.archive.served import holds_secret
from data.archive.warc.cdxj import entry_of, write_sorted
from data.archive.warc.reader import LARGEST, OPEN, Damage, Record, read_file
from data.archive.warc.warc_file import own_files
from data.models import Capture, Release
from data.store.protocol import Store
from data.text.source_secrets import Secrets

Told: TypeAlias = Callable[[int, int], None]
"""Is told how much of how much is done."""

REPLAYED = frozenset(["response", "revisit", "resource"])
"""Kinds of records that an index for replay lists."""

HOLDING = frozenset(["response", "resource"])
"""Kinds of records that hold a payload to which revisit records refer."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds: releases, those of them whose page is in it, and records.

    ``damaged`` are the places of the archive that could not be read, and are not in it.
    ``with_secrets`` is the number of records that contain a secret of the address of a source.
    """

    releases: int
    pages: int
    records: int
    damaged: tuple[Damage, ...] = ()
    with_secrets: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """Which releases are exported: of a source, and published between two days (inclusive).

    What is None chooses nothing. Days are those in the zone of each release's source.
    """

    source: str | None = None
    since: dt.date | None = None
    until: dt.date | None = None

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return self == Choice()

    def releases(self, store: Store) -> Iterator[Release]:
        """The chosen releases that are not hidden, in the order of their first sight."""
        found = store.by_first_seen(self.source, since=self.since, until=self.until)
        return (one for one in found if not one.hidden)


@dataclass(slots=True)
class ChosenRecords:
    """Tells the records that show chosen releases, or belong to these."""

    everything: bool
    ids: set[str] = field(default_factory=set)
    digests: set[str] = field(default_factory=set)

    def takes(self, record: Record) -> bool:
        """Whether a record is exported; to be asked in the order of the records."""
        if self.everything or record.record_id in self.ids:
            return True
        holds = record.kind in HOLDING and record.field("WARC-Payload-Digest") in self.digests
        partner = record.field("WARC-Concurrent-To").strip("<> ")
        if holds or (partner and partner in self.ids):
            self.ids.add(record.record_id)
            return True
        return False


def chosen_records(store: Store, choice: Choice) -> ChosenRecords:
    """What tells the records of the chosen releases and of their files."""
    chosen = ChosenRecords(choice.is_all)
    if not choice.is_all:
        for capture in chosen_captures(store, choice):
            chosen.ids.add(capture.record_id)
            chosen.digests.add(capture.digest)
    return chosen


def chosen_captures(store: Store, choice: Choice) -> Iterator[Capture]:
    """The captures of the chosen releases and of their files."""
    if choice.is_all:
        yield from store.captured()
        return
    for release in choice.releases(store):
        seen = store.sightings(release.id)
        media = (*release.content.attachments, *release.content.images)
        files = store.file_captures({one.url for one in media}).values()
        yield from filter(None, (*seen.versions.values(), seen.seen, seen.gone, *files))


@dataclass(frozen=True, slots=True)
class Taken:
    """A record that is exported, with its ``member``: all of it, compressed, as it is stored."""

    record: Record
    member: bytes


class ArchiveRecords:
    """The chosen records of the archive in ``folder``, file after file.

    ``damaged`` are the places that could not be read; they are in no export.
    """

    def __init__(self, folder: Path, chosen: ChosenRecords, told: Told) -> None:
        self._chosen = chosen
        self._told = told
        paths = own_files(folder) if folder.is_dir() else []
        self._sizes = {path: path.stat().st_size for path in paths if path.exists()}
        self._done = 0
        self.damaged: list[Damage] = []

    def files(self) -> Iterator[tuple[str, Iterator[Taken]]]:
        """The name of each file that has chosen records, and these; to be taken in turn."""
        for path in self._sizes:
            records = self._records(path)
            first = next(records, None)
            if first:
                yield path.name.removesuffix(OPEN), _with(first, records)

    def _records(self, path: Path) -> Iterator[Taken]:
        """The chosen records of a file, the one that describes it before any other."""
        start, size = self._done, self._sizes[path]
        now = path if path.exists() else path.with_name(path.name.removesuffix(OPEN))
        infos: list[Taken] = []
        found: Record | Damage | None = None
        with now.open("rb") as file:
            for found in read_file(now, 0, size):
                self._told(start + found.offset, sum(self._sizes.values()))
                if isinstance(found, Damage):
                    self.damaged.append(found)
                    continue
                taken = Taken(found, os.pread(file.fileno(), found.length, found.offset))
                if found.kind == "warcinfo":
                    infos.append(taken)
                elif self._chosen.takes(found):
                    yield from infos
                    infos.clear()
                    yield taken
        if path.name.endswith(OPEN) and isinstance(found, Damage):
            # What is being written at this moment, or was when a process ended, is no damage.
            self.damaged.pop()
        self._done += size


class CopiedRecords:
    """Records on their way into a copy, and the index of it.

    ``count`` is the number of records, ``with_secrets`` of those that contain one of the
    ``secrets``. ``places`` has the address and the time of each one that can be replayed, by id.
    """

    def __init__(self, work: Path, secrets: Secrets) -> None:
        self._lines = work
        self._secrets = secrets
        self.with_secrets = 0
        self._file = work.open("wb")
        self.count = 0
        self.places: dict[str, tuple[str, dt.datetime]] = {}

    def members(self, found: Iterable[Taken]) -> Iterator[bytes]:
        """The records of one file, each noted at the place that it gets in the copy."""
        offset = 0
        for taken in found:
            record = taken.record
            entry = entry_of(record, -1) if record.kind in REPLAYED else None
            if entry:
                self._file.write(replace(entry, offset=offset).encode())
                self.places[record.record_id] = record.uri, record.at
            self.count += 1
            self.with_secrets += holds_secret(record, self._secrets, LARGEST)
            offset += len(taken.member)
            yield taken.member

    def write_index(self, to: Path) -> None:
        """Write the lines of the index, sorted, to a file; this ends the copy."""
        self._file.close()
        with self._lines.open("rb") as lines:
            write_sorted(lines, to)
        self._lines.unlink()


def _with(first: Taken, rest: Iterator[Taken]) -> Iterator[Taken]:
    yield first
    yield from rest
