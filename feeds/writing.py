"""Files that nobody sees half written, and that stay as they are while their content does."""

from __future__ import annotations

import os
from pathlib import Path


class Writer:
    """Writes files below one folder, each whole or not at all, whatever happens meanwhile.

    A file goes to a temporary name beside its own, is synced and then renamed; ``sync`` makes the
    renames of all folders durable. One process writes to a folder at a time. Raises OSError.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._unsynced: set[Path] = set()

    def write(self, file: str, content: bytes) -> bool:
        """Put ``content`` at ``file``; False, and nothing done, where it was there already."""
        if self.holds(file, content):
            return False
        path = self.folder / file
        self._make(path.parent)
        # A name that a crash leaves behind is taken again by the next run.
        temporary = path.with_name(f".{path.name}.part")
        try:
            with temporary.open("wb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        self._unsynced.add(path.parent)
        return True

    def holds(self, file: str, content: bytes) -> bool:
        """Whether ``file`` holds just this content."""
        return same(self.folder / file, content)

    def sync(self) -> bool:
        """Wait until all that was written would survive a loss of power."""
        for folder in sorted(self._unsynced):
            sync_folder(folder)
        self._unsynced.clear()
        return True

    def _make(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._make(folder.parent)
        folder.mkdir(exist_ok=True)
        self._unsynced.add(folder.parent)


def same(path: Path, content: bytes) -> bool:
    """Whether a file holds just this content; the size is asked first."""
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
