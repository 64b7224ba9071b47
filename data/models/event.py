"""Public events (changes to releases and sources), classes of edits, and operations of programs."""

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

import msgspec

from data.models.release import Release
from data.models.selection import ChangeCursor

ReleaseKind: TypeAlias = Literal[
    "new", "edit", "reading", "retraction", "return", "redaction", "hidden", "shown", "update"
]
"""Kinds of changes to releases, which `/api/changes` reports permanently: a new release; an edit by
the publisher; a better extraction of the same page; a retraction; a retracted release that is
online again; a redaction under a legal order; a release hidden or shown again; or an update of its
address, source, story or topic."""

RELEASE_KINDS: Final[tuple[ReleaseKind, ...]] = get_args(ReleaseKind)

SourceKind: TypeAlias = Literal["registered", "renamed", "removed", "paused", "resumed", "health"]
"""Kinds of events about sources: a new or changed description, a new id, the end of collection, a
pause and its end, and a change in health."""

EventKind: TypeAlias = Literal[ReleaseKind, "moved", "gone", SourceKind, "published"]
"""All kinds of events: changes to releases, events about sources, and three more. ``moved``: an
archive record of a release has a new location. ``gone``: a release is missing but may not be
retracted. ``published``: a publication without errors, whose payload contains the number of the
``last`` published event."""

EditClass: TypeAlias = Literal[
    "figure",
    "date",
    "name",
    "negation",
    "sentence-added",
    "sentence-removed",
    "link",
    "attachment",
    "title",
    "correction",
    "wording",
    "letters",
]
"""Class of an edit. ``negation`` includes modality ("may", "must"). ``wording`` means other words.
``letters`` means that only letters or formatting changed; it excludes all other classes."""

EditWord: TypeAlias = Literal[EditClass, "announced", "silent"]
"""Class of an edit, or whether the page announced it."""

EDIT_CLASSES: Final[tuple[EditClass, ...]] = get_args(EditClass)

ANNOUNCEMENTS: Final = ("announced", "silent")
"""Values for an edit: ``announced`` if the page announced it, otherwise ``silent``."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """A consumer of the event log, whose position is stored.

    ``name`` is shown to operators. ``where`` is an SQL condition that selects the consumer's
    events.
    """

    name: str
    where: str


@dataclass(frozen=True, slots=True)
class Event:
    """An event as passed to consumers.

    ``release`` is an id, empty for an event about a source or a redacted release. ``at`` is the
    time when the event was recorded, and ``seen`` the time for alerts, or None if there is no
    alert. Both are aware UTC. ``backlog`` is true for a release from before the first visit.
    ``payload`` is JSON.
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
    """The number of events that a consumer has not handled yet.

    ``since`` is the time of the oldest of them, or None. ``problem`` describes the last failure, if
    the consumer has handled no event since then.
    """

    name: str
    events: int
    since: dt.datetime | None
    problem: str


@dataclass(frozen=True, slots=True)
class ReleaseEvent:
    """A change to a release.

    ``release`` is the current state of the release, and ``revision`` the number of its version at
    the time of the change. ``at`` is the time when the change was recorded (UTC), ``cursor`` its
    position among all events.
    """

    cursor: ChangeCursor
    kind: ReleaseKind
    revision: int
    at: dt.datetime
    release: Release


class OperationRecord(NamedTuple):
    """A request to change something: its time, token, operation and response.

    ``at`` is in seconds since 1970, ``token`` the name of the token, ``name`` the operation, and
    ``target`` the id in its address. ``key`` is its idempotency key. ``body`` is the SHA-256 of the
    request. ``status`` is the status of the response, or 0 before the response.
    """

    number: int
    at: float
    token: str
    name: str
    target: str
    key: str | None
    body: bytes
    status: int = 0
    response: bytes | None = None


class EditClasses(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Classes of an edit, its weight from 0 to 1, and whether the page announced it.

    An edit that was not announced is silent. Empty classes mean that nothing was edited.
    """

    classes: tuple[EditClass, ...] = ()
    weight: float = 0.0
    announced: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """Return the classes, and ``announced`` or ``silent``."""
        return (*self.classes, ANNOUNCEMENTS[not self.announced]) if self.classes else ()

    @property
    def text(self) -> str:
        """Return the classes and the weight in readable form, or an empty string."""
        weight = weight_label(self.weight)
        return f"{', '.join(self.words)}; weight {weight}" if self.classes else ""

    @property
    def labels(self) -> frozenset[tuple[str, str]]:
        """Return names and values of the fields by which searches can filter edits."""
        weight = [("weight", weight_label(self.weight))] if self.classes else []
        return frozenset((*(("edit", word) for word in self.words), *weight))


NO_EDIT: Final = EditClasses()
"""Classes of an event that is not an edit."""


def weight_label(weight: float) -> str:
    """Return a weight as searches expect it: a number with two decimals."""
    return f"{weight:.2f}"
