"""The log of one archive: leaves come in, tiles and signed checkpoints come out."""

from __future__ import annotations

from pathlib import Path

from data.archive.log.leaf import Leaf
from data.archive.log.pending import Pending
from data.errors import ArchiveError


class TreeLog:
    """The log in ``folder``, signed with the key in the file ``key``, made at its first use.

    Several processes append and integrate at the same time; one object is not for several threads.
    """

    def __init__(self, folder: Path, key: Path) -> None:
        self.folder = folder
        self.key = key
        self._pending = Pending(folder, lambda: 0)

    def append(self, leaf: Leaf) -> int:
        """Take in a leaf, and return its number, which no other leaf gets.

        It is kept whatever kills this process; it is durable, and in the tree, once integrated.
        Raises ArchiveError.
        """
        try:
            return self._pending.append(leaf.encode())
        except OSError as error:
            raise ArchiveError(str(self.folder), error.strerror or str(error)) from error

    def close(self) -> None:
        """Let go of the files; what was appended waits for the next integration."""
        self._pending.close()
