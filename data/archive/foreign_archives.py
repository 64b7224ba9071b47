"""Reader of WARC and WACZ files from other programs.

The files may be hostile. The size of a record is checked while it is read. WACZ packages are not
unpacked to disk, so file names in them can't point outside a folder.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from fastwarc.warc import ArchiveIterator, WarcRecord

from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.reader import Damage, read_fields
from data.archive.warc.records import field_value
from data.errors import ArchiveError
from data.models import Capture

MAX_RECORD_BYTES: Final = 64_000_000
"""Maximum size in bytes of an unpacked record. Larger records are skipped."""

MAX_FIELD_LENGTH: Final = 8192
"""Maximum length of a WARC field in characters."""
MAX_FIELDS: Final = 100
"""Maximum number of WARC fields per record."""

MAX_FILES: Final = 10_000
"""Maximum number of WARC files that are read from a WACZ package."""

IN_PACKAGE: Final = re.compile(r"archive/[^/]+\.warc(\.gz)?")
"""Pattern that matches the paths of WARC files in a WACZ package."""

ZIP_MAGIC: Final = b"PK"
"""First bytes of a ZIP file."""

IMPORTED_FIELD: Final = "Communique-Imported"
"""Name of the WARC field that contains the name of the file from which a record was imported."""

UNREADABLE: Final = (OSError, ValueError, EOFError, zlib.error, zipfile.BadZipFile)


def read_foreign(path: Path) -> Iterator[ArchiveRecord | Damage]:
    """Yield the records and the damaged parts of a WARC or WACZ file, in file order.

    After a damaged part, reading continues at the next record. Raises OSError, and ArchiveError if
    the file has neither format.
    """
    with path.open("rb") as file:
        if file.read(len(ZIP_MAGIC)) == ZIP_MAGIC:
            yield from _package(path, file)
        else:
            file.seek(0)
            yield from _records(path.name, file, is_first=True)


def imported_from(folder: Path, capture: Capture | CdxjEntry) -> str:
    """Return the name of the file from which a capture was imported.

    The name is empty if the capture was not imported. Raises ArchiveError if its record can't be
    read.
    """
    fields = read_fields(folder, capture.file, capture.offset)
    return next((value for name, value in fields if name == IMPORTED_FIELD), "")


def _package(path: Path, file: IO[bytes]) -> Iterator[ArchiveRecord | Damage]:
    try:
        package = zipfile.ZipFile(file)
    except UNREADABLE as error:
        raise ArchiveError(str(path), f"the file can't be read as WACZ ({error})") from error
    with package:
        names = [one for one in package.infolist() if IN_PACKAGE.fullmatch(one.filename)]
        if not names:
            raise ArchiveError(
                str(path), "the file contains no archive/….warc.gz, which a WACZ file must have"
            )
        for info in names[:MAX_FILES]:
            try:
                with package.open(info) as inner:
                    yield from _records(info.filename, inner)
            except (*UNREADABLE, RuntimeError, NotImplementedError) as error:
                # The checksum is wrong, a password is needed, or the compression is unsupported.
                yield Damage(info.filename, 0, str(error))


def _records(
    name: str, file: IO[bytes], *, is_first: bool = False
) -> Iterator[ArchiveRecord | Damage]:
    offset = 0
    count = 0
    try:
        for found in ArchiveIterator(file, parse_http=False):
            offset = found.stream_pos
            count += 1
            yield _record(name, found)
    except BaseException as error:
        # FastWARC raises internal errors that are not subclasses of its documented exceptions.
        if not isinstance(error, UNREADABLE) and type(error).__name__ != "PanicException":
            raise
        if is_first and not count:
            raise ArchiveError(name, f"the file is not a WARC or WACZ file ({error})") from error
        yield Damage(name, offset, f"the file can't be read after this record ({error})")
    if is_first and not count:
        raise ArchiveError(name, "the file contains no records")


def _record(name: str, found: WarcRecord) -> ArchiveRecord | Damage:
    offset = found.stream_pos
    fields = tuple((name, field_value(value)) for name, value in found.headers.to_tuples())
    if len(fields) > MAX_FIELDS or any(len(value) > MAX_FIELD_LENGTH for _, value in fields):
        return Damage(name, offset, "the record has too many or too long fields")
    length = found.headers.get("Content-Length") or ""
    if not length.isdecimal() or len(length) > 18:  # noqa: PLR2004 - maximum number of digits
        return Damage(name, offset, f"the record claims a length of {length[:40]!r} bytes")
    if int(length) > MAX_RECORD_BYTES:
        return Damage(
            name, offset, f"the record's length of {length} bytes is above {MAX_RECORD_BYTES}"
        )
    block = found.reader.read(MAX_RECORD_BYTES)
    if len(block) != int(length):
        return Damage(name, offset, f"the record's block has {len(block)} bytes, not {length}")
    record = ArchiveRecord(name, offset, 0, b"", fields, block)
    if not record.record_id or not record.field("WARC-Date"):
        return Damage(name, offset, "the record has no id or no date")
    return record
