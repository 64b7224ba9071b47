"""HTTP exchanges (request and response), captures (their archive records), and texts of files."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import msgspec

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""Names and values of header fields, in order. A name may occur several times."""

Truncated: TypeAlias = Literal["", "length", "time", "disconnect", "unspecified"]
"""Reason for an incomplete body, as a value of WARC-Truncated (WARC 1.1, section 5.13)."""

FileKind: TypeAlias = Literal[
    "pdf", "docx", "xlsx", "pptx", "odt", "ods", "odp", "rtf", "image", "unknown"
]
"""Kind of a file, determined from its bytes."""

Cut: TypeAlias = Literal[
    "",
    "pages",
    "length",
    "time",
    "memory",
    "unpacked",
    "password",
    "damaged",
    "old",
    "scan",
    "kind",
]
"""Reason why text of a file is missing:

- ``pages``, ``length``, ``time``, ``memory``, ``unpacked``: a limit was reached
- ``password``, ``damaged``: the file can't be opened or is damaged
- ``old``: the file is in an old Word, Excel or PowerPoint format
- ``scan``: the file contains only images, and no scanned text is recognized
- ``kind``: the kind of the file is not supported"""

INTERRUPTED_CUTS: Final[tuple[Cut, ...]] = ("time", "memory")
"""Reasons that depend on the load of the machine, so that the same file is read again later."""


@dataclass(frozen=True, slots=True)
class Capture:
    """A record in the archive, and its location.

    ``record_id`` is the WARC-Record-ID without brackets (``urn:uuid:…``). ``file`` is a file name
    in HOME/archive, without the suffix ``.open`` of a growing file. ``offset`` and ``length`` are
    in compressed bytes. ``digest`` is the payload digest in WARC notation (``sha256:…``). ``leaf``
    is the number of the record's entry in the transparency log, from 0. ``at`` is the WARC-Date,
    aware UTC.
    """

    record_id: str
    file: str
    offset: int
    length: int
    digest: str
    leaf: int
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Sightings:
    """The archived captures of one release.

    ``versions`` maps the number of each version to its first capture; negative numbers are versions
    that only web archives captured. ``seen`` is the last capture of the unchanged release. ``gone``
    is the last capture of a 404 or 410 response before the release's retraction.
    """

    versions: Mapping[int, Capture]
    seen: Capture | None = None
    gone: Capture | None = None


@dataclass(frozen=True, slots=True)
class CaptureOwner:
    """The release or file that an archive record belongs to, and the record's address.

    ``release`` is an id, empty for a file. ``shows`` is ``version 1``, ``last seen``, ``gone`` or
    ``file``.
    """

    record_id: str
    release: str
    url: str
    shows: str


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Location of a record: its current file, offset and length, as in Capture."""

    file: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """An HTTP request and its response.

    ``url`` is the requested address and ``at`` the time of the response (aware UTC). ``ip`` is the
    server's address, empty if unknown. ``protocol`` is the response's protocol, such as
    ``HTTP/1.1``. ``body`` is the body as received, with content codings; if ``rendered``, it is the
    document that a browser built. ``posted`` is the form-encoded body of a POST request, otherwise
    empty.
    """

    url: str
    at: dt.datetime
    status: int
    reason: str
    headers: Headers
    body: bytes
    method: str = "GET"
    request_headers: Headers = ()
    ip: str = ""
    protocol: str = "HTTP/1.1"
    truncated: Truncated = ""
    rendered: bool = False
    posted: str = ""


class FileText(msgspec.Struct, frozen=True):
    """The text of a file, separated by page.

    ``pages`` contains one text per page, slide or sheet. ``cut`` is the reason why text is missing,
    or an empty string. ``tool`` is the name of the program that recognized scanned text, if any.
    """

    kind: FileKind = "unknown"
    pages: tuple[str, ...] = ()
    cut: Cut = ""
    tool: str = ""
