"""When a HOME was last backed up: a note in HOME, on which nothing else depends."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Final

import msgspec

from data.files import rewrite
from scheduler.home import Home

FILE: Final = "backed-up.json"


class LastBackup(msgspec.Struct, frozen=True):
    """A complete backup that ended ``at`` a time (aware UTC)."""

    at: dt.datetime


def note_backup(home: Home, at: dt.datetime) -> None:
    """Keep when a complete backup ended; a read-only HOME keeps nothing."""
    with suppress(OSError):
        rewrite(home.path / FILE, msgspec.json.encode(LastBackup(at)).decode() + "\n")


def last_backup(home: Home) -> LastBackup | None:
    """The last complete backup; None if none is known."""
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((home.path / FILE).read_bytes(), type=LastBackup)
    return None
