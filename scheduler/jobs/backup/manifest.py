"""What a backup holds: backup.json in its folder, which is another one only when all is there.

Files that never change lie in ``archive`` of the folder, all others in the ``state-…`` of the run
that copied them. So a run that is killed leaves the backup before it as it was.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Annotated, Final, Literal

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


MOST: Final = 2**62
"""The highest number of bytes, and of nanoseconds since 1970, that a system keeps of a file."""

LONGEST: Final = 255
"""Bytes of a name in a folder."""

OWN: Final = frozenset(["restore.unfinished", "locks"])
"""Names that a restored HOME has for itself."""


class StoredFile(msgspec.Struct, frozen=True):
    """A file of a HOME in a backup: where it lies there, its bytes, their SHA-256.

    ``mode`` are its rights in HOME, ``changed`` is when it did so last, in nanoseconds since 1970.
    """

    at: str
    bytes: Annotated[int, msgspec.Meta(ge=0, le=MOST)]
    sha256: str
    mode: Annotated[int, msgspec.Meta(ge=0, le=0o7777)]
    changed: Annotated[int, msgspec.Meta(ge=0, le=MOST)]


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
    if not path.is_file():
        if path.exists():
            # One that never ends would be read for ever.
            raise NoBackup(folder, UNREADABLE.format(path, "it is no file"))
        return None
    content = path.read_bytes()
    try:
        known = msgspec.json.decode(content, type=_Format)
        if known.format > FORMAT:
            raise NoBackup(folder, NEWER.format(known.version))
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise NoBackup(folder, UNREADABLE.format(path, error)) from error
    folders = {str(above) for name in manifest.files for above in PurePosixPath(name).parents}
    for name, file in manifest.files.items():
        wrong = next((place for place in (name, file.at) if not is_name(place)), None)
        if name in folders or name.split("/")[0] in OWN:
            wrong = wrong or name
        if wrong is not None:
            raise NoBackup(folder, UNREADABLE.format(path, f"{wrong!r} is no name in a HOME"))
    return manifest


def is_name(place: str) -> bool:
    """Whether a text is the name of a file below a folder, by which nothing else can be meant."""
    parts = PurePosixPath(place).parts
    return (
        str(PurePosixPath(*parts)) == place
        and not {"/", ".", ".."} & {*parts}
        and "\0" not in place
        and all(len(os.fsencode(part)) <= LONGEST for part in parts)
    )


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
