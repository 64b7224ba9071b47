"""Removal of records from an archive.

If the process is killed during a removal, the same command completes it. First, all growing files
are finished, and a note in the archive lists the records to remove and the reason. Then files are
rewritten, the store receives the new locations of its records, and the old files are deleted.

Imported records that make the archive invalid stay in their files, but a signed note excludes them
as evidence.
"""

import hashlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, Final, Literal

from data.archive.archive import Archive
from data.archive.log import removals
from data.archive.log.keys import KeyChain
from data.archive.log.notes import InvalidNote
from data.archive.log.removals import SET_ASIDE, Removal, runs
from data.archive.removal.selection import Stored
from data.archive.verification.excluded_records import damaging, numbers_aside
from data.archive.verification.tree import Leaves
from data.archive.warc.archive_record import uuid_of
from data.archive.warc.cdxj import read_entries
from data.archive.warc.reader import read_record
from data.archive.warc.warc_file import cdxj_path, listed_at, own_files
from data.clock import utc_now
from data.errors import ArchiveError
from data.files import put, sync
from data.models.capture import Capture, RecordPlace

BYTES_PER_READ: Final = 1 << 20
"""Number of bytes copied per step when a file is rewritten."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A record to remove from a file: its offset and length in bytes."""

    offset: int
    length: int


def rewritten(path: Path, cuts: Sequence[Cut]) -> Path:
    """Write a copy of a finished file without the records ``cuts``, and return its path.

    All other bytes are copied unchanged, including damaged parts, and synced. The file name depends
    only on the cuts, so that the next call can continue after the process is killed. The old file
    is not changed. Raises OSError.
    """
    cuts = sorted(cuts, key=lambda cut: cut.offset)
    cut_places = "".join(f"{cut.offset} {cut.length}\n" for cut in cuts)
    chance = hashlib.sha256(f"{path.name}\n{cut_places}".encode()).hexdigest()[:8]
    target = path.with_name(f"{path.name.rpartition('-')[0]}-{chance}.warc.gz")
    temporary = target.with_name(f".{target.name}.part")
    with path.open("rb") as source, temporary.open("wb") as file:
        for piece in _pieces(source, cuts):
            file.write(piece)
    sync(temporary)
    put(str(cdxj_path(target)), b"".join(_lines(path, target, cuts)))
    sync(cdxj_path(target))
    temporary.rename(target)
    sync(path.parent)
    return target


class Places:
    """New offsets of the remaining records in a file from which records were removed."""

    def __init__(self, cuts: Sequence[Cut]) -> None:
        ordered = sorted(cuts, key=lambda cut: cut.offset)
        self._starts = [cut.offset for cut in ordered]
        self._gone = [0, *accumulate(cut.length for cut in ordered)]

    def moved(self, offset: int) -> int:
        """Return the new offset of the record that was at ``offset``."""
        return offset - self._gone[bisect_left(self._starts, offset)]


def _pieces(source: BinaryIO, cuts: Sequence[Cut]) -> Iterator[bytes]:
    at = 0
    for cut in [*cuts, None]:
        source.seek(at)
        left = cut.offset - at if cut else -1
        while left and (piece := source.read(min(left, BYTES_PER_READ) if cut else BYTES_PER_READ)):
            yield piece
            left -= len(piece) if cut else 0
        if cut:
            at = cut.offset + cut.length


def _lines(path: Path, target: Path, cuts: Sequence[Cut]) -> Iterator[bytes]:
    """Yield the sorted CDXJ lines of the rewritten file ``target``."""
    gone = {cut.offset for cut in cuts}
    places = Places(cuts)
    yield from sorted(
        replace(entry, file=target.name, offset=places.moved(entry.offset)).encode()
        for entry, _ in read_entries(cdxj_path(path))
        if entry.offset not in gone
    )


REMOVED_PLACE: Final = RecordPlace("", 0, 0)
"""Location that the store records for removed records."""

Relocate = Callable[[Mapping[str, RecordPlace]], object]

SET_ASIDE_REASON: Final = (
    "imported with the id of another record, or as a revisit record without its page"
)


