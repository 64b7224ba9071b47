"""Comparison of archive files with the log: every digest, leaf and CDXJ line."""

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from data.archive.foreign_archives import IMPORTED_FIELD
from data.archive.log import removals
from data.archive.log.leaf import Leaf, decode_leaf
from data.archive.log.notes import InvalidNote
from data.archive.log.removals import Removal
from data.archive.lost_captures import size_of
from data.archive.verification.excluded_records import other_digest
from data.archive.verification.report import ArchiveProblem
from data.archive.verification.tree import Leaves
from data.archive.warc.cdxj import CdxjEntry, entry_of, read_entries
from data.archive.warc.reader import DOT_OPEN, ArchiveRecord, Damage, read_file
from data.archive.warc.records import digest_text
from data.archive.warc.warc_file import cdxj_path, own_files
from data.files import is_held
from data.models.capture import Capture
from data.progress import OnProgress
from data.wording import counted

PROGRESS_BYTES: Final = 1 << 20
"""Number of bytes read between two progress reports."""

PARTS: Final = (
    ("record", "its compressed bytes were changed, or the whole record was rewritten"),
    ("uri", "its address or its salt differs"),
    ("at", "its date differs"),
    ("payload", "its payload differs"),
    ("block", "its block differs"),
)
"""Fields of a leaf, and the error message if a record does not match this field of its leaf."""

NO_PAGE: Final = "no record contains the page that it refers to"

SAME_ID: Final = "an earlier record here has the same id"

REPAIR: Final = (
    "; an earlier version imported it: `communique mirror verify --repair` sets it aside by a "
    "signed note"
)

UNSIGNED: Final = (
    "it is a note about a removal, but the log has not signed its leaf yet, so the note is not "
    "valid; if `communique mirror {0}` was interrupted here, run the same command again"
)


@dataclass
class Records:
    """Data read from the files of an archive.

    - ``seen`` contains the leaves of readable records, ``damaged`` the leaves of unreadable ones.
    - ``captures`` contains the store's captures that were not found yet.
    - ``unknown`` lists the records whose leaves were not found yet.
    - ``announced`` lists removals that the log's key signed; they explain missing records.
    - ``removed`` lists the announced removals that are also in the signed tree.
    - ``doubtful`` lists problems with notes about removals that are not valid.
    """

    leaves: Leaves
    problems: list[ArchiveProblem] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    damaged: set[int] = field(default_factory=set)
    removed: list[Removal] = field(default_factory=list)
    announced: list[Removal] = field(default_factory=list)
    doubtful: list[ArchiveProblem] = field(default_factory=list)
    captures: dict[str, Capture] = field(default_factory=dict)
    unknown: list[tuple[ArchiveRecord, Leaf]] = field(default_factory=list)
    payloads: set[object] = field(default_factory=set)
    revisits: dict[object, ArchiveProblem] = field(default_factory=dict)
    count: int = 0
    size: int = 0
    files: int = 0


def read_records(
    archive: Path, leaves: Leaves, captures: Iterable[Capture], on_progress: OnProgress
) -> Records:
    """Read all WARC files of an archive and compare them with the log.

    ``on_progress`` is called with the number of bytes read and the total. In the result,
    ``captures`` contains the store's captures without a record.
    """
    found = Records(leaves, captures={one.record_id: one for one in captures})
    paths = {path: size_of(path) for path in own_files(archive)}
    every = sum(paths.values())
    for path, size in paths.items():
        _read_file(path, found, partial(_add, on_progress, found.size, every))
        found.size += size
        found.files += 1
    on_progress(every, every)
    _settle_unknown(found)
    return found


def _add(on_progress: OnProgress, before: int, every: int, done: int) -> None:
    on_progress(before + done, every)


def _read_file(path: Path, found: Records, on_progress: Callable[[int], object]) -> None:
    path = path if path.exists() else path.with_name(path.name.removesuffix(DOT_OPEN))
    held = path.suffix == DOT_OPEN and is_held(path)
    lines = _entries(path, found)
    last: Damage | None = None
    tell_at = 0
    for one in read_file(path):
        if one.offset >= tell_at:
            on_progress(one.offset)
            tell_at = one.offset + PROGRESS_BYTES
        if isinstance(one, Damage):
            line = lines.pop(one.offset, None) if lines else None
            if line:
                found.damaged.add(line.leaf)
            leaf, uri = (line.leaf, line.uri) if line else (None, "")
            found.problems.append(
                ArchiveProblem(one.file, one.offset, one.cause, leaf=leaf, uri=uri)
            )
            last = one
            continue
        if last is not None and one.kind in {"response", "revisit"}:
            _name_request(one, found)
        last = None
        found.count += 1
        _check(one, lines, found)
    if held and last is not None:
        # The last record is still being written, so it is not damaged.
        found.problems.pop()
    for entry in lines.values() if lines else ():
        if not held:
            cause = f"{cdxj_path(path).name} lists a record here, but none exists"
            found.problems.append(ArchiveProblem(entry.file, entry.offset, cause, leaf=entry.leaf))


