"""Selection of releases and archive records for an export."""

import datetime as dt
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import msgspec

from data.archive.archived_response import holds_secret
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.cdxj import CdxjEntry, entry_of, write_sorted
from data.archive.warc.reader import DOT_OPEN, MAX_UNPACKED_BYTES, Damage, read_fields, read_file
from data.archive.warc.warc_file import own_files
from data.errors import ArchiveError
from data.interchange.release_fields import release_fields
from data.models import Capture, Release
from data.store.core.store import Store
from data.text.source_secrets import Secrets
from data.wording import OnProgress

REPLAYED_TYPES = frozenset(["response", "revisit", "resource"])
"""Types of records that the replay index of an export contains."""

PAYLOAD_TYPES = frozenset(["response", "resource"])
"""Types of records that have a payload to which revisit records may refer."""

PartsOf: TypeAlias = Callable[[Capture], Iterable[CdxjEntry]]
"""Function that returns the captures of a captured page's parts, such as images and styles."""


@dataclass(frozen=True, slots=True)
class Exported:
    """Result of an export: numbers of releases, releases with an archived page, and records.

    ``damaged`` lists unreadable parts of the archive, which are omitted. ``with_secrets`` is the
    number of records that contain a secret from a source's address.
    """

    releases: int
    pages: int
    records: int
    damaged: tuple[Damage, ...] = ()
    with_secrets: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """Filter for the releases to export: by source, and by day of publication (inclusive).

    None means no restriction. Days are in the time zone of the release's source.
    """

    source: str | None = None
    since: dt.date | None = None
    until: dt.date | None = None

    @property
    def is_all(self) -> bool:
        """Return whether the filter selects all releases."""
        return self == Choice()

    def releases(self, store: Store) -> Iterator[Release]:
        """Yield the selected releases that are not hidden, by the time they were first seen."""
        found = store.by_first_seen(self.source, since=self.since, until=self.until)
        return (one for one in found if not one.hidden)


@dataclass(slots=True)
class ChosenRecords:
    """Selects the archive records of the chosen releases."""

    everything: bool
    ids: set[str] = field(default_factory=set)
    digests: set[str] = field(default_factory=set)

    def takes(self, record: ArchiveRecord) -> bool:
        """Return whether a record belongs to the export.

        Call this for all records, in the order of the archive.
        """
        if self.everything or record.record_id in self.ids:
            return True
        holds = record.kind in PAYLOAD_TYPES and record.field("WARC-Payload-Digest") in self.digests
        partner = record.field("WARC-Concurrent-To").strip("<> ")
        if holds or (partner and partner in self.ids):
            self.ids.add(record.record_id)
            return True
        return False


def chosen_records(store: Store, archive: Path, choice: Choice, parts_of: PartsOf) -> ChosenRecords:
    """Return the selector for the records of the chosen releases, their files and page parts.

    Raises StoreError.
    """
    chosen = ChosenRecords(choice.is_all)
    if choice.is_all:
        return chosen
    places: set[tuple[str, int]] = set()
    for pages, files in _captures(store, choice):
        for capture in (*pages, *files):
            chosen.ids.add(capture.record_id)
            chosen.digests.add(capture.digest)
        for part in chain.from_iterable(map(parts_of, pages)):
            chosen.digests.add(part.digest)
            places.add((part.file, part.offset))
    for file, offset in places:
        # A damaged record is reported when the records are copied.
        with suppress(ArchiveError, KeyError):
            fields = dict(read_fields(archive, file, offset))
            chosen.ids.add(fields["WARC-Record-ID"].strip("<> "))
    return chosen


def chosen_captures(store: Store, choice: Choice) -> Iterator[Capture]:
    """Yield the captures of the selected releases and their files."""
    if choice.is_all:
        yield from store.captured()
        return
    for pages, files in _captures(store, choice):
        yield from (*pages, *files)


