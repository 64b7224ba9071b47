"""Writes a HOME from a backup, into an empty folder that nobody uses.

Until all is there HOME holds a file that says so, and no other command touches it. A restore that
was killed goes on where it was, with the same backup.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from data.errors import CommuniqueError, SettingsError, StoreError
from data.files import put, sync
from data.settings.load import load_settings
from data.store.sqlite.copy import check_integrity
from data.store.sqlite.database.connection import refusal
from data.wording import counted
from scheduler.home import DUMP, RESTORING, Home
from scheduler.jobs.backup.backup_folder import NO_MATTER, STATE, BackupRefused, cause_of, held
from scheduler.jobs.backup.contents import rights_of
from scheduler.jobs.backup.copying import copy_file, digest_of, link_or_copy
from scheduler.jobs.backup.database_dump import without_password
from scheduler.jobs.backup.manifest import (
    Manifest,
    NoBackup,
    StoredFile,
    finished_manifest,
)

Told = Callable[[str, int, int], object]

SHOWN: Final = 5
"""Damaged files that a sentence names."""


DUMPED: Final = (
    "the store is in PostgreSQL: bring it back into an empty database by `pg_restore --no-owner "
    "--dbname={} {}`, and delete that file then; until then no command touches this HOME. Where "
    "the service that was copied still runs, take another database, and name it as store.url"
)

NOT_DUMPED: Final = (
    "the store is in PostgreSQL and not in this backup: bring the database back from the copy that "
    "was made with it, before anything else runs"
)


class HomeNotEmpty(CommuniqueError):
    """The folder that a HOME is to be written into holds something."""

    exit_code = 2

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is not empty; name a folder with --home that is empty, or not there yet"
        )
        self.path = path


class DamagedBackup(CommuniqueError):
    """Files of a backup are missing, or not what they were."""

    def __init__(self, folder: Path, files: Sequence[str]) -> None:
        named = ", ".join(files[:SHOWN])
        more = f" and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
        many = counted(len(files), "file is", "files are")
        super().__init__(
            f"{many} damaged or missing in the backup {folder}: {named}{more}; take that from "
            "another copy of it, and run this again: it goes on"
        )
        self.folder = folder
        self.files = files


class NotRestored(CommuniqueError):
    """A HOME was not restored to its end."""

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(
            f"{path} was not restored to its end ({cause}); run this again, it goes on"
        )
        self.path = path
        self.cause = cause


class Restored(msgspec.Struct, frozen=True):
    """A HOME that was written from a backup made at ``at``, of so many ``files`` and ``bytes``."""

    home: str
    source: str
    at: str
    store: str
    files: int
    bytes: int
    notes: Sequence[str] = ()


def restore(source: Path, home: Home, told: Told | None = None) -> Restored:
    """Write a HOME from the backup in the folder ``source``.

    ``told`` is called with what is done, how much of it is, and how much there is. Raises NoBackup,
    DamagedBackup, BackupRefused, HomeNotEmpty, HomeInUse, NotRestored.
    """
    tell = told or (lambda _what, _done, _of: None)
    source = source.absolute()
    if home.path.is_relative_to(source.resolve()):
        raise BackupRefused(home.path, f"it is inside the backup {source}; name a folder outside")
    try:
        manifest = finished_manifest(source)
        with held(source):
            return write_home(source, manifest, home, tell)
    except OSError as error:
        raise NoBackup(source, cause_of(error)) from error


def write_home(source: Path, manifest: Manifest, home: Home, tell: Told) -> Restored:
    """Write a HOME from a backup that nobody writes meanwhile."""
    path = home.path
    store = manifest.files.get(home.database.name)
    if store and is_own(source, store.at) and (wrong := refusal(source / store.at)):
        raise NoBackup(source, f"its store can't be used: {wrong}")
    try:
        path.mkdir(parents=True, exist_ok=True)
        must_be_free(home, manifest)
        with home.lock("run", "communique restore"):
            put(str(path / RESTORING), mark_of(manifest))
            sync(path)
            write(source, manifest, path, tell)
            notes = check(home, manifest)
            (path / RESTORING).unlink()
            sync(path)
    except (FileExistsError, NotADirectoryError) as error:
        raise HomeNotEmpty(path) from error
    except OSError as error:
        raise NotRestored(path, cause_of(error)) from error
    return Restored(
        str(path),
        str(source),
        manifest.at.isoformat(),
        manifest.store,
        len(manifest.files),
        sum(one.bytes for one in manifest.files.values()),
        notes,
    )


def mark_of(manifest: Manifest) -> bytes:
    """What a HOME holds while it is written from a backup."""
    return f"{manifest.home} {manifest.at.isoformat()}\n".encode()


def must_be_free(home: Home, manifest: Manifest) -> None:
    """Raise HomeInUse or HomeNotEmpty, unless the same backup is being restored there."""
    here = {one.name for one in home.path.iterdir()} - NO_MATTER
    if "locks" in here:
        for lock in sorted((home.path / "locks").iterdir()):
            # Whoever holds one works here.
            with home.lock(lock.name, "communique restore"):
                pass
    mark = home.path / RESTORING
    if mark.is_file() and mark.read_bytes() == mark_of(manifest):
        return
    if here - {"locks"}:
        raise HomeNotEmpty(home.path)


def write(source: Path, manifest: Manifest, path: Path, tell: Told) -> None:
    """Write all files, of which those that are there already are as they should be."""
    damaged: list[str] = []
    every = sum(one.bytes for one in manifest.files.values())
    done = 0
    for name, file in manifest.files.items():
        tell("restore", done, every)
        done += file.bytes
        target = path / name
        if is_whole(target, file):
            continue
        target.unlink(missing_ok=True)
        if not is_own(source, file.at) or (source / file.at).stat().st_size != file.bytes:
            damaged.append(str(source / file.at))
        elif write_one(source / file.at, target, name, file) != file.sha256:
            target.unlink()
            damaged.append(str(source / file.at))
    tell("restore", every, every)
    if damaged:
        raise DamagedBackup(source, damaged)


def is_own(source: Path, place: str) -> bool:
    """Whether a file lies in a backup itself: a link would lead to what is somebody else's."""
    path = source / place
    return path.is_file() and path.resolve() == source.resolve() / place


def write_one(source: Path, target: Path, name: str, file: StoredFile) -> str:
    """Write one file, by another name of it where it never changes, and give its SHA-256."""
    rights = rights_of(name, file.mode)
    if file.at.startswith(STATE):
        digest = copy_file(source, target, mode=rights)
    else:
        digest = link_or_copy(source, target, mode=rights) or digest_of(target)
    if file.changed and target.stat().st_mtime_ns != file.changed:
        os.utime(target, ns=(file.changed, file.changed))
    return digest


def is_whole(path: Path, file: StoredFile) -> bool:
    """Whether a file is there as a backup has it."""
    with suppress(FileNotFoundError):
        return path.stat().st_size == file.bytes and digest_of(path) == file.sha256
    return False


def check(home: Home, manifest: Manifest) -> list[str]:
    """Check the store that was written, and say what is still to be done."""
    if home.database.name in manifest.files:
        try:
            check_integrity(home.database)
        except StoreError as error:
            raise NotRestored(home.path, str(error)) from error
    if manifest.store == "sqlite":
        return []
    if DUMP not in manifest.files:
        return [NOT_DUMPED]
    address = "ADDRESS"
    with suppress(SettingsError):
        # It may come from where this machine has none.
        url = load_settings(home.path / "communique.toml").store.url
        address = without_password(url)[0] or address
    return [DUMPED.format(address, home.path / DUMP)]
