"""Public events: changes of releases and sources, as the store logs them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from data.models.release import Release
from data.models.selection import ChangeCursor

ReleaseKind: TypeAlias = Literal[
    "new", "edit", "reading", "retraction", "return", "redaction", "hidden", "shown", "update"
]
"""Kinds of changes that `/api/changes` reports for ever: a new release; an edit by the publisher; a
better extraction of the same page; a retraction; a return; a redaction under a lawful order; a
release hidden or shown again; or an update of its address, source, story or topic."""

RELEASE_KINDS: Final[tuple[ReleaseKind, ...]] = get_args(ReleaseKind)

EventKind: TypeAlias = Literal[ReleaseKind, "moved"]
"""Kinds of events: those of releases, and ``moved`` for an archive record of a release that is now
at another place."""


@dataclass(frozen=True, slots=True)
class ReleaseEvent:
    """A change to a release.

    ``release`` is the present state of the release, and ``revision`` the number of its version at
    the time of the change. ``at`` is the time of recording (UTC), ``cursor`` the position among all
    events.
    """

    cursor: ChangeCursor
    kind: ReleaseKind
    revision: int
    at: dt.datetime
    release: Release
