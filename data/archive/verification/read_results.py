"""Results of reading archive files, and the files that a complete verification read.

The next verification with `--new` skips files that have not changed since then.
"""

import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Final, NamedTuple, TypeAlias

import msgspec

from data.archive.log.leaves import Leaf
from data.archive.log.notes import Removal, runs
from data.archive.verification.tree import ArchiveProblem, Leaves
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.cdxj import CdxjEntry, decode_entry
from data.archive.warc.warc_file import cdxj_path
from data.errors import ArchiveError
from data.models.capture import Capture

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]

OUT_OF_ORDER: Final = "it is not in the order of the log: it was moved or swapped"

LINE: Final = re.compile(rb'[^\n]*?"offset":\s*"?([0-9]{1,18})[^\n]*\n')


class Stamp(NamedTuple):
    """Size of a file in bytes, and times of its last changes in nanoseconds since 1970.

    Programs can set ``modified``, but not ``changed``.
    """

    size: int
    modified: int
    changed: int


class Read(NamedTuple):
    """Stamps of a WARC file and its CDXJ file, taken before reading, and the leaves read."""

    stamps: tuple[Stamp, Stamp]
    leaves: set[int]


class CheckedFile(msgspec.Struct, frozen=True):
    """A finished WARC file without problems, its CDXJ file, and ranges of its leaves."""

    warc: Stamp
    index: Stamp
    leaves: list[tuple[Count, Count]]


class CheckedArchive(msgspec.Struct, frozen=True):
    """A complete verification that began at the time ``at`` (aware UTC).

    The log had ``size`` signed leaves and the root hash ``root`` (hexadecimal). ``files`` maps the
    names of files without problems to their facts.
    """

    at: dt.datetime
    size: Count
    root: str
    files: dict[str, CheckedFile]


def stamps(path: Path) -> tuple[Stamp, Stamp] | None:
    """Return the stamps of a WARC file and its CDXJ file, or None if one is missing."""
    try:
        found = [one.stat() for one in (path, cdxj_path(path))]
    except FileNotFoundError:
        return None
    warc, index = (Stamp(one.st_size, one.st_mtime_ns, one.st_ctime_ns) for one in found)
    return warc, index


def unchanged(checked: CheckedArchive, paths: Iterable[Path]) -> list[Path]:
    """Return the files that have not changed since a complete verification.

    Files whose leaves are not in the log of that verification are left out.
    """
    known = checked.files
    return [
        path
        for path in paths
        if (one := known.get(path.name))
        and stamps(path) == (one.warc, one.index)
        and all(first <= last < checked.size for first, last in one.leaves)
    ]


def fault(checked: CheckedArchive, leaves: Leaves) -> ArchiveProblem | None:
    """Return a problem if the log does not continue the log of a complete verification."""
    when = f"{checked.at:%Y-%m-%d %H:%M} UTC"
    try:
        if checked.size > leaves.vouched:
            cause = f"on {when}, {checked.size} leaves were signed, but now only {leaves.vouched}"
        elif leaves.tree.root_of(checked.size).hex() == checked.root:
            return None
        else:
            cause = f"the first {checked.size} leaves differ from those verified on {when}"
    except (ArchiveError, OSError) as error:
        cause = str(error)
    return ArchiveProblem("log", None, cause)


def checked_archive(
    at: dt.datetime,
    leaves: Leaves,
    read: Mapping[str, Read],
    problems: Iterable[ArchiveProblem],
) -> CheckedArchive:
    """Return facts about a complete verification, so that the next verification can skip files.

    ``read`` contains finished files by name. Files with ``problems`` or unsigned leaves are left
    out.
    """
    faulty = {one.file for one in problems}
    size = leaves.vouched
    files = {
        name: CheckedFile(*one.stamps, runs(sorted(one.leaves)))
        for name, one in read.items()
        if name not in faulty and max(one.leaves, default=-1) < size
    }
    root = leaves.tree.root_of(size).hex() if size else ""
    return CheckedArchive(at, size, root, files)


class CdxjLines:
    """The CDXJ lines of a WARC file by offset. A line is decoded when it is used.

    Invalid lines and an incomplete last line are skipped. If not ``listed``, no lines are read.
    Raises OSError.
    """

    def __init__(self, path: Path, *, listed: bool) -> None:
        self.path = path
        content = path.read_bytes() if listed else b""
        self._lines = {int(line[1]): line[0] for line in LINE.finditer(content)}
        self._offsets = sorted(self._lines)

    def __contains__(self, offset: object) -> bool:
        """Return whether the record at an offset has a line that was not dropped."""
        return offset in self._lines

    def line(self, offset: int) -> bytes:
        """Return the line of the record at an offset, or an empty string."""
        return self._lines.get(offset, b"")

    def get(self, offset: int) -> CdxjEntry | None:
        """Return the entry of the record at an offset, or None."""
        with suppress(ValueError):
            return decode_entry(self.line(offset))
        return None

    def drop(self, offset: int) -> None:
        """Remove the line for an offset, if it exists."""
        self._lines.pop(offset, None)

    def left(self, start: int, end: int | None) -> Iterator[CdxjEntry]:
        """Yield the entries between two offsets that were not dropped."""
        last = len(self._offsets) if end is None else bisect_left(self._offsets, end)
        for offset in self._offsets[bisect_left(self._offsets, start) : last]:
            if entry := self.get(offset):
                yield entry

    def starts(self, size: int) -> Iterator[int]:
        """Yield offsets that divide the file into parts of at least ``size`` bytes."""
        before = 0
        for offset in self._offsets:
            if offset - before >= size:
                yield offset
                before = offset


