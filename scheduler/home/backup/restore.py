"""Restore a home directory from a backup to an empty folder that no process uses.

Until the restore is complete, a file marks the folder as unfinished, and all other commands reject
it. A killed restore continues if it is run again with the same backup.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from data.errors import CommuniqueError, SettingsError, StoreError
from data.files import put, sync
from data.settings.load import load_settings
from data.store.sqlite.connection import refusal
from data.store.sqlite.copy import check_integrity
from data.wording import OnStepProgress, counted
from scheduler.home.backup.backup_folder import (
    IGNORED_NAMES,
    STATE_PREFIX,
    cause_of,
    copy_file,
    has,
    held,
    link_or_copy,
    sha256_of_file,
)
from scheduler.home.backup.contents import (
    BackupRefused,
    Manifest,
    StoredFile,
    finished_manifest,
    rights_of,
    without_password,
)
from scheduler.home.errors import DUMP_FILE, UNFINISHED_RESTORE_FILE, FolderNotEmpty
from scheduler.home.home import Home

MAX_NAMED_FILES: Final = 5
"""Maximum number of damaged files listed in an error message."""


DUMPED_MESSAGE: Final = (
    "the store is in PostgreSQL: restore it into an empty database with `pg_restore --no-owner "
    "--dbname={} {}`, then delete that file; until then, all commands refuse this HOME. If the "
    "original service still runs, use another database, and set store.url to it"
)

NOT_DUMPED: Final = (
    "the store is in PostgreSQL and not in this backup: first restore the database from the copy "
    "that was made with this backup"
)


NOT_EMPTY_FIX: Final = "; name an empty or new folder with --home"


class DamagedBackup(CommuniqueError):
    """Raised if files of a backup are missing or damaged."""

    def __init__(self, folder: Path, files: Sequence[str]) -> None:
        named = ", ".join(files[:MAX_NAMED_FILES])
        more = f" and {len(files) - MAX_NAMED_FILES} more" if len(files) > MAX_NAMED_FILES else ""
        many = counted(len(files), "file is", "files are")
        super().__init__(
            f"{many} damaged or missing in the backup {folder}: {named}{more}; copy them from "
            "another copy of the backup, and run this command again to continue"
        )
        self.folder = folder
        self.files = files


class NotRestored(CommuniqueError):
    """Raised if restoring a backup was interrupted."""

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(
            f"{path} is only partially restored ({cause}); run this command again to continue"
        )
        self.path = path
        self.cause = cause


class Restored(msgspec.Struct, frozen=True):
    """A home directory that was restored from a backup.

    ``at`` is the time of the backup. ``files`` is the number of its files, and ``bytes`` their
    size.
    """

    home: str
    source: str
    at: str
    store: str
    files: int
    bytes: int
    notes: Sequence[str] = ()


def restore(source: Path, home: Home, on_progress: OnStepProgress | None = None) -> Restored:
    """Restore a home directory from the backup in the folder ``source``.

    ``on_progress`` is called with the name of a step, its progress, and its total. Raises
    BackupRefused, DamagedBackup, FolderNotEmpty, HomeInUse and NotRestored.
    """
    report = on_progress or (lambda _what, _done, _of: None)
    source = source.absolute()
    if home.path.is_relative_to(source.resolve()):
        raise BackupRefused(
            home.path, f"the folder is inside the backup {source}; choose a folder outside"
        )
    try:
        manifest = finished_manifest(source)
        with held(source):
            return write_home(source, manifest, home, report)
    except OSError as error:
        raise BackupRefused(source, cause_of(error)) from error


def write_home(
    source: Path, manifest: Manifest, home: Home, on_progress: OnStepProgress
) -> Restored:
    """Restore a home directory from a backup that this process has locked."""
    path = home.path
    store = manifest.files.get(home.database.name)
    if store and is_own(source, store.at) and (wrong := refusal(source / store.at)):
        raise BackupRefused(source, f"the store of the backup can't be used: {wrong}")
    try:
        path.mkdir(parents=True, exist_ok=True)
        must_be_free(home, manifest)
        with home.lock("run", "communique restore"):
            put(str(path / UNFINISHED_RESTORE_FILE), restore_mark(manifest))
            sync(path)
            write(source, manifest, path, on_progress)
            notes = check(home, manifest)
            (path / UNFINISHED_RESTORE_FILE).unlink()
            sync(path)
    except (FileExistsError, NotADirectoryError) as error:
        raise FolderNotEmpty(path, NOT_EMPTY_FIX) from error
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


def restore_mark(manifest: Manifest) -> bytes:
    """Return the content for the file that marks a home directory as partially restored."""
    return f"{manifest.home} {manifest.at.isoformat()}\n".encode()


def must_be_free(home: Home, manifest: Manifest) -> None:
    """Raise HomeInUse or FolderNotEmpty unless the folder is free for this restore.

    The folder may contain an interrupted restore from the same backup.
    """
    here = {one.name for one in home.path.iterdir()} - IGNORED_NAMES
    if "locks" in here:
        for lock in sorted((home.path / "locks").iterdir()):
            # If a process holds one of these locks, it uses the folder.
            with home.lock(lock.name, "communique restore"):
                pass
    mark = home.path / UNFINISHED_RESTORE_FILE
    if mark.is_file() and mark.read_bytes() == restore_mark(manifest):
        return
    if here - {"locks"}:
        raise FolderNotEmpty(home.path, NOT_EMPTY_FIX)


def write(source: Path, manifest: Manifest, path: Path, on_progress: OnStepProgress) -> None:
    """Write all files of the backup. Files that are already correct are skipped."""
    damaged: list[str] = []
    every = sum(one.bytes for one in manifest.files.values())
    done = 0
    for name, file in manifest.files.items():
        on_progress("restore", done, every)
        done += file.bytes
        target, stored = path / name, source / file.at
        if has(target, file.bytes) and sha256_of_file(target) == file.sha256:
            # An earlier run has written this file.
            continue
        target.unlink(missing_ok=True)
        if not is_own(source, file.at) or stored.stat().st_size != file.bytes:
            damaged.append(str(stored))
        elif write_one(stored, target, name, file) != file.sha256:
            target.unlink()
            damaged.append(str(stored))
    on_progress("restore", every, every)
    if damaged:
        raise DamagedBackup(source, damaged)


def is_own(source: Path, place: str) -> bool:
    """Return whether a file is inside the backup's folder, because links could lead elsewhere."""
    path = source / place
    return path.is_file() and path.resolve() == source.resolve() / place


def write_one(source: Path, target: Path, name: str, file: StoredFile) -> str:
    """Write one file and return its SHA-256. For a file that never changes, create a hard link."""
    rights = rights_of(name, file.mode)
    if file.at.startswith(STATE_PREFIX):
        digest = copy_file(source, target, mode=rights)
    else:
        digest = link_or_copy(source, target, mode=rights) or sha256_of_file(target)
    if file.changed and target.stat().st_mtime_ns != file.changed:
        os.utime(target, ns=(file.changed, file.changed))
    return digest


def check(home: Home, manifest: Manifest) -> list[str]:
    """Check the restored store and return the remaining manual steps.

    Raises NotRestored if the store can't be used.
    """
    if home.database.name in manifest.files:
        try:
            check_integrity(home.database)
        except StoreError as error:
            raise NotRestored(home.path, str(error)) from error
    if manifest.store == "sqlite":
        return []
    if DUMP_FILE not in manifest.files:
        return [NOT_DUMPED]
    address = "ADDRESS"
    with suppress(SettingsError):
        # The settings may refer to files that are missing on this machine.
        url = load_settings(home.path / "communique.toml").store.url
        address = without_password(url)[0] or address
    return [DUMPED_MESSAGE.format(address, home.path / DUMP_FILE)]