@dataclass(frozen=True, slots=True)
class TakenOut:
    """Result of a removal: numbers of removed records and bytes."""

    records: int = 0
    bytes: int = 0


def take_out(
    archive: Archive,
    removal: tuple[Literal["redact", "prune"], str],
    records: Sequence[Stored],
    captures: Collection[Capture],
    relocate: Relocate,
) -> TakenOut:
    """Remove records from an archive whose files are all finished (see Archive.finish).

    ``removal`` is the command and the reason. ``relocate`` is called with the new locations of the
    store's ``captures``, which are REMOVED_PLACE for removed ones. Raises ArchiveError and OSError.
    """
    if not records:
        return TakenOut()
    tell(archive, removal, records)
    before = folder_size(archive.folder)
    cuts: dict[Path, list[Cut]] = defaultdict(list)
    for one in records:
        cuts[archive.folder / one.file].append(Cut(one.offset, one.length))
    gone = {one.record_id for one in records}
    moves = {one.record_id: REMOVED_PLACE for one in captures if one.record_id in gone}
    kept: dict[str, list[Capture]] = defaultdict(list)
    for capture in captures:
        if capture.record_id not in gone:
            kept[capture.file].append(capture)
    for path, some in cuts.items():
        target, places = rewritten(path, some), Places(some)
        for capture in kept[path.name]:
            place = RecordPlace(target.name, places.moved(capture.offset), capture.length)
            moves[capture.record_id] = place
    relocate(moves)
    for path in cuts:
        cdxj_path(path).unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    archive.index.read_on()
    return TakenOut(len(records), before - folder_size(archive.folder))


def tell(
    archive: Archive, removal: tuple[Literal["redact", "prune"], str], records: Sequence[Stored]
) -> None:
    """Write a signed note about a planned removal, before any record is removed.

    A note from an interrupted removal is not repeated.
    """
    known_removals = noted_removals(archive.folder, archive.log.key_chain())
    ids = [uuid_of(one.record_id) for one in records]
    numbers = {*archive.log.find(ids).values()}
    if any(known.kind == SET_ASIDE for known in known_removals):
        # The last leaf with an id may belong to a record that a note excludes.
        leaves = Leaves(archive.log)
        leaves.set_aside(numbers_aside(archive.folder, leaves))
        numbers = {number for one in ids for number in leaves.numbers_of(one.bytes)}
    highest = max(numbers, default=-1)
    recorded: set[int] = set()
    for known in known_removals:
        if (known.kind, known.why) == removal:
            recorded |= removals.leaves_of(known, highest)
    if left := numbers - recorded:
        write(archive, [Removal(*removal, runs([*left]))])
    archive.seal()


def noted_removals(folder: Path, keys: KeyChain) -> list[Removal]:
    """Return the removals from all notes in an archive that are signed with a key of its log.

    Unreadable notes are skipped.
    """
    found = []
    for one in listed_at(folder, removals.REMOVAL):
        with suppress(ArchiveError, InvalidNote):
            block = read_record(folder, one.file, one.offset).block
            found.append(removals.decode(block, keys.at(one.leaf + 1)))
    return found


def write(archive: Archive, removed: Iterable[Removal]) -> None:
    """Write notes about removals to the archive, signed with the log's key."""
    key = archive.log.key()
    for one in removed:
        block = removals.encode(one, key)
        archive.metadata(removals.REMOVAL, removals.TEXT, block, at=utc_now())


def folder_size(folder: Path) -> int:
    """Return the total size in bytes of all WARC files in a folder."""
    return sum(path.stat().st_size for path in own_files(folder))


def set_aside(archive: Archive) -> int:
    """Exclude all imported records that make the archive invalid as evidence.

    Returns their number. A signed note lists the records, which remain in their files. Raises
    ArchiveError, for example if the key of the log is missing.
    """
    archive.log.check_key()
    leaves = Leaves(archive.log)
    leaves.set_aside(numbers_aside(archive.folder, leaves))
    found = damaging(archive.folder, leaves)
    if found:
        write(archive, [Removal(SET_ASIDE, SET_ASIDE_REASON, runs(found))])
        archive.seal()
    return len(found)
