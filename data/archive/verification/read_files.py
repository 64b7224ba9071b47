"""Read all files of an archive on all processor cores, and compare them with the log.

Child processes read segments of WARC files, whose offsets are in the CDXJ files. Results are merged
in order. If segments don't fit together, or a leaf appears twice, this process reads the whole file
again, so the result never depends on the segments.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from data.archive.capture_search import archive_file_size
from data.archive.log.leaves import ID_BYTES, decode_leaf
from data.archive.verification.ordinary_records import is_intact
from data.archive.verification.read_results import (
    CdxjLines,
    CheckedArchive,
    Found,
    Position,
    Read,
    Records,
    stamps,
    unchanged,
)
from data.archive.verification.record_checks import check, name_request, settle_unknown
from data.archive.verification.tree import ArchiveProblem, Leaves
from data.archive.warc.archive_record import uuid_of
from data.archive.warc.reader import DOT_OPEN, Damage, Member, path_of, read_file
from data.archive.warc.warc_file import cdxj_path, own_files
from data.errors import ArchiveError
from data.files import is_held
from data.models.capture import Capture
from data.processes import core_count, map_forked
from data.wording import OnProgress

SEGMENT_BYTES: Final = 32 << 20
"""Minimum size of a segment in bytes, except the last segment of a file."""

PROGRESS_BYTES: Final = 1 << 20
"""Number of bytes read between two progress reports."""


class Segment(NamedTuple):
    """A part of a WARC file. ``end`` is None for the last part."""

    path: Path
    start: int
    end: int | None


class Part(NamedTuple):
    """The results of a child process for a segment.

    ``end`` is the end of the last record, or None if the segment ends with damage. ``first`` and
    ``last`` are the segment's first and last record.
    """

    found: Found
    end: int | None
    first: Position | None
    last: Position | None


def read_records(
    archive: Path,
    leaves: Leaves,
    captures: Iterable[Capture],
    checked: CheckedArchive | None,
    on_progress: OnProgress,
) -> Records:
    """Read all WARC files of an archive and compare them with the log.

    Files that have not changed since ``checked`` are not read. ``on_progress`` is called with the
    number of bytes read and the total. The ``captures`` that remain in the result have no record.
    Raises OSError, and ChildLost if a child process was killed.
    """
    found = Records(leaves, captures)
    paths = own_files(archive)
    if checked is not None:
        found.unread = unchanged(checked, paths)
        _pass_over(checked, found)
    unread = {*found.unread}
    sizes = {path: archive_file_size(path) for path in paths if path not in unread}
    every = sum(sizes.values())
    reached = 0

    def progress(done: int) -> None:
        nonlocal reached
        # A file that is read again does not set the progress back.
        reached = max(reached, min(found.size + done, every))
        on_progress(reached, every)

    segments = [one for path in sizes for one in _segments(path)]
    processes = min(core_count(), len(segments))
    # A single child would only replace this process.
    parts = (
        map_forked(partial(_in_child, found), segments, processes)
        if processes > 1
        else iter([None] * len(segments))
    )
    for path, own in groupby(segments, key=lambda one: one.path):
        index = cdxj_path(path_of(archive, path.name.removesuffix(DOT_OPEN)))
        if not index.exists():
            cause = f"the index of {path.name.removesuffix(DOT_OPEN)} is missing"
            found.problems.append(ArchiveProblem(index.name, None, cause))
        before = stamps(path) if path.suffix != DOT_OPEN else None
        special = found.special
        numbers = _merge(list(own), parts, found, progress)
        if numbers is None:
            try:
                _read_segment(Segment(path, 0, None), found, progress)
            except (ArchiveError, OSError) as error:
                cause = error.cause if isinstance(error, ArchiveError) else str(error)
                found.problems.append(ArchiveProblem(path.name, None, cause))
            numbers = found.numbers
        if before and found.special == special:
            found.read[path.name] = Read(before, numbers)
        found.size += sizes[path]
        found.files += 1
    on_progress(every, every)
    settle_unknown(found)
    return found


def _pass_over(checked: CheckedArchive, found: Records) -> None:
    """Add the results of the last complete verification for the files that are not read again.

    The store's captures of these files are compared only with the log. Raises OSError.
    """
    names = {path.name for path in found.unread}
    for name in names:
        for first, last in checked.files[name].leaves:
            for number in range(first, last + 1):
                found.seen.add(number)
                # The page of each revisit record was found, so digests of both kinds count.
                with suppress(ValueError):
                    found.payloads.add(decode_leaf(found.leaves.entry(number)).payload)
    for one in [*found.captures.values()]:
        own = uuid_of(one.record_id).bytes
        if one.file in names and found.leaves.entry(one.leaf)[-ID_BYTES:] == own:
            found.take(one.record_id)


def _segments(path: Path) -> list[Segment]:
    """Divide a WARC file into segments. A file without a CDXJ file is one segment."""
    if archive_file_size(path) < 2 * SEGMENT_BYTES or not cdxj_path(path).exists():
        return [Segment(path, 0, None)]
    starts = [0, *CdxjLines(cdxj_path(path), listed=True).starts(SEGMENT_BYTES)]
    ends = [*starts[1:], None]
    return [Segment(path, start, end) for start, end in zip(starts, ends, strict=True)]


def _in_child(found: Records, segment: Segment) -> Part | None:
    """Read a segment in a child process, and return the result.

    Returns None if the segment can't be read; the parent process then reports the error.
    """
    try:
        end = _read_segment(segment, found, lambda _: None)
    except (ArchiveError, OSError):
        return None
    return Part(found.drain(), end, found.first, found.previous)


def _merge(
    segments: Sequence[Segment],
    parts: Iterator[Part | None],
    found: Records,
    on_progress: Callable[[int], object],
) -> set[int] | None:
    """Merge the results for all segments of a file, and return the numbers of its leaves.

    Returns None if the file must be read again.
    """
    results = []
    for segment in segments:
        results.append(next(parts))
        on_progress(segment.end or 0)
    seen: set[int] = set()
    good: list[Found] = []
    last: Position | None = None
    for segment, part in zip(segments, results, strict=True):
        if part is None or (segment.end is not None and part.end != segment.end):
            return None
        if last and part.first and last.number > part.first.number:
            return None
        last = part.last
        if not (seen.isdisjoint(part.found.seen) and found.seen.isdisjoint(part.found.seen)):
            return None
        seen |= part.found.seen
        good.append(part.found)
    for one in good:
        found.merge(one)
    return seen


def _read_segment(
    segment: Segment, found: Records, on_progress: Callable[[int], object]
) -> int | None:
    """Read a segment, and add its records to ``found``.

    Returns the end of the last record, or None if the segment ends with damage.
    """
    name = segment.path.name.removesuffix(DOT_OPEN)
    path = path_of(segment.path.parent, name)
    held = path.suffix == DOT_OPEN and is_held(path)
    index = cdxj_path(path)
    listed = index.exists()
    if segment.start == 0 or found.lines.path != index:
        found.lines = CdxjLines(index, listed=listed)
    found.first = found.previous = None
    found.numbers = set()
    last: Damage | None = None
    end, tell_at = segment.start, 0

    def skip(member: Member) -> bool:
        nonlocal end, tell_at
        if member.offset >= tell_at:
            on_progress(member.offset)
            tell_at = member.offset + PROGRESS_BYTES
        if last is None and is_intact(found, name, member):
            end = member.offset + member.length
            return True
        return False

    for one in read_file(path, segment.start, segment.end, skip=skip):
        if isinstance(one, Damage):
            _add_damage(one, found)
            last = one
            continue
        if last is not None and one.kind in {"response", "revisit"}:
            name_request(one, found)
        last = None
        found.count += 1
        end = one.offset + one.length
        check(one, found, listed=listed)
    if held and last is not None:
        # The last record is still being written, so it is not damaged.
        found.problems.pop()
    for entry in () if held else found.lines.left(segment.start, segment.end):
        cause = f"{index.name} lists a record here, but none exists"
        found.problems.append(ArchiveProblem(entry.file, entry.offset, cause, leaf=entry.leaf))
    return None if last else end


def _add_damage(damage: Damage, found: Records) -> None:
    """Record damage as a problem, with the leaf and the address from the CDXJ line, if any."""
    line = found.lines.get(damage.offset)
    found.lines.drop(damage.offset)
    if line:
        found.damaged.add(line.leaf)
    leaf, uri = (line.leaf, line.uri) if line else (None, "")
    found.problems.append(
        ArchiveProblem(damage.file, damage.offset, damage.cause, leaf=leaf, uri=uri)
    )
