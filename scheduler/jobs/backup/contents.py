"""Which files of a HOME are in a backup: all but those that are made of the rest."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from data.sqlite_file import files_of
from scheduler.home import DUMP, Home

CACHES: Final = frozenset(
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
"""In HOME itself: what is published, what runs now; the archive is copied on its own terms."""

LEFT: Final = re.compile(r"\..+\.(?:part|[0-9a-f]{8})|\.snapshot-.+")
"""Names of what a process that was killed did not finish."""

SECRET: Final = re.compile(
    r"(?:log|witness)\.key(?:\.next)?|communique\.(?:toml|db)|tokens/.+|watches/.+"
)
"""Files that hold secrets, or may: nobody but their owner reads them in a restored HOME."""


def own_files(home: Home) -> Iterator[tuple[str, Path]]:
    """The files that a person wrote or that hold keys, by their names in HOME, in order.

    Links are followed: a backup holds what they lead to. Raises OSError.
    """
    caches = {
        path.name
        for file in ("communique.db", "rendered.db", "pushed.db")
        for path in files_of(Path(file))
    }
    yield from _files(home.path, "", CACHES | caches, set())


def _files(
    folder: Path, prefix: str, left_out: frozenset[str] | set[str], above: set[tuple[int, int]]
) -> Iterator[tuple[str, Path]]:
    state = folder.stat()
    here = state.st_dev, state.st_ino
    if here in above:
        # A link leads back to a folder that it is in.
        return
    for path in sorted(folder.iterdir()):
        if path.name in left_out or LEFT.fullmatch(path.name):
            continue
        if path.is_dir():
            yield from _files(path, f"{prefix}{path.name}/", frozenset(), above | {here})
        elif path.is_file():
            yield f"{prefix}{path.name}", path


def rights_of(name: str, mode: int) -> int:
    """The rights of a file in a restored HOME, by those that it had."""
    rights = stat.S_IMODE(mode) & 0o777
    return rights & 0o700 if SECRET.fullmatch(name) else rights


def is_text(name: str) -> bool:
    """Whether a name can be written down; a file's name may be any bytes."""
    return os.fsencode(name).decode("utf-8", "replace") == name
