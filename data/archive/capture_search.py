"""Search for captures by address, for stored payloads of responses, and for lost captures.

Captures that a signed note excludes as evidence are not found. A response whose payload is already
stored becomes a revisit record, which refers to the stored record (WARC 1.1, section 6.7).
"""

import datetime as dt
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from data.archive.foreign_archives import imported_from
from data.archive.log.keys import key_chain
from data.archive.log.notes import REMOVAL, SET_ASIDE, InvalidNote, decode_removal
from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.index import NOT_MODIFIED, OK, Index
from data.archive.warc.reader import DOT_OPEN, path_of, read_fields, read_record
from data.archive.warc.records import Original, digest_text, original_of
from data.archive.warc.warc_file import own_files
from data.errors import ArchiveError
from data.files import read_regular
from data.models.capture import Capture, Exchange
from data.wording import counted

MAX_KNOWN_ORIGINS: Final = 50_000
"""Maximum number of cached captures, each with the name of the file from which it was imported."""

MAX_NAMES: Final = 3
"""Maximum number of file names in an error message."""


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
        return [self._chosen(found[at]) for at in sorted(found)]

    def _chosen(self, entries: Sequence[CdxjEntry]) -> CdxjEntry:
        own = (one for one in reversed(entries) if len(entries) > 1 and not self.origin(one))
        return next(own, entries[-1])

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
            note = decode_removal(read_record(self._folder, entry.file, entry.offset).block, keys)
        except InvalidNote:
            return ()
        return note.leaves if note.kind == SET_ASIDE else ()


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


class LostCaptures(msgspec.Struct, frozen=True):
    """An archive file that is missing or too short, and the number of captures lost with it."""

    file: str
    captures: int


def lost_captures(archive: Path, captures: Iterable[Capture]) -> list[LostCaptures]:
    """Return the archive files that lack captures of the store, sorted by name.

    Redacted captures don't count. Raises OSError.
    """
    # Read the store before the files: the records of all its captures are in the files by then.
    wanted = {one.record_id: one for one in captures if one.file}.values()
    sizes = {
        path.name.removesuffix(DOT_OPEN): archive_file_size(path) for path in own_files(archive)
    }
    lost = Counter(one.file for one in wanted if one.offset + one.length > sizes.get(one.file, 0))
    return [
        LostCaptures(path_of(archive, file).name, count) for file, count in sorted(lost.items())
    ]


def archive_file_size(path: Path) -> int:
    """Return the size in bytes of an archive file, even if it is renamed during the call."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return path.with_name(path.name.removesuffix(DOT_OPEN)).stat().st_size


def lost_text(lost: Sequence[LostCaptures]) -> str:
    """Describe the number of missing records and their files, or return an empty string."""
    if not lost:
        return ""
    files = ", ".join(f"{one.file} ({one.captures})" for one in lost[:MAX_NAMES])
    more = f" and {counted(len(lost) - MAX_NAMES, 'other file')}" if len(lost) > MAX_NAMES else ""
    every = counted(sum(one.captures for one in lost), "record")
    return (
        f"{every} that the store points to are not in the archive, whose files are missing or too "
        f"short: {files}{more}"
    )
