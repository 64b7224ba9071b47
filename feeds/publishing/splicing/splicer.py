"""A feed's documents made of those before them: what stays is taken from the files as they lie.

A new release changes few entries of each feed that it touches; the bytes of the others lie in the
feed's last documents, one after the other. A sheet says where, and which files they were: from one
that is not just as it was left, nothing is taken. The system copies them, and their check sums are
known, so that they are neither read nor rendered nor compressed again.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import chain

import numpy as np
from isal.isal_zlib import crc32, crc32_combine
from numpy.typing import NDArray

from data.models import Facet
from feeds.compression import trailer
from feeds.formats.rendering import BETWEEN, BETWEEN_PACKED
from feeds.formats.rendering import joined as joined_entries
from feeds.publishing.archive_pages import FeedState
from feeds.publishing.files import Bytes, Copy, Write, Writer, state_of
from feeds.publishing.splicing.heads import Heads, stamps
from feeds.publishing.splicing.layout import Columns, Run, Sheet, columns_of, numbers
from feeds.urls import FORMATS, Format, feed_file, page_file

GAPS = tuple(len(gaps[kind]) for kind in FORMATS for gaps in (BETWEEN, BETWEEN_PACKED))
"""The bytes between entries in each file."""

SPOT = struct.Struct("<2I")
"""Where a line begins in the page, and its size."""


@dataclass(frozen=True)
class Lying:
    """The documents of a feed as they lie: in each format plain and packed, then the page.

    ``paths`` are theirs.
    """

    sheet: Sheet
    paths: Sequence[str]

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """Where each entry begins in each of the files, and where one more would."""
        sheet = self.sheet
        offsets = np.empty((len(sheet.releases) + 1, len(GAPS)), np.int64)
        offsets[0] = sheet.starts
        np.add(numbers(sheet.lines)["sizes"], GAPS, out=offsets[1:])
        return np.cumsum(offsets, axis=0, out=offsets)

    def copy(self, file: int, run: range) -> Copy:
        """Entries that follow each other, in one of the files."""
        begin, end = self.sheet.starts[file], self.sheet.stops[file]
        if len(run) < len(self.sheet.releases):
            begin = int(self.offsets[run.start, file])
            end = int(self.offsets[run.stop, file]) - GAPS[file]
        return Copy(self.paths[file], self.sheet.states[file], begin, end - begin)

    def page(self) -> bytes:
        """The page for people."""
        state = self.sheet.states[-1]
        return Copy(self.paths[-1], state, 0, state[1]).read()


@dataclass(frozen=True, slots=True)
class Document:
    """A feed that is to be written to ``files``.

    ``heads`` makes what stands around its entries, by their language; ``face`` is all that shapes
    that besides.
    """

    facet: Facet
    face: str
    heads: Callable[[str | None], Heads]
    files: Callable[[Format], str]

    @property
    def mixed(self) -> bool:
        """Whether its entries come from several sources."""
        return self.facet.source is None


@dataclass(frozen=True, slots=True)
class Laid:
    """What a sheet says of documents that were written."""

    face: str
    heads: Heads
    starts: tuple[int, ...]
    stops: tuple[int, ...]
    checks: tuple[int, ...]
    columns: Columns


class Splicer:
    """Puts the documents of feeds together, with what lies in the folder of ``writer``."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def lying(self, files: Sequence[str], sheet: Sheet) -> Lying | None:
        """The documents of a feed as they lie; None where they are not as their sheet says."""
        paths = [f"{self._writer.folder}/{file}" for file in files]
        try:
            for path, state in zip(paths, sheet.states, strict=True):
                if state_of(os.stat(path)) != state:  # noqa: PTH116 - text is quicker
                    return None
        except OSError:
            return None
        return Lying(sheet, paths)

    def sheet(
        self,
        files: Sequence[str],
        window: FeedState,
        laid: Laid,
        spots: Iterable[tuple[int, int]] = (),
    ) -> Sheet:
        """The sheet of documents that were just written, and of their page with its ``spots``."""
        shown = laid.columns.releases
        return Sheet(
            laid.face,
            laid.heads,
            laid.starts,
            laid.stops,
            laid.checks,
            tuple([self._writer.state(file) for file in files]),
            packed_spots(spots),
            window,
            None if shown == window.open else shown,
            laid.columns.languages,
            laid.columns.days,
            laid.columns.lines,
            laid.columns.newest,
        )

    def write(
        self, write: Write, document: Document, runs: Sequence[Run], lying: Lying | None
    ) -> Laid:
        """Write the entries of a feed in every format."""
        mixed = document.mixed
        columns = columns_of(runs, lying.sheet if lying else None, mixed=mixed)
        face = f"{document.face}\n{columns.language}"
        is_known = lying and lying.sheet.face == face
        heads = lying.sheet.heads if lying and is_known else document.heads(columns.language)
        starts: list[int] = []
        stops: list[int] = []
        checks: list[int] = []
        files: dict[str, tuple[Bytes, ...]] = {}
        for kind, head, now in zip(FORMATS, heads, stamps(columns.updated), strict=True):
            start, start_packed = head.stamped(now)
            plain = inside(runs, lying, kind, mixed=mixed, packed=False)
            packed = inside(runs, lying, kind, mixed=mixed, packed=True)
            size = sum(map(len, plain))
            check = checked(runs, plain, kind, lying)
            whole = crc32(head.end, crc32_combine(crc32(start), check, size))
            last = head.packed[2] + trailer(whole, len(start) + size + len(head.end))
            file = document.files(kind)
            files[file] = (start, *plain, head.end)
            files[f"{file}.gz"] = (start_packed, *packed, last)
            starts += (len(start), len(start_packed))
            stops += (len(start) + size, len(start_packed) + sum(map(len, packed)))
            checks.append(check)
        # Together: between two of them, the processor forgets what the work above needs.
        for file, parts in files.items():
            write(file, *parts)
        return Laid(face, heads, tuple(starts), tuple(stops), tuple(checks), columns)


