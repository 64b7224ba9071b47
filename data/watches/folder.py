"""The watches of a folder, followed as their files are written, changed and removed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from data.errors import WatchError
from data.watches.watch import Watch, read_watch

Stamp: TypeAlias = tuple[int, int, int]
"""What changes with a file: its time (nanoseconds), size and inode."""


class WatchFolder:
    """The watches in a folder, of which each file is read once as long as it does not change."""

    def __init__(self, path: Path, kind: type[Watch]) -> None:
        self._path = path
        self._kind = kind
        self._read: dict[str, tuple[Stamp, Watch | WatchError]] = {}

    def refresh(self) -> bool:
        """Take in what was added, changed or removed; whether anything was."""
        found: dict[str, tuple[Stamp, Watch | WatchError]] = {}
        for path in sorted(self._path.glob("*.toml")):
            try:
                stat = path.stat()
                stamp = stat.st_mtime_ns, stat.st_size, stat.st_ino
            except OSError as error:
                if isinstance(error, FileNotFoundError) and not path.is_symlink():
                    continue
                # A link that leads nowhere or to itself, or where we may not look: reading says so.
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
        """The watches that can be used, by their ids."""
        return {name: one for name, (_, one) in self._read.items() if isinstance(one, Watch)}

    @property
    def errors(self) -> tuple[WatchError, ...]:
        """What is wrong with the others."""
        return tuple(one for _, one in self._read.values() if isinstance(one, WatchError))


def load_watches(
    folder: Path, kind: type[Watch]
) -> tuple[Mapping[str, Watch], tuple[WatchError, ...]]:
    """The watches in a folder by their ids, and what is wrong with the others."""
    loaded = WatchFolder(folder, kind)
    loaded.refresh()
    return loaded.watches, loaded.errors


def read(path: Path, kind: type[Watch]) -> Watch | WatchError:
    """The watch in a file, or why it can't be used."""
    try:
        return read_watch(path, kind)
    except WatchError as error:
        return error
