"""HTTP request with its response, and capture: the archive record of the response."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Capture:
    """The place of a record in the archive.

    ``record_id`` is its WARC-Record-ID without brackets (``urn:uuid:…``). ``file`` is a name in
    HOME/archive, without the suffix ``.open`` of a file that still grows. ``offset`` and ``length``
    are in compressed bytes. ``digest`` is the payload digest as WARC writes it (``sha256:…``).
    ``leaf`` is the number of its leaf in the log, from 0. ``at`` is its WARC-Date, aware UTC.
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

    ``versions`` maps the number of a version to its first capture. ``seen`` is the last capture
    that found the release unchanged. ``gone`` is the last capture before its retraction that found
    it gone (404 or 410).
    """

    versions: Mapping[int, Capture]
    seen: Capture | None = None
    gone: Capture | None = None


@dataclass(frozen=True, slots=True)
class CaptureOwner:
    """The release or file that a record belongs to, and its address.

    ``release`` is an id, empty for a file. ``shows`` is ``version 1``, ``last seen``, ``gone`` or
    ``file``.
    """

    record_id: str
    release: str
    url: str
    shows: str


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """The current file, offset and length of a record, as in Capture."""

    file: str
    offset: int
    length: int


Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""Names and values of header fields, in order; a name may occur twice."""

Truncated: TypeAlias = Literal["", "length", "time", "disconnect", "unspecified"]
"""The reason why a body is incomplete, in the terms of WARC-Truncated (WARC 1.1, section 5.13)."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response.

    ``url`` is the requested address and ``at`` the time of the response (aware UTC). ``ip`` is the
    server's address, empty if unknown. ``protocol`` is the response's, such as ``HTTP/1.1``.
    ``body`` is as served, still encoded. If ``rendered``, the body is a browser's document instead
    of a server's response. ``posted`` is the form-encoded body of a POST request, otherwise empty.
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
