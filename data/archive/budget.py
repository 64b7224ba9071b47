"""Limit for the size of an archive (setting ``archive.budget``)."""

import os
import re
from pathlib import Path
from typing import Final

from data.errors import ArchiveError

COUNT_AFTER_BYTES: Final = 16_000_000
"""Number of bytes to write before the archive's size is measured again."""

FILE_NAMES: Final = re.compile(r"\.(?:warc\.gz|cdxj)(?:\.open)?\Z")
"""Pattern of the names of files that count toward the size. The log's small files don't count."""

USED_UP: Final = (
    "its budget of {} bytes is used up, and nothing more is archived: raise archive.budget, or "
    "remove old records with `communique mirror prune`"
)


class ArchiveBudget:
    """Size limit for the archive in ``folder``: at most ``limit`` bytes, or no limit if 0."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._size = 0
        self._since_count = COUNT_AFTER_BYTES

    def add(self, size: int) -> None:
        """Count ``size`` bytes as written to the archive."""
        self._since_count += size

    def check(self) -> None:
        """Raise ArchiveError if the archive has reached its size limit.

        Raises OSError if the folder can't be read.
        """
        if not self._limit:
            return
        if self._since_count >= COUNT_AFTER_BYTES:
            with os.scandir(self._folder) as found:
                self._size = sum(one.stat().st_size for one in found if FILE_NAMES.search(one.name))
            self._since_count = 0
        if self._size + self._since_count >= self._limit:
            raise ArchiveError(str(self._folder), USED_UP.format(self._limit))
