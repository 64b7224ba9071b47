"""Reader and writer of the CDXJ file of a WARC file, with one capture per line.

Lines have the format of cdxj-indexer, which pywb reads, and an additional field ``leaf``: the
number of the record's leaf in the transparency log. For a response to a POST request, the fields
``method`` and ``requestBody`` are part of the key (data.text.urls). While the WARC file grows,
lines are in the order of its records. In a finished file they are sorted.
"""

import datetime as dt
import heapq
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.http_head import media_type_of
from data.archive.warc.records import LISTED_KINDS, POSTED_FIELD, REVISIT, WARC_FIELDS, NewRecord
from data.archive.warc.surt import surt
from data.files import sync
from data.models.capture import Capture
from data.text.urls import posted_address

MAX_SORTED_LINES: Final = 100_000
"""Maximum number of lines that are sorted in memory. Longer files are sorted in parts with
temporary files."""

BLOCK: Final = 65536
"""Number of bytes per step when a CDXJ file is read backwards."""


@dataclass(frozen=True, slots=True)
class CdxjEntry:
    """A CDXJ line: a capture of ``uri`` at ``at`` (aware UTC, whole seconds).

    Without a status or media type, ``status`` is 0 and ``media_type`` None. ``digest`` is the
    payload digest in WARC notation. ``leaf`` is -1 if unknown. ``posted`` contains the form fields
    of a POST request (data.text.urls), empty for GET.
    """

    uri: str
    at: dt.datetime
    media_type: str | None
    status: int
    digest: str
    length: int
    offset: int
    file: str
    leaf: int = -1
    posted: str = ""

    @property
    def address(self) -> str:
        """Return the address of the capture, which includes the form fields of a POST request."""
        return posted_address(self.uri, self.posted)

    @property
    def is_revisit(self) -> bool:
        """Return whether the capture is a revisit record, whose payload is in another record."""
        return self.media_type == REVISIT

    def encode(self) -> bytes:
        """Encode the entry as a CDXJ line with a line feed."""
        fields: dict[str, str] = {"url": self.uri}
        if self.media_type is not None:
            fields["mime"] = self.media_type
        if self.status:
            fields["status"] = str(self.status)
        fields["digest"] = self.digest
        fields["length"] = str(self.length)
        fields["offset"] = str(self.offset)
        fields["filename"] = self.file
        if self.posted:
            fields["requestBody"] = self.posted
            fields["method"] = "POST"
        if self.leaf >= 0:
            fields["leaf"] = str(self.leaf)
        return f"{surt(self.address)} {self.at:%Y%m%d%H%M%S} {json.dumps(fields)}\n".encode()


def decode_entry(line: bytes) -> CdxjEntry:
    """Parse a CDXJ line. Raises ValueError if the line is invalid."""
    try:
        _, timestamp, encoded = line.decode().split(" ", 2)
        fields = json.loads(encoded)
        return CdxjEntry(
            fields["url"],
            dt.datetime.fromisoformat(f"{timestamp[:8]}T{timestamp[8:]}+0000"),
            fields.get("mime"),
            int(fields.get("status", 0)),
            fields["digest"],
            int(fields["length"]),
            int(fields["offset"]),
            fields["filename"],
            int(fields.get("leaf", -1)),
            fields.get("requestBody", ""),
        )
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"a CDXJ line has a missing or invalid field: {error}") from error


def entry_of(record: ArchiveRecord, leaf: int) -> CdxjEntry | None:
    """Return the CDXJ entry for a record, or None if records of its type have none.

    ``leaf`` is the number of the record's leaf.
    """
    if record.kind not in LISTED_KINDS:
        return None
    media_type = media_type_of(record.field("Content-Type").encode())
    status = 0
    if record.kind in {"response", "revisit"}:
        http = record.http
        status = http.status
        media_type = media_type_of(http.header(b"content-type"))
        media_type = REVISIT if record.kind == "revisit" else media_type
    elif media_type == WARC_FIELDS:
        return None
    return CdxjEntry(
        record.uri,
        record.at.replace(microsecond=0),
        media_type,
        status,
        record.field("WARC-Payload-Digest"),
        record.length,
        record.offset,
        record.file,
        leaf,
        record.field(POSTED_FIELD),
    )


def entry_at(record: NewRecord, capture: Capture) -> CdxjEntry:
    """Return the CDXJ entry for a new record, at the location of its capture."""
    return CdxjEntry(
        record.uri,
        capture.at.replace(microsecond=0),
        record.media_type,
        record.status,
        record.digest,
        capture.length,
        capture.offset,
        capture.file,
        capture.leaf,
        record.posted,
    )


def read_entries(path: Path, start: int = 0) -> Iterator[tuple[CdxjEntry, int]]:
    """Yield the entries after the offset ``start``, each with the offset of the next entry.

    Incomplete and invalid lines are skipped, because the CDXJ file can be rebuilt from its WARC
    file. Raises OSError.
    """
    with path.open("rb") as lines:
        lines.seek(start)
        for line in lines:
            if not line.endswith(b"\n"):
                return
            start += len(line)
            with suppress(ValueError):
                yield decode_entry(line), start


def last_entry(handle: int) -> tuple[CdxjEntry | None, int]:
    """Return the last complete entry of an open CDXJ file, and the offset of its end.

    Returns None and 0 if there is no complete line. Raises ValueError if the line is invalid.
    """
    at = os.fstat(handle).st_size
    blocks: list[bytes] = []
    ends = 0
    while at and ends < 2:  # noqa: PLR2004 - a complete line is between two line feeds
        begin = max(0, at - BLOCK)
        blocks.append(os.pread(handle, at - begin, begin))
        ends += blocks[-1].count(b"\n")
        at = begin
    tail = b"".join(reversed(blocks))
    whole = tail[: tail.rfind(b"\n") + 1]
    if not whole:
        return None, 0
    return decode_entry(whole[whole.rfind(b"\n", 0, -1) + 1 :]), at + len(whole)


def write_sorted(lines: Iterable[bytes], target: Path) -> None:
    """Sort lines by their bytes and write them durably to a file. Raises OSError."""
    parts: list[Path] = []
    # The names are fixed, so the next process overwrites files that a killed process left behind.
    temporary = target.with_name(f".{target.name}.part")
    try:
        rest = iter(lines)
        while chunk := sorted(islice(rest, MAX_SORTED_LINES)):
            parts.append(temporary.with_suffix(f".{len(parts)}.part"))
            parts[-1].write_bytes(b"".join(chunk))
        with ExitStack() as opened, temporary.open("wb") as merged:
            merged.writelines(heapq.merge(*(opened.enter_context(one.open("rb")) for one in parts)))
        sync(temporary)
        temporary.replace(target)
    finally:
        for one in (temporary, *parts):
            one.unlink(missing_ok=True)
