"""A press room, the report of a visit to it, and how it is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

from data.models.visit_facts import VisitFacts


@dataclass(frozen=True, slots=True)
class Recall:
    """The releases that the pages of a source name, and what was known of them.

    ``known`` were in the store when they were first named. ``missed`` are the addresses that no
    listing had shown, though it showed older ones; ``older`` counts those from before all that
    listings showed. Both were fetched since. ``unread`` are addresses that no release was found at,
    yet or ever.
    """

    known: int
    missed: tuple[str, ...]
    older: int
    unread: tuple[str, ...]

    @property
    def named(self) -> int:
        """How many releases were named that a listing should have shown."""
        return self.known + len(self.missed)

    @property
    def share(self) -> float | None:
        """The part of them that was known, 0 to 1; None where none was named."""
        return round(self.known / self.named, 4) if self.named else None


@dataclass(frozen=True, slots=True)
class Source:
    """An institution's press room, as feeds and pages name it: ``timezone`` is an IANA name."""

    id: str
    name: str
    url: str
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class RemovedSource:
    """A source that is collected no more, since when, and whether its releases are still shown."""

    source: str
    at: dt.datetime
    kept: bool


@dataclass(frozen=True, slots=True)
class RunError:
    """Something that went wrong in a run, for one address.

    ``kind`` is a short code, with the status of the answer where there was one: ``http:403``.
    """

    url: str
    kind: str
    message: str

    @property
    def told(self) -> str:
        """What went wrong, with the address where there is one."""
        return f"{self.url}: {self.message}" if self.url else self.message

    @property
    def family(self) -> str:
        """The kind without a status: ``http``."""
        return self.kind.partition(":")[0]


History = Literal["complete", "walking", "bounded"]
"""How far back a source has been collected: to its first release, not yet, or to some bound."""


@dataclass(frozen=True, slots=True)
class Run:
    """One visit to a source, counted. ``seconds`` is wall time; ``pages`` are answers read.

    ``changed`` are releases with an edit or back online; ``returned`` are those back online.
    ``gone`` are the addresses of releases that are reported as gone for the first time:
    unconfirmed, and not retracted yet. ``unconfirmed`` counts them with those that were reported
    before and are gone still.
    ``history`` is ``complete`` where the last page of the listing was reached, ``walking`` where
    later runs go on, ``bounded`` where none will; ``bound`` says in a sentence what stopped it.
    ``notes`` are what a person may want to know though nothing went wrong.
    ``facts`` are None where the visit could not be made.
    """

    source: str
    started: dt.datetime
    seconds: float
    pages: int = 0
    found: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    retracted: int = 0
    returned: int = 0
    gone: tuple[str, ...] = ()
    unconfirmed: int = 0
    history: History = "walking"
    bound: str = ""
    errors: tuple[RunError, ...] = field(default=())
    notes: tuple[str, ...] = ()
    facts: VisitFacts | None = None


@dataclass(frozen=True, slots=True)
class HealthEvent:
    """A change in the health of a source: since when it is well or not, and why.

    ``state`` and ``code`` are those of data.health.codes; events of earlier versions have no code.
    A source that is not well though its state is ``ok`` works, with the fault that the code names.
    """

    source: str
    well: bool
    at: dt.datetime
    reason: str
    state: str
    code: str = ""

    @property
    def degraded(self) -> bool:
        """Whether the source works, with a fault."""
        return not self.well and self.state == "ok"

    @property
    def condition(self) -> str:
        """The state, or ``degraded``."""
        return "degraded" if self.degraded else self.state


HandlingKind = Literal["acknowledged", "muted", "paused"]
"""What is known to be broken, what nobody is to be told of, and what is not to be visited."""


@dataclass(frozen=True, slots=True)
class Handling:
    """What a person decided of the alerts of a source, or of its visits, when, and why.

    ``until`` is None where it does not end by itself. What is acknowledged ends when the source
    works again.
    """

    kind: HandlingKind
    at: dt.datetime
    why: str
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How likely a source publishes on a day, as data.health.rhythm learned it.

    ``first`` and ``last`` are the days of publication that it was learned from. Of each weekday
    from Monday, ``hazards`` are how many releases are expected of it, ``published`` how often it
    had any and ``asked`` of how many, fading. It ``follows`` the other sources of its country to
    that power; its rate is known as from ``evidence`` releases. ``rests`` are waits that looked
    like silence.
    """

    first: dt.date
    last: dt.date
    hazards: tuple[float, ...]
    published: tuple[float, ...]
    asked: tuple[float, ...]
    follows: float
    evidence: float
    rests: tuple[tuple[dt.date, dt.date], ...] = ()


@dataclass(frozen=True, slots=True)
class SourceRhythm:
    """The rhythm of a source while it has so many ``releases``; None where they are too few."""

    releases: int
    rhythm: Rhythm | None = None