class Position(NamedTuple):
    """The position of a record in its file, and the number of its leaf."""

    offset: int
    number: int
    record_id: str
    uri: str
    unlisted: bool


@dataclass
class Found:
    """Results of reading files of an archive, which can be merged in file order.

    - ``seen`` contains the leaves of readable records, ``damaged`` the leaves of unreadable ones.
    - ``matched`` lists the ids of the store's captures whose records were found.
    - ``unknown`` lists the records whose leaves were not found yet.
    - ``announced`` lists removals that the log's key signed; they explain missing records.
    - ``removed`` lists the announced removals that are also in the signed tree.
    - ``doubtful`` lists problems with invalid notes about removals.
    - ``payloads`` contains the digests of stored pages.
    - ``revisits`` contains a problem for each page that a revisit record needs, in case it is
      missing.
    - ``special`` counts records whose facts the log does not repeat, such as removal notes.
    """

    problems: list[ArchiveProblem] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    damaged: set[int] = field(default_factory=set)
    matched: list[str] = field(default_factory=list)
    removed: list[Removal] = field(default_factory=list)
    announced: list[Removal] = field(default_factory=list)
    doubtful: list[ArchiveProblem] = field(default_factory=list)
    unknown: list[tuple[ArchiveRecord, Leaf]] = field(default_factory=list)
    payloads: set[object] = field(default_factory=set)
    revisits: dict[object, ArchiveProblem] = field(default_factory=dict)
    count: int = 0
    special: int = 0


class Records(Found):
    """Progress and results of comparing an archive with its log and the store's captures.

    - ``captures`` contains the store's captures that were not found yet, by record id.
    - ``files`` and ``size`` count the WARC files and their bytes.
    - ``lines`` are the CDXJ lines of the current file.
    - ``first`` and ``previous`` are the first and the last record read from the current segment.
    - ``numbers`` contains the leaf numbers of the records read from the current segment.
    - ``read`` contains finished files for the next verification.
    - ``unread`` lists the files skipped now, because they are unchanged since an earlier complete
      verification.
    """

    def __init__(self, leaves: Leaves, captures: Iterable[Capture] = ()) -> None:
        super().__init__()
        self.leaves = leaves
        self.captures = {one.record_id: one for one in captures}
        self.lines = CdxjLines(Path(), listed=False)
        self.numbers: set[int] = set()
        self.read: dict[str, Read] = {}
        self.unread: list[Path] = []
        self.first: Position | None = None
        self.previous: Position | None = None
        self.files = self.size = 0

    def follow(self, file: str, here: Position) -> None:
        """Report records without CDXJ lines, such as requests, that are not in the log's order.

        Only this order shows whether two of them were swapped. The order proves nothing if leaves
        became void and were replaced later.
        """
        before, self.previous = self.previous, here
        self.numbers.add(here.number)
        self.first = self.first or here
        if before is None or before.number < here.number or self.leaves.void:
            return
        self.problems += [
            ArchiveProblem(file, one.offset, OUT_OF_ORDER, one.record_id, one.number, one.uri)
            for one in (before, here)
            if one.unlisted
        ]

    def take(self, record_id: str) -> Capture | None:
        """Remove the store's capture of a record from ``captures``, and return it, or None."""
        capture = self.captures.pop(record_id, None)
        if capture is not None:
            self.matched.append(record_id)
        return capture

    def drain(self) -> Found:
        """Return the results since the last call."""
        names = [one.name for one in fields(Found)]
        result = Found(**{name: getattr(self, name) for name in names})
        for name, value in vars(Found()).items():
            setattr(self, name, value)
        return result

    def merge(self, part: Found) -> None:
        """Add another process's results for the next part of the archive."""
        for record_id in part.matched:
            self.captures.pop(record_id, None)
        for payload, problem in part.revisits.items():
            self.revisits.setdefault(payload, problem)
        for name, value in vars(part).items():
            if isinstance(value, list):
                getattr(self, name).extend(value)
            elif isinstance(value, set):
                getattr(self, name).update(value)
        self.count += part.count
        self.special += part.special
