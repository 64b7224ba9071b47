"""Find the captures of an address that are evidence: signed notes exclude some captures."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from data.archive.foreign import imported_from
from data.archive.log.keys import key_chain
from data.archive.log.notes import InvalidNote
from data.archive.log.removals import REMOVAL, SET_ASIDE, decode
from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.index import Index
from data.archive.warc.reader import read_record
from data.errors import ArchiveError
from data.files import read_regular
from data.models.capture import Capture

MAX_KNOWN_ORIGINS: Final = 50_000
"""Maximum number of captures whose origin is cached."""


class Captures:
    """The captures of the archive in ``folder``, by address. Thread-safe."""

    def __init__(self, folder: Path, index: Index) -> None:
        self._folder = folder
        self._index = index
        self._lock = threading.Lock()
        self._origins: dict[tuple[str, int, int], str] = {}
        self._notes: dict[tuple[str, int], Sequence[tuple[int, int]]] = {}
        """The leaves that each note sets aside; its signature is checked once."""

    def of(self, uri: str) -> list[CdxjEntry]:
        """Return all captures of an address in the order of writing.

        Captures excluded by a note are left out. Raises ArchiveError.
        """
        entries = self._index.captures(uri)
        if not entries:
            return []
        ranges = self._set_aside()
        return [one for one in entries if not self._is_aside(one, ranges)]

    def is_set_aside(self, capture: Capture) -> bool:
        """Return whether a note excludes the record of a capture as evidence.

        Raises ArchiveError.
        """
        return self._is_aside(capture, self._set_aside())

    def origin(self, entry: CdxjEntry | Capture) -> str:
        """Return the name of the file that a capture was imported from.

        The name is empty for our own captures.
        """
        key = (entry.file, entry.offset, entry.leaf)
        with self._lock:
            known = self._origins.get(key)
        if known is None:
            known = imported_from(self._folder, entry)
            with self._lock:
                if len(self._origins) >= MAX_KNOWN_ORIGINS:
                    self._origins.clear()
                self._origins[key] = known
        return known

    def by_second(self, entries: Sequence[CdxjEntry]) -> list[CdxjEntry]:
        """Return one capture per second, oldest first.

        If there are several, the last of our own is returned, otherwise the last imported one.
        """
        found: dict[dt.datetime, list[CdxjEntry]] = {}
        for one in entries:
            found.setdefault(one.at, []).append(one)
        return [chosen(found[at], self.origin) for at in sorted(found)]

    def _is_aside(self, entry: CdxjEntry | Capture, ranges: Sequence[tuple[int, int]]) -> bool:
        """Whether a note excludes a capture as evidence. Our own captures are never excluded."""
        is_named = any(first <= entry.leaf <= last for first, last in ranges)
        return is_named and bool(self.origin(entry))

    def _set_aside(self) -> list[tuple[int, int]]:
        """Return the first and last leaf of each run of leaves that signed notes exclude."""
        ranges: list[tuple[int, int]] = []
        for one in self._index.captures(REMOVAL):
            key = (one.file, one.offset)
            with self._lock:
                known = self._notes.get(key)
            if known is None:
                # A note or key that can't be read now is read again next time.
                with suppress(ArchiveError, OSError):
                    known = self._leaves_of_note(one)
                    with self._lock:
                        self._notes[key] = known
            ranges += known or ()
        return ranges

    def _leaves_of_note(self, entry: CdxjEntry) -> Sequence[tuple[int, int]]:
        """Return the leaves that a note excludes, or none if no key of the log signed the note.

        Raises ArchiveError and OSError.
        """
        log = self._folder / "log"
        keys = key_chain(lambda path: read_regular(log / path), str(log)).at(entry.leaf + 1)
        try:
            note = decode(read_record(self._folder, entry.file, entry.offset).block, keys)
        except InvalidNote:
            return ()
        return note.leaves if note.kind == SET_ASIDE else ()


def chosen(entries: Sequence[CdxjEntry], origin: Callable[[CdxjEntry], str]) -> CdxjEntry:
    """Return the capture to show for one second: our own capture, or else an imported one."""
    if len(entries) == 1:
        return entries[0]
    return next((one for one in reversed(entries) if not origin(one)), entries[-1])
