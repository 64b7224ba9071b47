"""When a HOME was last backed up and verified: notes in HOME, on which nothing else depends."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Final, TypeVar

import msgspec

from data.files import rewrite
from scheduler.home import Home


class Backup(msgspec.Struct, frozen=True):
    """A complete backup that ended ``at`` a time (aware UTC)."""

    at: dt.datetime


class Verification(msgspec.Struct, frozen=True):
    """A verification that ended ``at`` a time (aware UTC), and how many problems it reported."""

    at: dt.datetime
    problems: int


Done = TypeVar("Done", Backup, Verification)

FILES: Final = {Backup: "backed-up.json", Verification: "verified.json"}


def note_done(home: Home, done: Backup | Verification) -> None:
    """Keep when something was last done; a read-only HOME keeps nothing."""
    with suppress(OSError):
        rewrite(home.path / FILES[type(done)], msgspec.json.encode(done).decode() + "\n")


def last_done(home: Home, kind: type[Done]) -> Done | None:
    """The last time that something was done; None if it is unknown."""
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((home.path / FILES[kind]).read_bytes(), type=kind)
    return None
