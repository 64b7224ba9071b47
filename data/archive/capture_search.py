"""Search for captures by address, and for stored payloads of responses.

Captures that a signed note excludes as evidence are not found. A response whose payload is already
stored becomes a revisit record, which refers to the stored record (WARC 1.1, section 6.7).
"""

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from data.archive.foreign_archives import imported_from
from data.archive.log.keys import key_chain
from data.archive.log.notes import InvalidNote
from data.archive.log.removals import REMOVAL, SET_ASIDE, decode
from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.index import NOT_MODIFIED, OK, Index
from data.archive.warc.reader import read_fields, read_record
from data.archive.warc.records import Original, digest_text, original_of
from data.errors import ArchiveError
from data.files import read_regular
from data.models.capture import Capture, Exchange

MAX_KNOWN_ORIGINS: Final = 50_000
"""Maximum number of cached captures, each with the name of the file from which it was imported."""


class Captures:
    """Access to the captures of the archive in ``folder`` by address. Thread-safe."""

    def __init__(self, folder: Path, index: Index) -> None:
        self._folder = folder
        self._index = index
        self._lock = threading.Lock()
        self._origins: dict[tuple[str, int, int], str] = {}
        self._notes: dict[tuple[str, int], Sequence[tuple[int, int]]] = {}
        """Cache of the leaf ranges that each note excludes, by the note's file and offset."""

    def of(self, uri: str) -> list[CdxjEntry]:
        """Return all captures of an address, oldest write first.

        Captures that a signed note excludes as evidence are omitted. Raises ArchiveError.
        """
        entries = self._index.captures(uri)
        if not entries:
            return []
        ranges = self._set_aside()
        return [one for one in entries if not self._is_aside(one, ranges)]

    def is_set_aside(self, capture: Capture) -> bool:
        """Return whether a signed note excludes the record of a capture as evidence.

        Raises ArchiveError.
        """
        return self._is_aside(capture, self._set_aside())

    def origin(self, entry: CdxjEntry | Capture) -> str:
        """Return the name of the file from which a capture was imported.

        The name is empty if this archive recorded the capture itself, or if the record can't be
        read.
        """
        key = (entry.file, entry.offset, entry.leaf)
        with self._lock:
            known = self._origins.get(key)
        if known is None:
            try:
                known = imported_from(self._folder, entry)
            except ArchiveError:
                # Not cached: a failed disk may work again.
                return ""
            with self._lock:
                if len(self._origins) >= MAX_KNOWN_ORIGINS:
                    self._origins.clear()
                self._origins[key] = known
        return known

    def by_second(self, entries: Sequence[CdxjEntry]) -> list[CdxjEntry]:
        """Return one capture per second, oldest first.

        If a second has several captures, the last capture recorded by this archive is chosen. If
        all of them were imported, the last imported capture is chosen.
        """
        found: dict[dt.datetime, list[CdxjEntry]] = {}
        for one in entries:
            found.setdefault(one.at, []).append(one)
        return [chosen(found[at], self.origin) for at in sorted(found)]

    def _is_aside(self, entry: CdxjEntry | Capture, ranges: Sequence[tuple[int, int]]) -> bool:
        """Return whether a signed note excludes a capture as evidence.

        ``ranges`` are the excluded ranges of leaf numbers. Only imported captures can be excluded.
        """
        is_named = any(first <= entry.leaf <= last for first, last in ranges)
        return is_named and bool(self.origin(entry))

    def _set_aside(self) -> list[tuple[int, int]]:
        """Return the leaf ranges (first and last number) that signed notes exclude as evidence."""
        ranges: list[tuple[int, int]] = []
        for one in self._index.captures(REMOVAL):
            key = (one.file, one.offset)
            with self._lock:
                known = self._notes.get(key)
            if known is None:
                # If a note or key can't be read now, the next call reads it again.
                with suppress(ArchiveError, OSError):
                    known = self._leaves_of_note(one)
                    with self._lock:
                        self._notes[key] = known
            ranges += known or ()
        return ranges

    def _leaves_of_note(self, entry: CdxjEntry) -> Sequence[tuple[int, int]]:
        """Return the leaf ranges (first and last number) that one note excludes as evidence.

        The result is empty if the note is not signed by a key of the log. Raises ArchiveError and
        OSError.
        """
        log = self._folder / "log"
        keys = key_chain(lambda path: read_regular(log / path), str(log)).at(entry.leaf + 1)
        try:
            note = decode(read_record(self._folder, entry.file, entry.offset).block, keys)
        except InvalidNote:
            return ()
        return note.leaves if note.kind == SET_ASIDE else ()


def chosen(entries: Sequence[CdxjEntry], origin: Callable[[CdxjEntry], str]) -> CdxjEntry:
    """Return the last capture recorded by this archive, or else the last imported capture.

    ``entries`` are captures from the same second. ``origin`` returns the name of the file from
    which a capture was imported, or an empty string.
    """
    if len(entries) == 1:
        return entries[0]
    return next((one for one in reversed(entries) if not origin(one)), entries[-1])


def stored_original(
    folder: Path, index: Index, exchange: Exchange, uri: str, payload: bytes, *, whole: bool
) -> Original | None:
    """Return a stored record with the same payload as a response, for a revisit record.

    Returns None if no stored record can be used; the payload must then be stored. ``payload`` is
    the SHA-256 of the body. ``whole`` is false if a part of the address ``uri`` was removed. Raises
    ArchiveError if the index can't be read.
    """
    digest = digest_text(payload)
    if exchange.status == NOT_MODIFIED:
        # Several pages may share a shortened address, or the address of POST requests.
        is_one = whole and not exchange.posted
        known = _newest(folder, index, uri) if is_one else None
        if known is None:
            return None
        digest = known.digest
    elif not exchange.body or exchange.truncated:
        return None
    holder = index.holder(digest)
    if holder is None:
        return None
    try:
        fields = read_fields(folder, holder.file, holder.offset)
    except ArchiveError:
        # The record was lost or damaged, so the payload is stored again.
        return None
    original = original_of(fields, rendered=exchange.rendered)
    return original if original and digest_text(original.payload) == digest else None


def _newest(folder: Path, index: Index, uri: str) -> CdxjEntry | None:
    """Return the newest capture of an address with status 200, or None.

    Captures recorded by this archive take precedence over imported ones.
    """
    captures, known = Captures(folder, index), index.newest(uri)
    if known is None or not captures.origin(known):
        return known
    pages = (one for one in reversed(index.captures(uri)) if (one.uri, one.status) == (uri, OK))
    return next((one for one in pages if not captures.origin(one)), known)
