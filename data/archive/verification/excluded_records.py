"""Imported records that make an archive invalid, and signed notes that exclude them as evidence.

Earlier versions imported records with ids that were already in use, and revisit records without the
pages that they refer to. Such records keep their leaves in the log, so a note excludes them
(data.archive.log.removals).
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from data.archive.foreign_archives import IMPORTED_FIELD
from data.archive.log import removals
from data.archive.log.notes import InvalidNote
from data.archive.log.removals import SET_ASIDE, Removal, leaves_of
from data.archive.verification.tree import Leaves
from data.archive.warc.adoption import Digest, parse_digest
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.reader import read_file, read_record
from data.archive.warc.warc_file import listed_at, own_files
from data.errors import ArchiveError


def notes(archive: Path, leaves: Leaves) -> list[Removal]:
    """Return the notes that exclude records as evidence. Raises OSError.

    A note is valid only if a key of the log signed it and the signed tree contains its leaf. Other
    notes are skipped.
    """
    found = []
    for entry in listed_at(archive, removals.REMOVAL):
        with suppress(ArchiveError, InvalidNote):
            record = read_record(archive, entry.file, entry.offset)
            leaf = record.leaf()
            if leaf is None or entry.leaf >= leaves.vouched:
                continue
            if leaves.entry(entry.leaf) == leaf.encode():
                note = removals.decode(record.block, leaves.keys_at(entry.leaf + 1))
                found += [note] if note.kind == SET_ASIDE else []
    return found


def numbers_aside(archive: Path, leaves: Leaves) -> set[int]:
    """Return the numbers of all leaves that signed notes exclude as evidence. Raises OSError."""
    top = leaves.vouched - 1
    return {number for one in notes(archive, leaves) for number in leaves_of(one, top)}


def damaging(archive: Path, leaves: Leaves) -> list[int]:
    """Return the leaf numbers of imported records that make the archive invalid.

    These are records with the id of an earlier record, and revisit records without their pages.
    Records that a note already excludes are omitted. Only records that name their import file and
    match their leaf are considered. Raises ArchiveError and OSError.
    """
    found: list[int] = []
    payloads: set[object] = set()
    revisits: list[tuple[object, int]] = []
    for record in _records(archive):
        leaf = record.leaf()
        if leaf is None:
            continue
        if record.kind in {"response", "resource"}:
            payloads |= {leaf.payload, other_digest(record)}
        encoded = leaf.encode()
        if encoded in leaves.aside or not record.field(IMPORTED_FIELD):
            continue
        numbers = leaves.numbers_of(leaf.record_id.bytes)
        own = next((one for one in numbers if leaves.entry(one) == encoded), None)
        if own is None:
            continue
        if own > min(numbers):
            found.append(own)
        elif record.kind == "revisit":
            revisits.append((other_digest(record) or leaf.payload, own))
    return sorted([*found, *(one for payload, one in revisits if payload not in payloads)])


def other_digest(record: ArchiveRecord) -> Digest | None:
    """Return the payload digest of a record if its algorithm is not SHA-256, or None.

    Only imported records may have such a digest.
    """
    digest = parse_digest(record.field("WARC-Payload-Digest"))
    return digest if digest and digest.algorithm != "sha256" else None


def _records(archive: Path) -> Iterator[ArchiveRecord]:
    for path in own_files(archive):
        yield from (one for one in read_file(path) if isinstance(one, ArchiveRecord))
