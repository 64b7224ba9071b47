"""Manifest of a backup (backup.json), which is replaced only after all files are written."""

import datetime as dt
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Annotated, Final, Literal

import msgspec

from data.errors import CommuniqueError
from data.files import rewrite

MANIFEST_FILE: Final = "backup.json"

MANIFEST_FORMAT: Final = 1
"""Version of the manifest's format. Higher versions are rejected."""

UNREADABLE_TEXT: Final = "{} can't be read ({}); use another copy of the backup"

MAX_NUMBER: Final = 2**62
"""Maximum of the numbers in a manifest: sizes in bytes, and times in nanoseconds since 1970.
Operating systems support no larger values.
"""

MAX_NAME_BYTES: Final = 255
"""Maximum length of a file name in bytes."""

RESERVED_NAMES: Final = frozenset(["restore.unfinished", "locks"])
"""Names of files in HOME that a backup must not contain, because restoring creates them."""


class BackupRefused(CommuniqueError):
    """Raised if a folder contains no readable backup, or can't be used for a backup."""

    exit_code = 2

    def __init__(self, folder: Path, cause: str) -> None:
        super().__init__(f"{folder}: {cause}")
        self.folder = folder
        self.cause = cause


class StoredFile(msgspec.Struct, frozen=True):
    """A file of HOME in a backup: its path in the backup, its size in bytes, and its SHA-256.

    ``mode`` contains its permissions in HOME, and ``changed`` its modification time in nanoseconds
    since 1970.
    """

    at: str
    bytes: Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]
    sha256: str
    mode: Annotated[int, msgspec.Meta(ge=0, le=0o7777)]
    changed: Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]


class Manifest(msgspec.Struct, frozen=True):
    """Description of a backup.

    ``at`` is the time of the backup, ``home`` the folder that was copied, and ``version`` the
    version of Communique. ``store`` is the kind of store. ``schema`` is the schema of a SQLite
    store, or empty. ``log`` is the origin of the archive's log, which had ``leaves`` leaves.
    ``files`` maps names in HOME to files.
    """

    home: str
    at: dt.datetime
    version: str = msgspec.field(default_factory=lambda: version("communique"))
    format: int = MANIFEST_FORMAT
    finished: bool = False
    store: Literal["sqlite", "postgresql"] = "sqlite"
    schema: str = ""
    log: str = ""
    leaves: int = 0
    files: Mapping[str, StoredFile] = msgspec.field(default_factory=dict)


class _Format(msgspec.Struct):
    format: int = MANIFEST_FORMAT
    version: str = "unknown"


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest in a folder, or None if it has none.

    Raises BackupRefused if the manifest is invalid, and OSError if it can't be read.
    """
    path = folder / MANIFEST_FILE
    if not path.is_file():
        if path.exists():
            # Reading a pipe or device may never end.
            raise BackupRefused(folder, UNREADABLE_TEXT.format(path, "the manifest is not a file"))
        return None
    content = path.read_bytes()
    try:
        known = msgspec.json.decode(content, type=_Format)
        if known.format > MANIFEST_FORMAT:
            raise BackupRefused(
                folder,
                f"the backup was written by a newer version of Communique ({known.version}); "
                "restore it with that version or a newer one",
            )
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise BackupRefused(folder, UNREADABLE_TEXT.format(path, error)) from error
    folders = {str(above) for name in manifest.files for above in PurePosixPath(name).parents}
    for name, file in manifest.files.items():
        wrong = next((place for place in (name, file.at) if not is_name(place)), None)
        if name in folders or name.split("/")[0] in RESERVED_NAMES:
            wrong = wrong or name
        if wrong is not None:
            raise BackupRefused(
                folder, UNREADABLE_TEXT.format(path, f"{wrong!r} is not a valid file name")
            )
    return manifest


def is_name(place: str) -> bool:
    """Return whether a text is the normalized relative path of a file in a folder."""
    parts = PurePosixPath(place).parts
    return (
        str(PurePosixPath(*parts)) == place
        and not {"/", ".", ".."} & {*parts}
        and "\0" not in place
        and all(len(os.fsencode(part)) <= MAX_NAME_BYTES for part in parts)
    )


def finished_manifest(folder: Path) -> Manifest:
    """Return the manifest of a complete backup.

    Raises BackupRefused if the folder has no complete backup, and OSError if it can't be read.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        cause = "there is no backup in this folder; name the folder that `communique backup` wrote"
        raise BackupRefused(folder, cause)
    if not manifest.finished:
        cause = f"no backup was ever finished here; run `communique backup {folder}` once more, or "
        raise BackupRefused(folder, f"{cause}use another copy")
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, which makes the backup valid. Raises OSError if this fails."""
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    rewrite(folder / MANIFEST_FILE, content.decode() + "\n")
