"""Removal of records from an archive, together with all other records that have the same bytes.

If the process is killed during a removal, the same command completes it. First, all growing files
are finished, and a note in the archive lists the records to remove and the reason. Then files are
rewritten, the store receives the new locations of its records, and the old files are deleted.

Imported records that make the archive invalid stay in their files, but a signed note excludes them
as evidence.
"""

import datetime as dt
import hashlib
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, Final, Literal

from data.archive.archive import Archive
from data.archive.journal.journal import JOURNAL_URI, SNAPSHOT_URI
from data.archive.journal.scan import read_archive
from data.archive.log.keys import KeyChain
from data.archive.log.notes import (
    REMOVAL,
    REMOVAL_TYPE,
    SET_ASIDE,
    InvalidNote,
    Removal,
    decode_removal,
    encode_removal,
    leaves_of,
    runs,
)
from data.archive.verification.record_checks import damaging, numbers_aside
from data.archive.verification.tree import Leaves
from data.archive.warc.archive_record import uuid_of
from data.archive.warc.cdxj import read_entries
from data.archive.warc.reader import Damage, read_record
from data.archive.warc.records import NO_BYTES, digest_text
from data.archive.warc.warc_file import cdxj_path, listed_at, own_files
from data.clock import utc_now
from data.errors import ArchiveError
from data.files import put, sync
from data.models.capture import Capture, RecordPlace
from data.text.masking import masked
from data.text.urls import page_key
from data.wording import OnProgress

SERVED_KINDS: Final = frozenset(["response", "revisit", "request"])
"""Types of records that contain requests and responses. Records of other types are needed by the
archive itself."""

JOURNAL_URIS: Final = frozenset([JOURNAL_URI, SNAPSHOT_URI])
"""WARC-Target-URIs of records that may contain texts of releases."""

ANSWERS: Final = SERVED_KINDS - {"request"}

RENDITION: Final = re.compile(r"urn:(?:screenshot|pdf):(?=https?:)")
"""Pattern that matches the start of the address of a page's screenshot or PDF."""

EMPTY: Final = digest_text(NO_BYTES)

BYTES_PER_READ: Final = 1 << 20
"""Number of bytes copied per step when a file is rewritten."""

REMOVED_PLACE: Final = RecordPlace("", 0, 0)
"""Location that the store records for removed records."""

Relocate = Callable[[Mapping[str, RecordPlace]], object]

