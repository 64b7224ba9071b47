"""A change to a release, as clients of the change log read it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias

from data.models.release import Release
from data.models.summary import ChangeCursor

LoggedKind: TypeAlias = Literal[
    "new", "edit", "reading", "retraction", "return", "redaction", "hidden", "shown", "update"
]
"""Kinds of changes: a new release; an edit by the publisher; a better extraction of the same page;
a retraction; a return; a redaction under a lawful order; a release hidden or shown again; or an
update of its address, source, story or topic."""


@dataclass(frozen=True, slots=True)
class LoggedChange:
    """A change to a release.

    ``release`` is the present state of the release, and ``revision`` the number of its version at
    the time of the change. ``at`` is the time of recording (UTC), ``cursor`` the position among all
    changes.
    """

    cursor: ChangeCursor
    kind: LoggedKind
    revision: int
    at: dt.datetime
    release: Release
