"""Comparison of a record with the log: every digest, its leaf and its CDXJ line.

Earlier versions imported records with ids that were already in use, and revisit records without the
pages that they refer to. Such records keep their leaves in the log, so a signed note excludes them
as evidence.
"""

import dataclasses
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from data.archive.foreign_archives import IMPORTED_FIELD, Digest, parse_digest
from data.archive.log.leaves import Leaf, decode_leaf
from data.archive.log.notes import (
    REMOVAL,
    SET_ASIDE,
    InvalidNote,
    Removal,
    decode_removal,
    leaves_of,
)
from data.archive.verification.read_results import Position, Records
from data.archive.verification.tree import ArchiveProblem, Leaves
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.cdxj import entry_of
from data.archive.warc.reader import Damage, read_file, read_record
from data.archive.warc.records import LISTED_KINDS, digest_text
from data.archive.warc.warc_file import listed_at, own_files
from data.errors import ArchiveError
from data.wording import counted

PARTS: Final = (
    ("record", "its compressed bytes were changed, or the whole record was rewritten"),
    ("uri", "its address or its salt differs"),
    ("at", "its date differs"),
    ("payload", "its payload differs"),
    ("block", "its block differs"),
)
"""Fields of a leaf, each with the error message if a record does not match it."""

NO_PAGE: Final = "no record contains the page that it refers to"

SAME_ID: Final = "an earlier record here has the same id"

REPAIR: Final = (
    "; an earlier version imported it: `communique mirror verify --repair` excludes it with a "
    "signed note"
)

UNSIGNED: Final = (
    "it is a note about a removal, but the log has not signed its leaf yet, so the note is not "
    "valid; if `communique mirror {0}` was interrupted here, run the same command again"
)


def name_request(answer: ArchiveRecord, found: Records) -> None:
    """Assign a log leaf to the damaged record before a response.

    The damaged record is probably the request, which CDXJ files do not list.
    """
    leaf, damage = answer.leaf(), found.problems[-1]
    number = found.leaves.numbers.get(leaf.record_id.bytes, 0) - 1 if leaf else -1
    if damage.leaf is None and number >= 0 and number not in found.seen:
        found.problems[-1] = replace(damage, leaf=number, uri=answer.uri)
        found.damaged.add(number)


def check(record: ArchiveRecord, found: Records, *, listed: bool) -> None:
    """Compare a record with the log, its digests, its CDXJ line and the store.

    ``listed`` is true if the file has any CDXJ lines.
    """
    line = found.lines.get(record.offset)
    found.lines.drop(record.offset)
    leaf = record.leaf()
    if leaf is None:
        _complain(found, record, "it has no salt, so no leaf of the log belongs to it")
        return
    encoded = leaf.encode()
    if (aside := found.leaves.aside.get(encoded)) is not None:
        _pass_over(record, leaf, aside, found)
        return
    number = number_of(leaf, encoded, found.leaves)
    if number is None:
        # Drop the block to save memory, because there may be many such records.
        found.unknown.append((dataclasses.replace(record, block=b""), leaf))
        return
    _compare(record, leaf, encoded, number, found)
    expected = entry_of(record, number)
    if line != expected and listed:
        cause = "its CDXJ line is missing or wrong; delete the CDXJ file, which is then rebuilt"
        _complain(found, record, cause, number)


def number_of(leaf: Leaf, encoded: bytes, leaves: Leaves) -> int | None:
    """Return the number of a record's leaf, or None.

    If several leaves have the record's id, the leaf that equals ``leaf`` is chosen. ``leaf`` is
    computed from the record, and ``encoded`` is its log entry.
    """
    numbers = leaves.numbers_of(leaf.record_id.bytes)
    if len(numbers) > 1:
        for number in numbers:
            if leaves.entry(number) == encoded:
                return number
    return max(numbers, default=None)


def _pass_over(record: ArchiveRecord, leaf: Leaf, number: int, found: Records) -> None:
    """Add a record that a signed note excludes as evidence to ``found``, without checking it.

    Other records may refer to its payload.
    """
    found.seen.add(number)
    found.numbers.add(number)
    _note_payload(record, leaf, found)
    capture = found.captures.get(record.record_id)
    if capture and capture.leaf == number:
        found.take(record.record_id)


def _compare(
    record: ArchiveRecord, leaf: Leaf, encoded: bytes, number: int, found: Records
) -> None:
    """Compare a record with its leaf in the log and with its digests.

    ``leaf`` is computed from the record, and ``encoded`` is its log entry. ``number`` is the number
    of the leaf.
    """
    if number in found.seen:
        _complain(found, record, "another record here has the same id", number)
        return
    found.seen.add(number)
    here = Position(
        record.offset, number, record.record_id, record.uri, record.kind not in LISTED_KINDS
    )
    found.follow(record.file, here)
    entry = found.leaves.entry(number)
    if encoded == entry:
        if number > min(found.leaves.numbers_of(leaf.record_id.bytes)):
            _note_payload(record, leaf, found)
            _complain(found, record, SAME_ID + _hint(record), number)
            return
        _note(record, leaf, number, found)
        return
    try:
        known = decode_leaf(entry)
    except ValueError:
        # The log entry is damaged, which the check of the log reports.
        return
    causes = [why for part, why in PARTS if getattr(leaf, part) != getattr(known, part)]
    # The digest of the whole record always differs, so the other causes are more precise.
    cause = "it is not the record of its leaf: " + "; ".join(causes[1:] or causes)
    _complain(found, record, cause, number)
    found.take(record.record_id)


