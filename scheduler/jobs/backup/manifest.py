"""What a backup holds: backup.json in its folder, which is another one only when all is there.

Files that never change lie in ``archive`` of the folder, all others in the ``state-…`` of the run
that copied them. So a run that is killed leaves the backup before it as it was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Final, Literal

import msgspec

from data.errors import CommuniqueError
from data.files import rewrite

FILE: Final = "backup.json"

FORMAT: Final = 1
"""A reader refuses a higher number."""


class NoBackup(CommuniqueError):
    """A folder holds no backup that can be read."""

    exit_code = 2

    def __init__(self, folder: Path, cause: str) -> None:
        super().__init__(f"{folder}: {cause}")
        self.folder = folder
        self.cause = cause


NOT_THERE: Final = "there is no backup here; name the folder that `communique backup` wrote"
UNREADABLE: Final = "{} can't be read ({}); take another copy of the backup"
NEWER: Final = (
    "it was written by a newer version of Communique ({}); restore it with that one, or a newer one"
)
UNFINISHED: Final = (
    "no backup was ever finished here; run `communique backup {}` once more, or take another copy"
)


class StoredFile(msgspec.Struct, frozen=True):
    """A file of a HOME in a backup: where it lies there, its bytes, their SHA-256.

    ``mode`` are its rights in HOME, ``changed`` is when it did so last, in nanoseconds since 1970.
    """

    at: str
    bytes: int
    sha256: str
    mode: int
    changed: int


class Manifest(msgspec.Struct, frozen=True):
    """All of a backup, made at ``at`` from the folder ``home`` by a ``version`` of Communique.

    ``store`` says where the store was kept: PostgreSQL is not in the backup. ``schema`` is that of
    a store in SQLite, empty where there is none. The log of the archive is called ``log``, and had
    so many ``leaves``. ``files`` are by their names in HOME.
    """

    home: str
    at: dt.datetime
    version: str = msgspec.field(default_factory=lambda: version("communique"))
    format: int = FORMAT
    finished: bool = False
    store: Literal["sqlite", "postgresql"] = "sqlite"
    schema: str = ""
    log: str = ""
    leaves: int = 0
    files: Mapping[str, StoredFile] = msgspec.field(default_factory=dict)


class _Format(msgspec.Struct):
    format: int = FORMAT
    version: str = "unknown"


def read_manifest(folder: Path) -> Manifest | None:
    """The backup in a folder, None where there is none. Raises NoBackup, OSError."""
    path = folder / FILE
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        known = msgspec.json.decode(content, type=_Format)
        if known.format > FORMAT:
            raise NoBackup(folder, NEWER.format(known.version))
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise NoBackup(folder, UNREADABLE.format(path, error)) from error
    for name, file in manifest.files.items():
        for place in (name, file.at):
            parts = PurePosixPath(place)
            if not parts.parts or parts.is_absolute() or ".." in parts.parts:
                raise NoBackup(folder, UNREADABLE.format(path, f"{place!r} is no name in a HOME"))
    return manifest


def finished_manifest(folder: Path) -> Manifest:
    """The finished backup in a folder. Raises NoBackup, OSError."""
    manifest = read_manifest(folder)
    if manifest is None:
        raise NoBackup(folder, NOT_THERE)
    if not manifest.finished:
        raise NoBackup(folder, UNFINISHED.format(folder))
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Have a folder hold this backup from now on. Raises OSError."""
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    rewrite(folder / FILE, content.decode() + "\n")
