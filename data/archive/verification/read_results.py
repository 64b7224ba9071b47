"""Results of reading archive files, and the CDXJ lines of a file that is being read."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final, NamedTuple

from data.archive.log.leaf import Leaf
from data.archive.log.removals import Removal
from data.archive.verification.earlier_verification import Read
from data.archive.verification.report import ArchiveProblem
from data.archive.verification.tree import Leaves
from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.cdxj import CdxjEntry, decode_entry
from data.models.capture import Capture

OUT_OF_ORDER: Final = "it is not in the order of the log: it was moved or swapped"

LINE: Final = re.compile(rb'[^\n]*?"offset":\s*"?([0-9]{1,18})[^\n]*\n')


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