def _captures(store: Store, choice: Choice) -> Iterator[tuple[list[Capture], list[Capture]]]:
    """Yield the captures of pages, and the captures of files, for each selected release."""
    for release in choice.releases(store):
        seen = store.sightings(release.id)
        media = (*release.content.attachments, *release.content.images)
        files = store.file_captures({one.url for one in media}).values()
        yield [*filter(None, (*seen.versions.values(), seen.seen, seen.gone))], [*files]


ExportedRecord: TypeAlias = tuple[ArchiveRecord, bytes]
"""A record to export, and the compressed record as stored."""


class ArchiveRecords:
    """The selected records of the archive in ``folder``, file by file.

    ``damaged`` lists unreadable parts of the archive, which are omitted.
    """

    def __init__(self, folder: Path, chosen: ChosenRecords, on_progress: OnProgress) -> None:
        self._chosen = chosen
        self._told = on_progress
        paths = own_files(folder) if folder.is_dir() else []
        self._sizes = {path: path.stat().st_size for path in paths if path.exists()}
        self._done = 0
        self.damaged: list[Damage] = []

    def files(self) -> Iterator[tuple[str, Iterator[ExportedRecord]]]:
        """Yield the name and the selected records of each file with selected records.

        Read all records of a file before requesting the next file.
        """
        for path in self._sizes:
            records = self._records(path)
            first = next(records, None)
            if first:
                yield path.name.removesuffix(DOT_OPEN), chain([first], records)

    def _records(self, path: Path) -> Iterator[ExportedRecord]:
        """Yield the selected records of a file, after its warcinfo records."""
        start, size = self._done, self._sizes[path]
        now = path if path.exists() else path.with_name(path.name.removesuffix(DOT_OPEN))
        infos: list[ExportedRecord] = []
        found: ArchiveRecord | Damage | None = None
        with now.open("rb") as file:
            for found in read_file(now, 0, size):
                self._told(start + found.offset, sum(self._sizes.values()))
                if isinstance(found, Damage):
                    self.damaged.append(found)
                    continue
                taken = found, os.pread(file.fileno(), found.length, found.offset)
                if found.kind == "warcinfo":
                    infos.append(taken)
                elif self._chosen.takes(found):
                    yield from infos
                    infos.clear()
                    yield taken
        if path.name.endswith(DOT_OPEN) and isinstance(found, Damage):
            # In a growing file, an incomplete record at the end is not damage.
            self.damaged.pop()
        self._done += size


class CopiedRecords:
    """Records written to a copy, and the index of the copy.

    ``count`` is the number of records. ``with_secrets`` is the number of records that contain one
    of the ``secrets``. ``places`` maps the id of each record that can be replayed to its address
    and time.
    """

    def __init__(self, work: Path, secrets: Secrets) -> None:
        self._lines = work
        self._secrets = secrets
        self.with_secrets = 0
        self._file = work.open("wb")
        self.count = 0
        self.places: dict[str, tuple[str, dt.datetime]] = {}

    def members(self, found: Iterable[ExportedRecord]) -> Iterator[bytes]:
        """Yield the compressed records for one file of the copy, and index them.

        The index contains their offsets in the copy.
        """
        offset = 0
        for record, member in found:
            entry = entry_of(record, -1) if record.kind in REPLAYED_TYPES else None
            if entry:
                self._file.write(replace(entry, offset=offset).encode())
                self.places[record.record_id] = record.uri, record.at
            self.count += 1
            self.with_secrets += holds_secret(record, self._secrets, MAX_UNPACKED_BYTES)
            offset += len(member)
            yield member

    def write_index(self, to: Path) -> None:
        """Write the sorted index to the file ``to``. Call this after writing all records."""
        self._file.close()
        with self._lines.open("rb") as lines:
            write_sorted(lines, to)
        self._lines.unlink()


def release_lines(store: Store, choice: Choice) -> Iterator[bytes]:
    """Yield the selected releases as lines of JSON, which `communique import` can read."""
    encoder = msgspec.json.Encoder()
    for release in choice.releases(store.public_view()):
        yield encoder.encode(release_fields(release)) + b"\n"
