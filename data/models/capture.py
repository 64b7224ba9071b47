"""A capture: the record of the archive that holds what a server answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capture:
    """Where a record of the archive is.

    ``record_id`` is its WARC-Record-ID without brackets (``urn:uuid:…``). ``file`` is a name in
    HOME/archive, without the ``.open`` that it bears while it grows; ``offset`` and ``length`` are
    bytes of that file, compressed. ``digest`` is that of the payload as WARC writes it
    (``sha256:…``) and ``leaf`` the number of its leaf in the log, from 0. ``at`` is its WARC-Date,
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
    """The captures of one release, as far as its pages were archived.

    ``versions`` showed each of its versions first, by their numbers; ``seen`` was the last to find
    it as it is, ``gone`` the last that found it gone (404 or 410) before it was retracted.
    """

    versions: Mapping[int, Capture]
    seen: Capture | None = None
    gone: Capture | None = None


@dataclass(frozen=True, slots=True)
class CaptureOwner:
    """What a store points to a record for: to show the release at ``url``, or the file there.

    ``release`` is its id, empty for a file. ``shows`` is ``version 1``, ``last seen``, ``gone`` or
    ``file``.
    """

    record_id: str
    release: str
    url: str
    shows: str


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Where a record is now, in the terms of Capture."""

    file: str
    offset: int
    length: int
