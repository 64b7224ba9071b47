"""Rewriting of archive files without some of their records."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, Final

from data.archive.warc.cdxj import read_entries
from data.archive.warc.warc_file import cdxj_path
from data.files import put, sync

AT_ONCE: Final = 1 << 20
"""Number of bytes copied per step."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A record to remove from a file: its offset and length in bytes."""

    offset: int
    length: int


def rewritten(path: Path, cuts: Sequence[Cut]) -> Path:
    """Write a copy of a finished file without the records ``cuts``, and return the new path.

    All other bytes are copied unchanged, including damaged parts, and synced. The same cuts give
    the same file name, so that the next call can continue after the process is killed. The old file
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
        while left and (piece := source.read(min(left, AT_ONCE) if cut else AT_ONCE)):
            yield piece
            left -= len(piece) if cut else 0
        if cut:
            at = cut.offset + cut.length


def _lines(path: Path, target: Path, cuts: Sequence[Cut]) -> Iterator[bytes]:
    """Yield the sorted CDXJ lines for the rewritten file ``target``."""
    gone = {cut.offset for cut in cuts}
    places = Places(cuts)
    yield from sorted(
        replace(entry, file=target.name, offset=places.moved(entry.offset)).encode()
        for entry, _ in read_entries(cdxj_path(path))
        if entry.offset not in gone
    )
