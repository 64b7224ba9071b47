"""Files about the last backup and verification, for metrics, the doctor and `mirror verify`."""

import datetime as dt
from contextlib import suppress
from typing import Final, TypeVar

import msgspec

from data.archive.verification.read_results import CheckedArchive
from data.files import rewrite
from scheduler.home.home import Home


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
