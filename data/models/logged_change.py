"""What happened to a release, as it is told to programs that follow a store."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias

from data.models.release import Release
from data.models.summary import ChangeCursor

LoggedKind: TypeAlias = Literal[
    "new", "edit", "reading", "retraction", "return", "redaction", "hidden", "shown", "update"
]
"""What happened: it is new, its publisher edited it, we read better what was served before, it was
retracted, it came back, what it said was taken out for a lawful order, it was hidden, shown again,
or filed otherwise (another address, source, story or topic)."""


@dataclass(frozen=True, slots=True)
class LoggedChange:
    """One change: ``release`` is as it is now, ``revision`` the version that it had then.

    ``at`` is when it was entered in this store (UTC), ``cursor`` its place among all changes.
    """

    cursor: ChangeCursor
    kind: LoggedKind
    revision: int
    at: dt.datetime
    release: Release
