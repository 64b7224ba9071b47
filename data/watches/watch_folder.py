"""The watches in a folder, updated as files are added, changed and removed."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from data.errors import WatchError
from data.toml_files import toml_files
from data.watches.watch_file import Watch, read_watch

Stamp: TypeAlias = tuple[int, int, int]
"""Modification time in nanoseconds, size and inode of a file. A change of the file changes them."""


class WatchFolder:
    """The watches in a folder. Each file is cached until it changes."""

    def __init__(self, path: Path, kind: type[Watch]) -> None:
        self._path = path
        self._kind = kind
        self._read: dict[str, tuple[Stamp, Watch | WatchError]] = {}

    def refresh(self) -> bool:
        """Read files that were added or changed, and drop removed files.

        Returns whether any file was added, changed or removed.
        """
        found: dict[str, tuple[Stamp, Watch | WatchError]] = {}
        for path in toml_files(self._path, WatchError):
            try:
                stat = path.stat()
                stamp = stat.st_mtime_ns, stat.st_size, stat.st_ino
            except OSError as error:
                if isinstance(error, FileNotFoundError) and not path.is_symlink():
                    continue
                # The link is broken or permissions are missing. Reading the file reports the error.
                stamp = 0, 0, 0
            known = self._read.get(path.stem)
            found[path.stem] = (
                known if known and known[0] == stamp else (stamp, read(path, self._kind))
            )
        changed = found != self._read
        self._read = found
        return changed

    @property
    def watches(self) -> Mapping[str, Watch]:
        """Return the valid watches by id."""
        return {name: one for name, (_, one) in self._read.items() if isinstance(one, Watch)}

    @property
    def invalid(self) -> frozenset[str]:
        """Return the ids of invalid watch files."""
        return frozenset(self._read.keys() - self.watches.keys())

    @property
    def errors(self) -> tuple[WatchError, ...]:
        """Return the errors of invalid watch files."""
        return tuple(one for _, one in self._read.values() if isinstance(one, WatchError))


def load_watches(
    folder: Path, kind: type[Watch]
) -> tuple[Mapping[str, Watch], tuple[WatchError, ...]]:
    """Return the valid watches in a folder by id, and the errors of invalid watch files."""
    loaded = WatchFolder(folder, kind)
    loaded.refresh()
    return loaded.watches, loaded.errors


def read(path: Path, kind: type[Watch]) -> Watch | WatchError:
    """Return the watch in a file, or the error of an invalid file."""
    try:
        return read_watch(path, kind)
    except WatchError as error:
        return error
