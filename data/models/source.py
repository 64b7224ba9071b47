"""Sources: their names, visits, listing walks, health, and the decisions of people about them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from data.models.visit_facts import VisitFacts


@dataclass(frozen=True, slots=True)
class Recall:
    """The releases that a source's pages link to, and how many of them were known.

    ``known`` counts releases that were stored before a page linked to them. ``missed`` are
    addresses that no listing showed, although it showed older ones; they were fetched afterwards.
    ``older`` counts releases from before everything that listings showed, also fetched. ``unread``
    are addresses at which no release was found.
    """

    known: int
    missed: tuple[str, ...]
    older: int
    unread: tuple[str, ...]

    @property
    def named(self) -> int:
        """The number of linked releases that a listing should have shown."""
        return self.known + len(self.missed)

    @property
    def share(self) -> float | None:
        """The share of linked releases that were known, from 0 to 1, or None if there were none."""
        return round(self.known / self.named, 4) if self.named else None


@dataclass(frozen=True, slots=True)
class Source:
    """A press room, as feeds and pages show it. ``timezone`` is an IANA name."""

    id: str
    name: str
    url: str
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class RemovedSource:
    """A source that is no longer collected, and whether its releases are still shown."""

    source: str
    at: dt.datetime
    kept: bool


@dataclass(frozen=True, slots=True)
class RunError:
    """An error of a run at one address.

    ``kind`` is a short code, such as ``http:403``, with the HTTP status if there is one.
    """

    url: str
    kind: str
    message: str

    @property
    def told(self) -> str:
        """Description of the error for people, with its address if it has one."""
        return f"{self.url}: {self.message}" if self.url else self.message

    @property
    def family(self) -> str:
        """Kind of the error without the HTTP status, such as ``http``."""
        return self.kind.partition(":")[0]


History = Literal["complete", "walking", "bounded"]
"""How far back a source was collected: to its first release, still in progress, or to a limit."""


@dataclass(frozen=True, slots=True)
class Run:
    """The result of one visit to a source. ``seconds`` is wall time, ``pages`` the responses read.

    ``changed`` counts releases that were edited or returned; ``returned`` counts those that came
    back online. ``gone`` are addresses of releases that were missing for the first time:
    unconfirmed, and not retracted yet. ``unconfirmed`` counts these and the ones reported by
    earlier visits. ``history`` is ``complete`` if the last page of the listing was reached,
    ``walking`` if later runs continue, and ``bounded`` if none will; ``bound`` is a sentence with
    the reason. ``notes`` are remarks for people that are not errors. ``facts`` is None if the visit
    was impossible.
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
    """A change in the health of a source, with its reason.

    ``state`` and ``code`` are defined in data.health.codes; events of earlier versions have no
    code. A source in state ``ok`` that is not ``well`` works but has the fault that the code
    describes.
    """

    source: str
    well: bool
    at: dt.datetime
    reason: str
    state: str
    code: str = ""

    @property
    def degraded(self) -> bool:
        """Whether the source works but has a fault."""
        return not self.well and self.state == "ok"

    @property
    def condition(self) -> str:
        """The state, or ``degraded``."""
        return "degraded" if self.degraded else self.state


HandlingKind = Literal["acknowledged", "muted", "paused"]
"""Kinds of decisions: a fault is known, a source's alerts are muted, or its visits are paused."""


@dataclass(frozen=True, slots=True)
class Handling:
    """A person's decision about a source's alerts or visits, with its time and reason.

    ``until`` is None for a decision without an end. An acknowledged fault ends when the source
    works again.
    """

    kind: HandlingKind
    at: dt.datetime
    why: str
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The publication rhythm of a source: how likely it publishes on each day, as learned.

    See data.health.rhythm. ``first`` and ``last`` are the first and last day of publication used
    for learning. The three lists have one value per weekday, Monday first. ``hazards`` are expected
    releases, ``published`` the weight of days with releases, and ``asked`` the weight of all days;
    older days weigh less. ``follows`` is the exponent of its country's activity. ``evidence`` is
    the number of releases that the learned rate is worth. ``rests`` are earlier gaps that looked
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
    """The rhythm of a source with this number of ``releases``; None if the releases are too few."""

    releases: int
    rhythm: Rhythm | None = None


ListingKind: TypeAlias = Literal["feed", "page"]
"""Kinds of listings: a feed (or API, or sitemap), and a page for readers."""


@dataclass(frozen=True, slots=True)
class ArchiveLink:
    """The address of a page that lists the releases of a year or month, or all older ones.

    ``period`` is the year (``2019``) or the month (``2019-03``), and empty if it is unknown.
    ``is_below`` is whether the address is closely related to the listing's address.
    """

    url: str
    period: str = ""
    is_below: bool = True


@dataclass(frozen=True, slots=True)
class Walk:
    """Progress of a listing walk: the visits that follow a listing's pages from ``start``.

    ``rules`` names the rules that find the next page; other rules start a new walk. ``number``
    identifies the walk within its source. ``position`` is the last page read, where the walk
    resumes; empty before the first page. ``pages`` counts the pages read, ``idle`` the last of them
    that listed nothing new to this walk, and ``failed`` the successive visits that could not
    continue. ``first`` is true until a walk of this listing has ended.

    ``listed`` counts the releases that this walk listed. ``archives`` are still to be read, newest
    first; ``archived`` counts archives that were read and listed releases. ``remains`` is a clause
    about older releases that the pages mention but do not link. ``total`` is the number of releases
    that the listing claims, 0 if it claims none. ``forbidden`` is a clause about the first archive
    that robots.txt forbids.
    """

    start: str
    rules: str
    number: int
    position: str = ""
    pages: int = 0
    idle: int = 0
    failed: int = 0
    history: History = "walking"
    bound: str = ""
    first: bool = True
    begun: float = 0.0
    listed: int = 0
    archives: tuple[ArchiveLink, ...] = ()
    archived: int = 0
    remains: str = ""
    total: int = 0
    forbidden: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """Canonical addresses of a listing page's items that are ``fresh``, or ``news``.

    Fresh items are new to this walk. News is new to every walk so far.
    """

    fresh: frozenset[str]
    news: frozenset[str]