def _note(record: ArchiveRecord, leaf: Leaf, number: int, found: Records) -> None:
    """Compare a record's digests with its leaf, and its position with its capture in the store.

    Problems and references to other records are added to ``found``.
    """
    for name, digest in ("WARC-Block-Digest", leaf.block), ("WARC-Payload-Digest", leaf.payload):
        stated = record.field(name)
        if stated != digest_text(digest) and stated.startswith("sha256:"):
            _complain(found, record, f"its {name} does not match its content", number)
    _note_payload(record, leaf, found)
    if record.kind == "revisit":
        key = other_digest(record) or leaf.payload
        if key not in found.revisits:
            found.revisits[key] = _problem(record, NO_PAGE + _hint(record), number)
    elif record.uri == REMOVAL:
        _note_removal(record, number, found)
    capture = found.take(record.record_id)
    if capture is None:
        return
    here = record.file, record.offset, record.length, number
    if (capture.file, capture.offset, capture.length, capture.leaf) != here:
        cause = f"the store has it at byte {capture.offset} of {capture.file!r}"
        _complain(found, record, cause, number)
    elif capture.digest != record.field("WARC-Payload-Digest"):
        _complain(found, record, "the store has another digest of its payload", number)


def _hint(record: ArchiveRecord) -> str:
    """Return advice on how to repair an imported record, or an empty string for other records."""
    return REPAIR if record.field(IMPORTED_FIELD) else ""


def _note_payload(record: ArchiveRecord, leaf: Leaf, found: Records) -> None:
    """Collect the payload digest of a record, because revisit records may refer to it."""
    if record.kind in {"response", "resource"}:
        found.special += other_digest(record) is not None
        found.payloads |= {leaf.payload, other_digest(record) or leaf.payload}


def _note_removal(record: ArchiveRecord, number: int, found: Records) -> None:
    """Add the removal in a note to ``found`` if the log's key signed the note and its leaf.

    Other notes are added as problems.
    """
    found.special += 1
    try:
        removal = decode_removal(record.block, found.leaves.keys_at(number + 1))
    except InvalidNote as error:
        found.doubtful.append(_problem(record, str(error), number))
        return
    if removal.kind == SET_ASIDE and number < found.leaves.vouched:
        # This note was already processed when the log was read.
        return
    found.announced.append(removal)
    if number < found.leaves.vouched:
        found.removed.append(removal)
    else:
        found.doubtful.append(_problem(record, UNSIGNED.format(removal.kind), number))


def settle_unknown(found: Records) -> None:
    """Find the leaves of records written during the check, and report records without a leaf."""
    if not found.unknown:
        return
    found.leaves.read_waiting()
    without: list[list[ArchiveRecord]] = []
    for record, leaf in found.unknown:
        number = found.leaves.numbers.get(leaf.record_id.bytes)
        if number is not None:
            # These records are no longer read in the order of their file.
            found.previous = None
            _compare(record, leaf, leaf.encode(), number, found)
            continue
        # The record exists, so its capture is not missing, whatever the record contains.
        found.take(record.record_id)
        last = without[-1][-1] if without else None
        if last and (last.file, last.offset + last.length) == (record.file, record.offset):
            without[-1].append(record)
        else:
            without.append([record])
    for first, *others in without:
        more = f", nor to the {counted(len(others), 'record')} after it" if others else ""
        _complain(found, first, f"no leaf of the log belongs to it{more}")


def _complain(found: Records, record: ArchiveRecord, cause: str, leaf: int | None = None) -> None:
    found.problems.append(_problem(record, cause, leaf))


def _problem(record: ArchiveRecord, cause: str, leaf: int | None) -> ArchiveProblem:
    return ArchiveProblem(record.file, record.offset, cause, record.record_id, leaf, record.uri)


def notes(archive: Path, leaves: Leaves) -> list[Removal]:
    """Return the notes that exclude records as evidence. Raises OSError.

    A note is valid only if a key of the log signed it and the signed tree contains its leaf. Other
    notes are skipped.
    """
    found = []
    for entry in listed_at(archive, REMOVAL):
        with suppress(ArchiveError, InvalidNote):
            record = read_record(archive, entry.file, entry.offset)
            leaf = record.leaf()
            if leaf is None or entry.leaf >= leaves.vouched:
                continue
            if leaves.entry(entry.leaf) == leaf.encode():
                note = decode_removal(record.block, leaves.keys_at(entry.leaf + 1))
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
    read = (one for path in own_files(archive) for one in read_file(path))
    for record in read:
        leaf = record.leaf() if isinstance(record, ArchiveRecord) else None
        if isinstance(record, Damage) or leaf is None:
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