SET_ASIDE_REASON: Final = (
    "imported with the id of another record, or as a revisit record without its page"
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A record without its content. For a request, ``answer`` is the id of its response record."""

    file: str
    offset: int
    length: int
    record_id: str
    kind: str
    uri: str
    at: dt.datetime
    payload: str
    answer: str


def stored_records(
    archive: Path,
    on_progress: OnProgress,
    damaged: Callable[[Damage], object] = lambda _: None,
) -> list[Stored]:
    """Return the records of an archive that can be removed, without their content.

    These are requests, responses, screenshots and PDFs of pages, and journal records.
    ``on_progress`` is called with the number of bytes read and the total, and ``damaged`` with each
    unreadable part. Raises OSError.
    """
    found = []
    for one, _ in read_archive(archive, on_progress):
        if isinstance(one, Damage):
            damaged(one)
        elif one.kind in SERVED_KINDS or one.uri in JOURNAL_URIS or RENDITION.match(one.uri):
            found.append(
                Stored(
                    one.file,
                    one.offset,
                    one.length,
                    one.record_id,
                    one.kind,
                    one.uri,
                    one.at,
                    one.field("WARC-Payload-Digest"),
                    one.field("WARC-Concurrent-To").strip("<> "),
                )
            )
    return found


def of_texts(archive: Path, records: Iterable[Stored], releases: Collection[str]) -> list[Stored]:
    """Return all store snapshots, and the journal records that mention these releases.

    ``releases`` are ids. Raises ArchiveError.
    """
    found = []
    for one in records:
        if one.uri == SNAPSHOT_URI:
            found.append(one)
        elif one.uri == JOURNAL_URI:
            block = read_record(archive, one.file, one.offset).block
            # An id has 36 characters, so no other text contains it by chance.
            if any(release.encode() in block for release in releases):
                found.append(one)
    return found


def named(records: Iterable[Stored], name: str) -> set[str]:
    """Return the ids of the response records whose record id or address is ``name``.

    Secret parameters of the address need no values, because the archive does not contain them.
    """
    wanted = page_key(masked(name)) if name.startswith(("http://", "https://")) else ""
    return {
        one.record_id
        for one in records
        if one.kind in ANSWERS
        and (one.record_id in {name, f"urn:uuid:{name}"} or wanted == page_key(one.uri) != "")
    }


def with_same_bytes(records: Collection[Stored], ids: Collection[str]) -> list[Stored]:
    """Return the records with these ids, and all records that depend on the same payloads.

    These are records with equal payloads, revisit records that refer to them, and their requests.
    """
    payloads = {one.payload for one in records if one.record_id in ids} - {EMPTY, ""}
    answers = {
        one.record_id
        for one in records
        if one.kind in ANSWERS and (one.record_id in ids or one.payload in payloads)
    }
    return [one for one in records if one.record_id in answers or one.answer in answers]


def of_renditions(records: Iterable[Stored], removed: Collection[Stored]) -> list[Stored]:
    """Return the other screenshots and PDFs of the pages whose responses are ``removed``."""
    pages = {page_key(one.uri) for one in removed if one.kind in ANSWERS} - {""}
    known = {one.record_id for one in removed}
    return [
        one
        for one in records
        if (found := RENDITION.match(one.uri))
        and page_key(one.uri[found.end() :]) in pages
        and one.record_id not in known
    ]


def older(records: Collection[Stored], before: dt.datetime, hosts: Collection[str]) -> list[Stored]:
    """Return the records captured before a time from these hosts (all hosts if empty).

    A page that a later record refers to is kept, and so is its request.
    """
    served = [one for one in records if one.uri not in JOURNAL_URIS]
    old = {
        one.record_id
        for one in served
        if one.at < before and (not hosts or one.uri.partition("://")[2].partition("/")[0] in hosts)
    }
    needed = {one.payload for one in served if one.record_id not in old and one.kind == "revisit"}
    kept = {
        one.record_id
        for one in records
        if one.record_id in old and one.kind == "response" and one.payload in needed
    }
    return [one for one in served if one.record_id in old - kept and one.answer not in kept]


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
    gone, places = {cut.offset for cut in cuts}, Places(cuts)
    lines = (
        replace(entry, file=target.name, offset=places.moved(entry.offset)).encode()
        for entry, _ in read_entries(cdxj_path(path))
        if entry.offset not in gone
    )
    put(str(cdxj_path(target)), b"".join(sorted(lines)))
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
    announce_removal(archive, removal, records)
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


def announce_removal(
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
            recorded |= leaves_of(known, highest)
    if left := numbers - recorded:
        write_removal_notes(archive, [Removal(*removal, runs([*left]))])
    archive.seal()


def noted_removals(folder: Path, keys: KeyChain) -> list[Removal]:
    """Return the removals from all notes in an archive that are signed with a key of its log.

    Unreadable notes are skipped.
    """
    found = []
    for one in listed_at(folder, REMOVAL):
        with suppress(ArchiveError, InvalidNote):
            block = read_record(folder, one.file, one.offset).block
            found.append(decode_removal(block, keys.at(one.leaf + 1)))
    return found


def write_removal_notes(archive: Archive, removed: Iterable[Removal]) -> None:
    """Write notes about removals to the archive, signed with the log's key."""
    key = archive.log.key()
    for one in removed:
        block = encode_removal(one, key)
        archive.metadata(REMOVAL, REMOVAL_TYPE, block, at=utc_now())


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
        write_removal_notes(archive, [Removal(SET_ASIDE, SET_ASIDE_REASON, runs(found))])
        archive.seal()
    return len(found)
