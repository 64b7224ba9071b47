"""When the archive of a HOME was last verified: a note beside it, which nothing depends on."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Final

import msgspec

from data.files import rewrite
from scheduler.home import Home

FILE: Final = "verified.json"


class Verification(msgspec.Struct, frozen=True):
    """A verification that ended at ``at``, and how many problems it told."""

    at: dt.datetime
    problems: int


def note_verification(home: Home, done: Verification) -> None:
    """Keep it; a HOME that can only be read is verified all the same."""
    with suppress(OSError):
        rewrite(home.path / FILE, msgspec.json.encode(done).decode() + "\n")


def last_verification(home: Home) -> Verification | None:
    """The last one, or None where none is known."""
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((home.path / FILE).read_bytes(), type=Verification)
    return None
