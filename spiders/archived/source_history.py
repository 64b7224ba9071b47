"""Earlier versions of source files in the archive of a home directory."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from pathlib import Path

from data.archive.journal.events import FILES
from data.archive.warc.reader import read_record
from data.archive.warc.warc_file import listed_at
from data.errors import ArchiveError, SourceError
from spiders.sources.loader import parse_source
from spiders.sources.source_file import SourceFile


class SourceHistory:
    """Versions of one source file by the times from which they were in force."""

    def __init__(self, archive: Path, source: str) -> None:
        self._archive = archive
        entries = listed_at(archive, f"{FILES}sources/{source}.toml")
        self._entries = sorted(entries, key=lambda one: (one.at, one.leaf))
        self._files: dict[int, SourceFile | None] = {}

    def at(self, when: dt.datetime, leaf: int | None = None) -> SourceFile | None:
        """Return the file in force at a time, the first file for earlier times, or None.

        None if there is no file, or if it can't be parsed any more. Records have times in whole
        seconds. ``leaf`` is the log position of a capture, and decides between files of the same
        second.
        """
        second = when.replace(microsecond=0)
        before = sum(
            one.at < second or (one.at <= when and (leaf is None or one.leaf < leaf))
            for one in self._entries
        )
        place = max(0, before - 1)
        if place not in self._files:
            self._files[place] = self._read(place)
        return self._files[place]

    def _read(self, place: int) -> SourceFile | None:
        for entry in self._entries[place : place + 1]:
            with suppress(ArchiveError, SourceError):
                text = read_record(self._archive, entry.file, entry.offset).block.decode()
                return parse_source(text, entry.uri)
        return None
