"""Records of a home directory: its archived files, and its last backup and verification.

The archive keeps the current sources, topics and settings. The times of the last backup and
verification are for metrics, the doctor and `mirror verify`.
"""

import datetime as dt
import hashlib
import logging
from collections.abc import Iterable
from contextlib import suppress
from typing import Final, TypeVar

import msgspec

from data.archive.verification.read_results import CheckedArchive
from data.errors import ArchiveError, SourceError
from data.files import rewrite
from data.store.core.store import Store
from data.toml_files import read_bytes, toml_files
from scheduler.home.home import Home

SETTINGS_FILES = ("communique.toml", "topics.toml")

log = logging.getLogger(__name__)


def keep_home_files(home: Home, store: Store, sources: Iterable[str] | None = None) -> None:
    """Archive the current files of a home directory, and record deleted files.

    ``sources`` are the ids of sources whose files are archived (default all). If a file can't be
    read or archived now, the next call tries again. Raises SourceError if the folder of the source
    files can't be read.
    """
    if store.journal is None:
        return
    known = store.journaled_files()
    if sources is None:
        found = {f"sources/{path.name}" for path in toml_files(home.sources, SourceError)}
        names = {*SETTINGS_FILES, *found, *known}
    else:
        names = {*SETTINGS_FILES, *(f"sources/{source}.toml" for source in sources)}
    for name in sorted(names):
        try:
            content = read_bytes(home.path / name)
        except OSError as error:
            if not isinstance(error, FileNotFoundError) or (home.path / name).is_symlink():
                # An unreadable file must not be recorded as deleted.
                log.warning("the file %s could not be archived: %s", name, error)
                continue
            content = None
        digest = "" if content is None else hashlib.sha256(content).hexdigest()
        if known.get(name, "") == digest:
            continue
        try:
            store.journal.keep_file(store, name, content)
        except ArchiveError as error:
            log.warning("the file %s could not be archived: %s", name, error)


class LastBackup(msgspec.Struct, frozen=True):
    """A complete backup that ended at the time ``at`` (aware UTC)."""

    at: dt.datetime


class LastVerification(msgspec.Struct, frozen=True):
    """A verification that ended at the time ``at`` (aware UTC), and its number of problems."""

    at: dt.datetime
    problems: int


Done = TypeVar("Done", LastBackup, LastVerification, CheckedArchive)

FILE_BY_WORK: Final = {
    LastBackup: "backed-up.json",
    LastVerification: "verified.json",
    CheckedArchive: "verified-files.json",
}


def note_done(home: Home, done: LastBackup | LastVerification | CheckedArchive) -> None:
    """Store the time or the result of the last backup or verification.

    In a read-only home directory, nothing is stored.
    """
    with suppress(OSError):
        rewrite(home.path / FILE_BY_WORK[type(done)], msgspec.json.encode(done).decode() + "\n")


def last_done(home: Home, kind: type[Done]) -> Done | None:
    """Return the stored result of the last backup or verification, or None."""
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((home.path / FILE_BY_WORK[kind]).read_bytes(), type=kind)
    return None
