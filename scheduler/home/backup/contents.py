"""Selection of the files to back up: all that can't be made from other files."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from data.sqlite_file import files_of
from scheduler.home import DUMP, Home

EXCLUDED: Final = frozenset(
    [
        "site",
        "publication",
        "locks",
        "crawl.log",
        "crawl.log.1",
        "verified.json",
        "backed-up.json",
        DUMP,
        "archive",
    ]
)
"""Names in HOME that are not copied like other files: caches, logs, locks, and the archive, which
archive_files copies."""

UNFINISHED_FILE: Final = re.compile(r"\..+\.(?:part|[0-9a-f]{8})|\.snapshot-.+")
"""Names of files that a killed process left unfinished."""

SECRET: Final = re.compile(
    r"(?:log|witness)\.key(?:\.next)?|communique\.(?:toml|db)|tokens/.+|watches/.+"
)
"""Names of files that may hold secrets. In a restored home directory, only their owner can read
them."""


def own_files(home: Home) -> Iterator[tuple[str, Path]]:
    """Yield the files that people wrote or that hold keys, by their names in HOME, sorted.

    Links are followed: a backup holds the files that they lead to. Raises OSError.
    """
    caches = {
        path.name
        for file in ("communique.db", "rendered.db", "pushed.db")
        for path in files_of(Path(file))
    }
    yield from _files(home.path, "", EXCLUDED | caches, set())


def _files(
    folder: Path, prefix: str, left_out: frozenset[str] | set[str], above: set[tuple[int, int]]
) -> Iterator[tuple[str, Path]]:
    state = folder.stat()
    here = state.st_dev, state.st_ino
    if here in above:
        # A link leads to a folder that contains the link.
        return
    for path in sorted(folder.iterdir()):
        if path.name in left_out or UNFINISHED_FILE.fullmatch(path.name):
            continue
        if path.is_dir():
            yield from _files(path, f"{prefix}{path.name}/", frozenset(), above | {here})
        elif path.is_file():
            yield f"{prefix}{path.name}", path


def rights_of(name: str, mode: int) -> int:
    """Return the permissions of a restored file, from the permissions of the original file."""
    rights = stat.S_IMODE(mode) & 0o777
    return rights & 0o700 if SECRET.fullmatch(name) else rights


def is_text(name: str) -> bool:
    """Whether a file name is valid UTF-8. A system may allow any bytes."""
    return os.fsencode(name).decode("utf-8", "replace") == name
