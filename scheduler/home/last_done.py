"""Notes of the last backup and verification, for metrics and the doctor only."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Final, TypeVar

import msgspec

from data.files import rewrite
from scheduler.home import Home


class LastBackup(msgspec.Struct, frozen=True):
    """A complete backup that ended ``at`` a time (aware UTC)."""

    at: dt.datetime


class LastVerification(msgspec.Struct, frozen=True):
    """A verification that ended ``at`` a time (aware UTC), and the number of problems it found."""

    at: dt.datetime
    problems: int


Done = TypeVar("Done", LastBackup, LastVerification)

FILES: Final = {LastBackup: "backed-up.json", LastVerification: "verified.json"}


def note_done(home: Home, done: LastBackup | LastVerification) -> None:
    """Store when something was last done; a read-only home directory stores nothing."""
    with suppress(OSError):
        rewrite(home.path / FILES[type(done)], msgspec.json.encode(done).decode() + "\n")


def last_done(home: Home, kind: type[Done]) -> Done | None:
    """The last time that something was done, or None."""
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((home.path / FILES[kind]).read_bytes(), type=kind)
    return None
