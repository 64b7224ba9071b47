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

SourceKind: TypeAlias = Literal["registered", "renamed", "removed", "paused", "resumed", "health"]
"""Kinds of events of sources: a new or changed description, a new id, the end of collection, a
pause and its end, and a change of health."""

EventKind: TypeAlias = Literal[ReleaseKind, "moved", "gone", SourceKind]
"""Kinds of events: those of releases; ``moved`` for an archive record of a release that is now at
another place; ``gone`` for a release found gone but not yet confirmed; and those of sources."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """A follower of the log with a cursor in the store.

    ``name`` is shown to operators. ``where`` is an SQL condition for the events that it handles.
    """

    name: str
    where: str


@dataclass(frozen=True, slots=True)
class Event:
    """An event as a consumer handles it.

    ``release`` is an id, empty for an event of a source or if the release is redacted. ``at`` is
    the time of recording and ``seen`` the time for alerts, or None if nobody is alerted; both are
    aware UTC. ``backlog`` is true for a release from before the first visit. ``payload`` is JSON.
    """

    number: int
    kind: EventKind
    release: str
    revision: int
    source: str
    at: dt.datetime
    seen: dt.datetime | None
    backlog: bool
    payload: str


@dataclass(frozen=True, slots=True)
class ConsumerLag:
    """The events that a consumer has not handled yet.

    ``since`` is the time of the first of them, or None. ``problem`` describes the last failure if
    the consumer has not handled an event since.
    """

    name: str
    events: int
    since: dt.datetime | None
    problem: str


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
