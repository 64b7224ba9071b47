"""Records out of files that others wrote: WARC, compressed or not, and WACZ.

Such a file is hostile: whatever it claims, a record is read in pieces and to a bound, and nothing
of a package is unpacked to a disk, so that no name in it can lead anywhere.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from fastwarc.warc import ArchiveIterator, WarcRecord

from data.archive.warc.cdxj import Entry
from data.archive.warc.reader import Damage, Record, read_fields
from data.archive.warc.records import field_value
from data.errors import ArchiveError
from data.models import Capture

LARGEST: Final = 64_000_000
"""Bytes of one record, unpacked, that are read; larger ones are passed over."""

LONGEST_FIELD: Final = 8192
MOST_FIELDS: Final = 100

MOST_FILES: Final = 10_000
"""Files of a package that are read."""

IN_PACKAGE: Final = re.compile(r"archive/[^/]+\.warc(\.gz)?")

PACKAGE: Final = b"PK"
"""How a ZIP file begins."""

IMPORTED_FIELD: Final = "Communique-Imported"
"""The field that says of a record from which file of somebody's it was taken in."""

UNREADABLE: Final = (OSError, ValueError, EOFError, zlib.error, zipfile.BadZipFile)


def read_foreign(path: Path) -> Iterator[Record | Damage]:
    """All records of a WARC or WACZ file in their order, and the places that can't be read.

    What can't be read is passed over where the next record can be found, and ends its file
    otherwise. Raises ArchiveError where the file is none of both, and OSError.
    """
    with path.open("rb") as file:
        if file.read(len(PACKAGE)) == PACKAGE:
            yield from _package(path, file)
        else:
            file.seek(0)
            yield from _records(path.name, file, is_first=True)


def imported_from(folder: Path, capture: Capture | Entry | None) -> str:
    """The name of the file that a capture was imported from.

    Empty if it was captured here, or if its record can't be read.
    """
    if capture is None:
        return ""
    try:
        fields = read_fields(folder, capture.file, capture.offset)
    except ArchiveError:
        return ""
    return next((value for name, value in fields if name == IMPORTED_FIELD), "")


def _package(path: Path, file: IO[bytes]) -> Iterator[Record | Damage]:
    try:
        package = zipfile.ZipFile(file)
    except UNREADABLE as error:
        raise ArchiveError(str(path), f"it can't be read as WACZ ({error})") from error
    with package:
        names = [one for one in package.infolist() if IN_PACKAGE.fullmatch(one.filename)]
        if not names:
            raise ArchiveError(str(path), "it holds no archive/….warc.gz, as a WACZ file does")
        for info in names[:MOST_FILES]:
            try:
                with package.open(info) as inner:
                    yield from _records(info.filename, inner)
            except (*UNREADABLE, RuntimeError, NotImplementedError) as error:
                # A broken checksum, a password, a compression that nobody else uses.
                yield Damage(info.filename, 0, str(error))


def _records(name: str, file: IO[bytes], *, is_first: bool = False) -> Iterator[Record | Damage]:
    offset = 0
    count = 0
    try:
        for found in ArchiveIterator(file, parse_http=False):
            offset = found.stream_pos
            count += 1
            yield _record(name, found)
    except BaseException as error:
        # What its own code did not expect, FastWARC raises outside of all other exceptions.
        if not isinstance(error, UNREADABLE) and type(error).__name__ != "PanicException":
            raise
        if is_first and not count:
            raise ArchiveError(name, f"it is no WARC or WACZ file ({error})") from error
        yield Damage(name, offset, f"what follows this record can't be read ({error})")
    if is_first and not count:
        raise ArchiveError(name, "it holds no record")


def _record(name: str, found: WarcRecord) -> Record | Damage:
    offset = found.stream_pos
    fields = tuple((name, field_value(value)) for name, value in found.headers.to_tuples())
    if len(fields) > MOST_FIELDS or any(len(value) > LONGEST_FIELD for _, value in fields):
        return Damage(name, offset, "its fields are too many or too long")
    told = found.headers.get("Content-Length") or ""
    if not told.isdecimal() or len(told) > 18:  # noqa: PLR2004 - digits of 63 bits
        return Damage(name, offset, f"it claims to hold {told[:40]!r} bytes")
    if int(told) > LARGEST:
        return Damage(name, offset, f"it claims to hold {told} bytes; {LARGEST} are read")
    block = found.reader.read(LARGEST)
    if len(block) != int(told):
        return Damage(name, offset, f"its block has {len(block)} bytes and not {told}")
    record = Record(name, offset, 0, b"", fields, block)
    if not record.record_id or not record.field("WARC-Date"):
        return Damage(name, offset, "it has no id or no date")
    return record
