"""Verification of a whole archive (records, log, journal, the store's captures) in one report.

The log is also compared with its checkpoints in other places, such as at a witness.
"""

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from data.archive.capture_search import archive_file_size
from data.archive.log.cosigning import log_at, witness_at
from data.archive.log.keys import KeyChain
from data.archive.log.leaves import decode_leaf
from data.archive.log.notes import (
    MAX_NOTE_BYTES,
    Checkpoint,
    InvalidNote,
    leaves_of,
    parse_checkpoint,
    runs,
)
from data.archive.log.tree_log import TreeLog
from data.archive.log.witness import log_folder_name
from data.archive.verification.read_files import read_records
from data.archive.verification.read_results import CheckedArchive, Records, checked_archive, fault
from data.archive.verification.record_checks import notes
from data.archive.verification.tree import ArchiveProblem, Leaves
from data.archive.warc.archive_record import uuid_of
from data.archive.warc.reader import DOT_OPEN
from data.archive.warc.warc_file import own_files
from data.clock import utc_now
from data.errors import ArchiveError
from data.models.capture import Capture
from data.network.client import Outbound
from data.wording import OnProgress, counted

NOT_COMPARED: Final = (
    "the titles, texts and dates of releases in the store",
    "the files of the published site",
)

FOREIGN: Final = re.compile(r"\.(?:warc|arc)(?:\.gz|\.zst)?(?:\.open)?\Z|\.wacz\Z")

LOG_MISSING_MESSAGE: Final = (
    "the log is missing: nothing shows whether a record was changed or is missing; restore the "
    "folder from a copy, such as site/log"
)

NO_LOG: Final = "it is not a checkpoint, log, HOME or witness: {}"

UNKNOWN: Final = "it has no checkpoint of this log, {}"


class Removed(msgspec.Struct, frozen=True):
    """Number of records that one command (``kind``) removed or excluded, and the reason."""

    kind: str
    why: str
    records: int


class NotRead(msgspec.Struct, frozen=True):
    """Files that have not changed since the complete verification at ``checked_at`` (aware UTC).

    They were not read again. ``bytes`` is the size of the WARC files.
    """

    files: int
    bytes: int
    checked_at: dt.datetime


class VerificationReport(msgspec.Struct, frozen=True):
    """Contents of an archive, and its faults.

    - ``files``, ``records`` and ``bytes`` count WARC files, records, and their bytes, as read.
    - ``leaves`` is the number of leaves read, and ``signed`` their number in the last checkpoint.
    - ``captures`` is the number of the store's captures that were checked.
    - ``removed`` lists intentional removals and records excluded as evidence.
    - ``not_compared`` lists checks that were not possible.
    - ``attested`` lists the witnesses and places that confirm the log.
    - ``foreign`` lists WARC files of other programs in the folder, which were not read.
    - ``not_read`` counts unchanged files that were left out.
    """

    files: int
    records: int
    bytes: int
    leaves: int
    signed: int
    captures: int
    attested: Sequence[str]
    removed: Sequence[Removed]
    foreign: Sequence[str]
    problems: Sequence[ArchiveProblem]
    not_compared: Sequence[str] = NOT_COMPARED
    not_read: NotRead | None = None


def verify_archive(
    archive: Path,
    log: TreeLog,
    captures: Sequence[Capture],
    journal_end: str,
    *,
    known: Collection[tuple[str, Checkpoint]],
    on_progress: OnProgress,
    checked: CheckedArchive | None = None,
    on_checked: Callable[[CheckedArchive], object] = lambda _: None,
) -> VerificationReport:
    """Verify an archive and its log, and return a report. Nothing is changed.

    ``captures`` are the captures of the store. ``journal_end`` is the id of the last journal record
    known to the store. ``known`` contains checkpoints of this log from other places, each with the
    place's name. ``on_progress`` is called with the number of bytes read and the total. With
    ``checked``, files that have not changed since that verification are not read. Otherwise,
    ``on_checked`` is called with the files that the next verification may skip. Raises OSError, and
    ChildLost if a child process was killed.
    """
    began = utc_now()
    # Read the log before the records: the record of each leaf is in the files by then.
    leaves = Leaves(log)
    aside = notes(archive, leaves)
    leaves.set_aside({number for one in aside for number in leaves_of(one, leaves.vouched - 1)})
    before = leaves.size
    changed = fault(checked, leaves) if checked else None
    if changed:
        leaves.problems.append(changed)
        checked = None
    found = read_records(archive, leaves, captures, checked, on_progress)
    removed = {number for one in found.removed for number in leaves_of(one, leaves.size)}
    problems = [*leaves.problems, *found.problems]
    problems += _not_taken_out(found)
    missing = [*_missing_leaves(found, before, removed)]
    problems += missing
    # Invalid notes about removals matter only if records are missing.
    problems += found.doubtful if missing else []
    if not removed:
        # A removed record may have contained the page.
        pages = found.payloads
        problems += [one for payload, one in found.revisits.items() if payload not in pages]
    problems += _lost_captures(archive, found, removed)
    if found.count and not leaves.size and not leaves.problems:
        problems.append(ArchiveProblem("log", None, LOG_MISSING_MESSAGE))
    if journal_end and leaves.numbers.get(uuid_of(journal_end).bytes) not in found.seen:
        cause = "the last journal record known to the store is missing"
        problems.append(ArchiveProblem("log", None, cause, journal_end))
    # Files may be renamed when they are finished, so the problems get the current names.
    growing = {one.name.removesuffix(DOT_OPEN): one.name for one in archive.glob(f"*{DOT_OPEN}")}
    problems = [replace(one, file=growing.get(one.file, one.file)) for one in problems]
    if checked is None and not changed:
        on_checked(checked_archive(began, leaves, found.read, problems))
    leaves.problems.clear()
    attested = [*leaves.attested()]
    for where, checkpoint in known:
        if leaves.compare(checkpoint, where) and where not in attested:
            attested.append(where)
    return VerificationReport(
        files=found.files,
        records=found.count,
        bytes=found.size,
        leaves=leaves.size,
        signed=leaves.signed,
        captures=len(captures),
        attested=attested,
        removed=[
            *(
                Removed(one.kind, one.why, len(leaves_of(one, leaves.size) - found.seen))
                for one in found.removed
            ),
            *(Removed(one.kind, one.why, len(leaves_of(one, leaves.vouched - 1))) for one in aside),
        ],
        foreign=foreign_files(archive),
        problems=[*problems, *leaves.problems],
        not_read=NotRead(len(found.unread), sum(map(archive_file_size, found.unread)), checked.at)
        if checked
        else None,
    )


