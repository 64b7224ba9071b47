"""Reader and writer of the CDXJ file of a WARC file, with one capture per line.

Lines have the format of cdxj-indexer, which pywb reads, and an additional field ``leaf``: the
number of the record's leaf in the transparency log. For a response to a POST request, the fields
``method`` and ``requestBody`` are part of the key (data.text.urls). While the WARC file grows,
lines are in the order of its records. In a finished file they are sorted.

A line begins with the SURT key of its address. The labels of the host are reversed, so that the
pages of a site are adjacent: ``example,acme)/news?a=1``. The canonical form follows ia-web-commons
of the Internet Archive. The package surt is a Python port, but importing it loads an HTTP client.
"""

import datetime as dt
import heapq
import json
import os
import re
import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.http_head import media_type_of
from data.archive.warc.records import LISTED_KINDS, POSTED_FIELD, REVISIT, WARC_FIELDS, NewRecord
from data.files import sync
from data.models.capture import Capture
from data.text.urls import ascii_host, posted_address

SAFE: Final = b"!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~"
PORTS: Final = {b"http": b"80", b"https": b"443"}

PARTS: Final = re.compile(
    rb"([a-z][a-z0-9+.-]*):(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?", re.IGNORECASE | re.DOTALL
)
ORDINARY: Final = re.compile(
    r"https?://(?:www\d*\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)*)((?:/[a-z0-9_~-][a-z0-9_.~-]*)*)/?"
)
"""Pattern that matches ordinary addresses, whose key can be computed quickly. Most addresses
match."""

MAX_DIGITS: Final = 20
"""Maximum number of digits in a numeric host."""

MAX_ESCAPES: Final = 20
"""Maximum number of passes to decode nested percent-escapes."""

MAX_SESSION: Final = 4_096
"""Maximum size in bytes of a path or query from which session ids are removed."""

WWW: Final = re.compile(rb"^www\d*\.")
SESSION_PATHS: Final = (
    re.compile(rb"^(.*/)(\((?:[a-z]\([0-9a-z]{24}\))+\)/)([^?]+\.aspx.*)$", re.IGNORECASE),
    re.compile(rb"^(.*/)(\([0-9a-z]{24}\)/)([^?]+\.aspx.*)$", re.IGNORECASE),
)
SESSIONS: Final = (
    re.compile(rb"^(.*)(?:jsessionid=[0-9a-zA-Z]{32})(?:&(.*))?$", re.IGNORECASE),
    re.compile(rb"^(.*)(?:phpsessid=[0-9a-zA-Z]{32})(?:&(.*))?$", re.IGNORECASE),
    re.compile(rb"^(.*)(?:sid=[0-9a-zA-Z]{32})(?:&(.*))?$", re.IGNORECASE),
    re.compile(rb"^(.*)(?:ASPSESSIONID[a-zA-Z]{8}=[a-zA-Z]{24})(?:&(.*))?$", re.IGNORECASE),
    re.compile(rb"^(.*)(?:cfid=[^&]+&cftoken=[^&]+)(?:&(.*))?$", re.IGNORECASE),
)

MAX_SORTED_LINES: Final = 100_000
"""Maximum number of lines that are sorted in memory. Longer files are sorted in parts with
temporary files."""

BLOCK: Final = 65536
"""Number of bytes per step when a CDXJ file is read backwards."""


@lru_cache(maxsize=4096)  # a visit needs the same few keys repeatedly
def surt(uri: str) -> str:
    """Return the SURT key of a URI.

    The key of a URI without a host is its scheme and path in lower case.
    """
    if (plain := ORDINARY.fullmatch(uri)) and not plain[1][-1:].isdigit():
        return f"{','.join(reversed(plain[1].split('.')))}){plain[2] or '/'}"
    bare = re.sub(rb"[\r\n\t]", b"", uri.encode().strip())
    parts = PARTS.match(bare)
    if parts is None:
        return uri
    scheme, authority, path, query = parts.groups()
    host, port = _place(authority or b"")
    path = _unescaped(path)
    if host:
        path = _normal(path)
    path = _path_key(_escaped(path))
    key = host + (b":" + port if port and port != PORTS.get(scheme.lower()) else b"") + b")"
    if not host:
        key = scheme + b":"
    return (key + path + _query_key(query or b"")).decode()


@lru_cache(maxsize=256)  # The pages of a site share this value.
def _place(authority: bytes) -> tuple[bytes, bytes]:
    """Split an authority, and return its host in reverse order and its port."""
    place = authority.rpartition(b"@")[2]
    if place.startswith(b"["):
        host, _, rest = place[1:].partition(b"]")
        port = rest.partition(b":")[2]
    else:
        host, _, port = place.partition(b":")
    host = _unescaped(host.lower())
    if not host.isascii():
        with suppress(UnicodeError):
            host = ascii_host(host.decode("utf-8", "ignore")).encode()
    host = _escaped(_address(host.replace(b"..", b".").strip(b".")).lower())
    return b",".join(reversed(WWW.sub(b"", host).split(b"."))), port.lstrip(b"0")


def _address(host: bytes) -> bytes:
    """Expand a numeric or abbreviated IPv4 host. Other hosts are returned unchanged."""
    if host.isdigit() and len(host) <= MAX_DIGITS:
        return socket.inet_ntoa((int(host) & 0xFFFFFFFF).to_bytes(4)).encode()
    if re.fullmatch(rb"\d+(?:\.\d+){1,3}", host):
        try:
            return socket.inet_ntoa(socket.inet_aton(host.decode())).encode()
        except OSError:
            return host
    return host


def _normal(path: bytes) -> bytes:
    """Remove ``.``, ``..`` and empty segments from a path, but keep a trailing slash."""
    kept: list[bytes] = []
    for part in path.split(b"/")[1:]:
        if part == b"..":
            if kept:
                kept.pop()
            else:
                kept.append(part)
        elif part != b".":
            kept.append(part)
    return b"/" + b"".join(part + b"/" for part in kept[:-1] if part) + b"".join(kept[-1:])


def _path_key(path: bytes) -> bytes:
    path = path.lower()
    for pattern in SESSION_PATHS:
        if len(path) <= MAX_SESSION and (match := pattern.match(path)):
            path = match[1] + match[3]
    return path[:-1] if path.endswith(b"/") and len(path) > 1 else path


def _query_key(query: bytes) -> bytes:
    """Return the sorted query in lower case, without session ids and with its question mark."""
    query = _escaped(_unescaped(query))
    for pattern in SESSIONS:
        if len(query) <= MAX_SESSION and (match := pattern.match(query)):
            query = match[1] + (match[2] or b"")
    if not query:
        return b""
    parts = sorted(tuple(part.split(b"=", 1)) for part in query.lower().split(b"&"))
    return b"?" + b"&".join(b"=".join(part) for part in parts)


def _unescaped(text: bytes) -> bytes:
    """Decode percent-escapes, including nested ones, in at most MAX_ESCAPES passes."""
    for _ in range(MAX_ESCAPES):
        plain = unquote_to_bytes(text)
        if plain == text:
            break
        text = plain
    return text


def _escaped(text: bytes) -> bytes:
    return quote_from_bytes(text, safe=SAFE).encode()


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