def packed_spots(spots: Iterable[tuple[int, int]]) -> bytes:
    """Where lines lie on a page, one SPOT after the other."""
    flat = [*chain.from_iterable(spots)]
    return struct.pack(f"<{len(flat)}I", *flat)


def feeds_of(files: Callable[[Format], str]) -> list[str]:
    """The files of a feed in every format, plain and packed, in the order of a sheet."""
    return [f"{files(kind)}{end}" for kind in FORMATS for end in ("", ".gz")]


@lru_cache(maxsize=16)
def files_of(facet: Facet) -> tuple[str, ...]:
    """The files of a facet in the order of a sheet: its feeds, and its page for people."""
    return (*feeds_of(partial(feed_file, facet)), page_file(facet))


def rows_of(runs: Iterable[Run], lying: Lying | None) -> Iterator[bytes]:
    """The lines of entries on the page of their facet, from where they lie on it."""
    page = lying.page() if lying else b""
    spots = list(SPOT.iter_unpack(lying.sheet.spots)) if lying else []
    for run in runs:
        if isinstance(run, list):
            yield from [fresh.fragment.row for fresh in run]
        else:
            yield from [page[begin : begin + size] for begin, size in spots[run.start : run.stop]]


def inside(
    runs: Sequence[Run], lying: Lying | None, kind: Format, *, mixed: bool, packed: bool
) -> list[Bytes]:
    """The entries of a document one after the other, plain or packed."""
    between = (BETWEEN_PACKED if packed else BETWEEN)[kind]
    file = 2 * FORMATS.index(kind) + packed
    parts: list[Bytes] = []
    for run in runs:
        if parts:
            parts.append(between)
        if isinstance(run, list):
            fragments = [fresh.fragment for fresh in run]
            parts.append(joined_entries(fragments, kind, mixed=mixed, packed=packed))
        elif lying:
            parts.append(lying.copy(file, run))
    return parts


def checked(runs: Sequence[Run], plain: Sequence[Bytes], kind: Format, lying: Lying | None) -> int:
    """The check sum of the entries of a plain document, laid as ``inside`` lays them."""
    number, gap = FORMATS.index(kind), BETWEEN[kind]
    check = 0
    for place, (run, part) in enumerate(zip(runs, plain[::2], strict=True)):
        if place:
            check = crc32(gap, check)
        if not isinstance(part, Copy):
            check = crc32(part, check)
        elif lying and run == range(len(lying.sheet.releases)):
            check = crc32_combine(check, lying.sheet.checks[number], len(part))
        elif lying and isinstance(run, range):
            check = carried(check, run, number, gap, lying.sheet)
    return check


def carried(check: int, run: range, number: int, gap: bytes, sheet: Sheet) -> int:
    """A check sum carried on over entries of the feed before."""
    lines = numbers(sheet.lines)[run.start : run.stop]
    sizes, checks = lines["sizes"][:, 2 * number].tolist(), lines["checks"][:, number].tolist()
    for place, (size, line) in enumerate(zip(sizes, checks, strict=True)):
        check = crc32_combine(crc32(gap, check) if place else check, line, size)
    return check
