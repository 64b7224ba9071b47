"""Records from other programs: read WARC and WACZ files, and prepare their records for import.

The files may be hostile. The size of a record is checked while it is read. WACZ packages are not
unpacked to disk, so file names in them can't point outside a folder. The content of records is not
changed. Other programs write digests in hexadecimal or base 32; both are accepted.
"""

import base64
import binascii
import hashlib
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from fastwarc.warc import ArchiveIterator, WarcRecord

from data.archive.log.leaves import SALT_BYTES
from data.archive.warc.archive_record import WITH_PAYLOAD, ArchiveRecord
from data.archive.warc.cdxj import CdxjEntry, entry_of
from data.archive.warc.reader import Damage, read_fields
from data.archive.warc.records import (
    SALT_FIELD,
    Fields,
    NewRecord,
    compressed,
    digest_text,
    field_value,
    sha256,
)
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

REPLACED_FIELDS: Final = frozenset(["content-length", SALT_FIELD.lower()])
"""Names of WARC fields that receive new values on import."""

ALGORITHMS: Final[dict[str, Callable[[bytes], Any]]] = {
    "md5": hashlib.md5,
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
}


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


def adopted(fields: Fields, block: bytes) -> NewRecord:
    """Return a record with the given WARC fields and block, and with a new salt for its leaf.

    All fields are kept, including id and date. A wrong payload digest is replaced, because later
    records would refer to it. SHA-256 digests are written in hexadecimal. A digest with another
    algorithm is kept if it may belong to the body without its chunked coding. Missing digests are
    added. The salt is always new, because anyone who knows it can guess addresses.
    """
    found = ArchiveRecord("", 0, 0, b"", fields, block)
    payload = b""
    if found.kind in WITH_PAYLOAD:
        payload = sha256(found.http.payload if found.is_http else block)
    replaced, added = {*REPLACED_FIELDS}, []
    stated, whole = found.field("WARC-Block-Digest"), digest_text(sha256(block))
    if not stated or (stated != whole and stated.lower().startswith("sha256:")):
        replaced.add("warc-block-digest")
        added.append(("WARC-Block-Digest", whole))
    stated, whole = found.field("WARC-Payload-Digest"), digest_text(payload)
    is_wrong = bool(stated) and stated != whole and _is_wrong(found, stated)
    if payload and (is_wrong or not stated):
        replaced.update(["warc-payload-digest"] if is_wrong else [])
        added.append(("WARC-Payload-Digest", whole))
    kept = [*(one for one in fields if one[0].lower() not in replaced), *added]
    kept.append((SALT_FIELD, os.urandom(SALT_BYTES).hex()))
    kept.append(("Content-Length", str(len(block))))
    member = compressed(kept, block)
    record = ArchiveRecord("", 0, len(member), sha256(member), tuple(kept), block)
    leaf = record.leaf()
    if leaf is None:
        raise AssertionError("a WARC record with a new salt must have an entry for the log")
    entry = entry_of(record, -1)
    return NewRecord(
        record.record_id,
        record.uri,
        leaf,
        member,
        record.field("WARC-Payload-Digest"),
        listed=entry is not None,
        media_type=entry.media_type if entry else None,
        status=entry.status if entry else 0,
        posted=entry.posted if entry else "",
    )


def _is_wrong(record: ArchiveRecord, stated: str) -> bool:
    """Return whether the payload digest ``stated`` in a record is certainly wrong.

    It is not the payload's SHA-256 digest, but it may be a correct digest with another algorithm.
    """
    digest = parse_digest(stated)
    if digest is None:
        return stated.lower().startswith("sha256:")
    if digest.algorithm == "sha256":
        return True
    if record.is_http and record.http.header(b"transfer-encoding"):
        return False
    return not digest.is_of(record.http.payload if record.is_http else record.block)


class Digest(NamedTuple):
    """A digest: the name of its algorithm, and its value in bytes."""

    algorithm: str
    value: bytes

    def is_of(self, content: bytes) -> bool:
        """Return whether this is the digest of ``content``."""
        return bool(ALGORITHMS[self.algorithm](content).digest() == self.value)


def parse_digest(text: str) -> Digest | None:
    """Parse the value of a field such as WARC-Payload-Digest.

    Returns None if the digest is invalid or its algorithm is unknown.
    """
    name, _, value = text.strip().partition(":")
    name = name.lower().replace("-", "")
    if name not in ALGORITHMS:
        return None
    size = ALGORITHMS[name](b"").digest_size
    try:
        if len(value) == 2 * size:
            return Digest(name, bytes.fromhex(value))
        found = base64.b32decode(value.rstrip("=").upper() + "=" * (-len(value.rstrip("=")) % 8))
    except (ValueError, binascii.Error):
        return None
    return Digest(name, found) if len(found) == size else None