def foreign_files(archive: Path) -> list[str]:
    """Return the names of WARC files in an archive's folder that other programs wrote."""
    own = {path.name for path in own_files(archive)}
    here = archive.iterdir() if archive.is_dir() else ()
    return sorted(one.name for one in here if FOREIGN.search(one.name) and one.name not in own)


def _not_taken_out(found: Records) -> Iterable[ArchiveProblem]:
    """Yield a problem for each record that still exists although its removal was announced."""
    for removal in found.announced:
        here = sorted(leaves_of(removal, found.leaves.size) & found.seen)
        if here:
            cause = (
                f"{counted(len(here), 'record')} should have been removed ({removal.kind}: "
                f"{removal.why}), but can still be read: run the same command again"
            )
            yield ArchiveProblem("log", None, cause, leaf=here[0])


def _missing_leaves(found: Records, before: int, removed: set[int]) -> Iterable[ArchiveProblem]:
    """Yield a problem for each range of leaves whose records are missing.

    Only leaves with a number below ``before`` are checked. ``removed`` leaves are skipped.
    """
    # Damaged records were already reported with their offsets.
    explained = found.seen | found.damaged | removed | found.leaves.void
    explained |= {*found.leaves.aside.values()}
    gone = [number for number in range(before) if number not in explained]
    for first, last in runs(gone):
        entry = found.leaves.entry(first)
        try:
            leaf = decode_leaf(entry)
        except ValueError:
            cause = "an entry of the log is not a valid leaf and has no record"
            yield ArchiveProblem("log", None, cause, leaf=first)
            continue
        many = f" and those of the leaves up to {last}" if last > first else ""
        cause = f"the record of {leaf.at:%Y-%m-%d %H:%M:%S} UTC is missing{many}"
        yield ArchiveProblem("log", None, cause, leaf.record_id.urn, first)


def _lost_captures(archive: Path, found: Records, removed: set[int]) -> Iterable[ArchiveProblem]:
    """Yield a problem for each capture of the store whose record is missing.

    A missing file gives only one problem.
    """
    explained = removed | found.damaged
    lost = [one for one in found.captures.values() if one.leaf not in explained]
    lost.sort(key=lambda one: (one.file, one.offset))
    here = {path.name.removesuffix(DOT_OPEN) for path in own_files(archive)}
    for file, some in groupby(lost, key=lambda one: one.file):
        first, *others = some
        if not file or file in here:
            cause = "the store refers to a record that is missing"
            for one in (first, *others):
                at = one.offset if file else None
                yield ArchiveProblem(file or "log", at, cause, one.record_id, one.leaf)
            continue
        cause = f"it is missing, and the store points to {counted(len(others) + 1, 'record')} in it"
        yield ArchiveProblem(file, None, cause, first.record_id, first.leaf)


def known_checkpoint(place: str, origin: str, keys: KeyChain, client: Outbound) -> Checkpoint:
    """Return the last checkpoint of the log ``origin`` at an address or path.

    ``place`` is a checkpoint file, a witness's folder, or a copy of the log. Raises OutboundError,
    and ArchiveError if the place has no checkpoint signed by the log.
    """
    content = _content(place, origin, client)
    try:
        checkpoint = parse_checkpoint(content, place)
        signed = keys.signatures(checkpoint)
    except InvalidNote as error:
        raise ArchiveError(place, NO_LOG.format(error.cause)) from error
    if checkpoint.origin != origin:
        raise ArchiveError(place, UNKNOWN.format(origin))
    if not signed:
        raise ArchiveError(place, "the checkpoint is not signed by a key of our log")
    return checkpoint


def _content(place: str, origin: str, client: Outbound) -> bytes:
    path = Path(place).expanduser()
    if path.is_file():
        with path.open("rb") as file:
            # Read one byte more than allowed, so that a larger file is detected and rejected.
            return file.read(MAX_NOTE_BYTES + 1)
    try:
        return witness_at(place, client)(f"{log_folder_name(origin)}/checkpoint")
    except (ArchiveError, FileNotFoundError):
        pass
    try:
        return log_at(place, client)("checkpoint")
    except FileNotFoundError as error:
        raise ArchiveError(place, UNKNOWN.format(origin)) from error