def _name_request(answer: ArchiveRecord, found: Records) -> None:
    """Assign a leaf to a damaged record that is followed by a response: it is probably the request.

    Requests need this step because no CDXJ line lists them.
    """
    leaf, damage = answer.leaf(), found.problems[-1]
    number = found.leaves.numbers.get(leaf.record_id.bytes, 0) - 1 if leaf else -1
    if damage.leaf is None and number >= 0 and number not in found.seen:
        found.problems[-1] = replace(damage, leaf=number, uri=answer.uri)
        found.damaged.add(number)


def _entries(path: Path, found: Records) -> dict[int, CdxjEntry] | None:
    """Return the CDXJ lines of a WARC file by offset. Reports a problem if they are missing."""
    lines = cdxj_path(path)
    if not lines.exists():
        name = path.name.removesuffix(DOT_OPEN)
        found.problems.append(ArchiveProblem(lines.name, None, f"the index of {name} is missing"))
        return None
    return {entry.offset: entry for entry, _ in read_entries(lines)}


def _check(record: ArchiveRecord, lines: dict[int, CdxjEntry] | None, found: Records) -> None:
    line = lines.pop(record.offset, None) if lines else None
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
    _compare(record, leaf, number, found)
    expected = entry_of(record, number)
    if line != expected and expected is not None and lines is not None:
        cause = "its CDXJ line is missing or wrong; delete the CDXJ file, which is then rebuilt"
        _complain(found, record, cause, number)


def number_of(leaf: Leaf, encoded: bytes, leaves: Leaves) -> int | None:
    """Return the number of a record's leaf, or None.

    If several leaves have the record's id, the equal leaf counts. ``leaf`` is computed from the
    record, ``encoded`` is its log entry.
    """
    numbers = leaves.numbers_of(leaf.record_id.bytes)
    if len(numbers) > 1:
        for number in numbers:
            if leaves.entry(number) == encoded:
                return number
    return max(numbers, default=None)


def _pass_over(record: ArchiveRecord, leaf: Leaf, number: int, found: Records) -> None:
    """Collect a record that a signed note excludes as evidence, without checking the record.

    Other records may refer to its payload.
    """
    found.seen.add(number)
    _note_payload(record, leaf, found)
    capture = found.captures.get(record.record_id)
    if capture and capture.leaf == number:
        del found.captures[record.record_id]


def _compare(record: ArchiveRecord, leaf: Leaf, number: int, found: Records) -> None:
    """Compare a record with its leaf in the log and with its digests.

    ``leaf`` is computed from the record, ``number`` is the number of its leaf in the log.
    """
    if number in found.seen:
        _complain(found, record, "another record here has the same id", number)
        return
    found.seen.add(number)
    entry = found.leaves.entry(number)
    if leaf.encode() == entry:
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
    found.captures.pop(record.record_id, None)


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
    elif record.uri == removals.REMOVAL:
        _note_removal(record, number, found)
    capture = found.captures.pop(record.record_id, None)
    if capture is None:
        return
    here = record.file, record.offset, record.length, number
    if (capture.file, capture.offset, capture.length, capture.leaf) != here:
        cause = f"the store has it at byte {capture.offset} of {capture.file!r}"
        _complain(found, record, cause, number)
    elif capture.digest != record.field("WARC-Payload-Digest"):
        _complain(found, record, "the store has another digest of its payload", number)


def _hint(record: ArchiveRecord) -> str:
    """Return repair instructions for an imported record, or an empty string for other records."""
    return REPAIR if record.field(IMPORTED_FIELD) else ""


def _note_payload(record: ArchiveRecord, leaf: Leaf, found: Records) -> None:
    """Collect the payload digest of a record, because revisit records may refer to it."""
    if record.kind in {"response", "resource"}:
        found.payloads |= {leaf.payload, other_digest(record) or leaf.payload}


def _note_removal(record: ArchiveRecord, number: int, found: Records) -> None:
    """Collect the removal in a note if the log's key signed the note and its leaf.

    Other notes are collected as problems.
    """
    try:
        removal = removals.decode(record.block, found.leaves.keys_at(number + 1))
    except InvalidNote as error:
        found.doubtful.append(_problem(record, str(error), number))
        return
    if removal.kind == removals.SET_ASIDE and number < found.leaves.vouched:
        # This note was already processed when the log was read.
        return
    found.announced.append(removal)
    if number < found.leaves.vouched:
        found.removed.append(removal)
    else:
        found.doubtful.append(_problem(record, UNSIGNED.format(removal.kind), number))


def _settle_unknown(found: Records) -> None:
    """Find the leaves of records written during the check, and report records without a leaf."""
    if not found.unknown:
        return
    found.leaves.read_waiting()
    without: list[list[ArchiveRecord]] = []
    for record, leaf in found.unknown:
        number = found.leaves.numbers.get(leaf.record_id.bytes)
        if number is not None:
            _compare(record, leaf, number, found)
            continue
        # The record exists, so its capture is not missing, whatever the record contains.
        found.captures.pop(record.record_id, None)
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
