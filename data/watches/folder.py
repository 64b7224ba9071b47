"""Watches in a folder, followed as their files are added, changed and removed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import tomlkit

from data.errors import WatchError
from data.files import rewrite
from data.toml_files import read_text, toml_files
from data.watches.watch_file import Watch, load_watch, parse_watch, read_watch

Stamp: TypeAlias = tuple[int, int, int]
"""Values that differ if a file changes: its time in nanoseconds, its size and its inode."""


class WatchFolder:
    """The watches in a folder, cached. A file is read again only when it changes."""

    def __init__(self, path: Path, kind: type[Watch]) -> None:
        self._path = path
        self._kind = kind
        self._read: dict[str, tuple[Stamp, Watch | WatchError]] = {}

    def refresh(self) -> bool:
        """Read files that were added, changed or removed. Returns whether there were any.

        Raises WatchError if the folder can't be read; the watches then stay as they were.
        """
        found: dict[str, tuple[Stamp, Watch | WatchError]] = {}
        for path in toml_files(self._path, WatchError):
            try:
                stat = path.stat()
                stamp = stat.st_mtime_ns, stat.st_size, stat.st_ino
            except OSError as error:
                if isinstance(error, FileNotFoundError) and not path.is_symlink():
                    continue
                # For a broken link or missing permissions: reading the file reports the error.
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
        """The valid watches by id."""
        return {name: one for name, (_, one) in self._read.items() if isinstance(one, Watch)}

    @property
    def invalid(self) -> frozenset[str]:
        """The ids of invalid watches."""
        return frozenset(self._read.keys() - self.watches.keys())

    @property
    def errors(self) -> tuple[WatchError, ...]:
        """The errors of invalid watches."""
        return tuple(one for _, one in self._read.values() if isinstance(one, WatchError))


def load_watches(
    folder: Path, kind: type[Watch]
) -> tuple[Mapping[str, Watch], tuple[WatchError, ...]]:
    """Return the valid watches in a folder by id, and the errors of invalid watches.

    Raises WatchError if the folder can't be read.
    """
    loaded = WatchFolder(folder, kind)
    loaded.refresh()
    return loaded.watches, loaded.errors


def read(path: Path, kind: type[Watch]) -> Watch | WatchError:
    """Return the watch in a file, or its error."""
    try:
        return read_watch(path, kind)
    except WatchError as error:
        return error


def set_paused(folder: Path, watch_id: str, kind: type[Watch], *, paused: bool) -> Watch:
    """Pause or resume a watch in its file, and return the watch.

    The rest of the file stays as written. Raises UnknownWatch, WatchError and OSError.
    """
    watch = load_watch(folder, watch_id, kind)
    if watch.paused == paused:
        return watch
    path = folder / f"{watch_id}.toml"
    document = tomlkit.parse(read_text(path, WatchError))
    if paused:
        document["paused"] = True
    else:
        document.remove("paused")
    text = document.as_string()
    changed = parse_watch(text, str(path), kind)
    rewrite(path, text)
    return changed
