"""Sources: their descriptions, visits, backfills and health, leases, and decisions about them.

Only one worker at a time visits a host, and only one service performs a duty. Hosts and duties are
rows in the same table. Only this module distinguishes their names.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from data.models.visit_facts import VisitFacts

History = Literal["complete", "walking", "bounded"]
"""How far back a source's releases were collected: to the first release, still in progress, or up
to a limit."""

HandlingKind = Literal["acknowledged", "muted", "paused"]
"""Kinds of decisions about a source: its fault is acknowledged, its alerts are muted, or its visits
are paused."""

ListingKind: TypeAlias = Literal["feed", "page"]
"""Kinds of listings: a feed (or API, or sitemap), or a page for readers."""

DUTY_PREFIX: Final = "duty:"
"""Prefix for the names of duties. No host starts with it, because a port is a number."""


@dataclass(frozen=True, slots=True)
class Recall:
    """Counts of the releases that a source's pages link to, and of linked releases known before.

    ``known`` is the number of releases that were stored before a page linked to them. ``missed``
    lists addresses that no listing showed, although listings showed older releases. ``older``
    counts releases older than all releases in the listings. ``missed`` and ``older`` releases were
    fetched afterwards. ``unread`` lists addresses at which no release was found.
    """

    known: int
    missed: tuple[str, ...]
    older: int
    unread: tuple[str, ...]

    @property
    def named(self) -> int:
        """Return the number of linked releases that a listing should show: known and missed."""
        return self.known + len(self.missed)

    @property
    def share(self) -> float | None:
        """Return the share of linked releases that were known (0 to 1), or None without links."""
        return round(self.known / self.named, 4) if self.named else None


@dataclass(frozen=True, slots=True)
class Source:
    """A press room as shown in feeds and on pages. ``timezone`` is an IANA name."""

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
    """An error that occurred at one address in a visit.

    ``kind`` is a short code, with the HTTP status if there is one, such as ``http:403``.
    """

    url: str
    kind: str
    message: str

    @property
    def told(self) -> str:
        """Return a readable description of the error, with its address if known."""
        return f"{self.url}: {self.message}" if self.url else self.message

    @property
    def family(self) -> str:
        """Return the kind of error without its HTTP status, such as ``http``."""
        return self.kind.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Run:
    """Result of one visit to a source.

    - ``seconds`` is wall-clock time, and ``pages`` the number of responses read.
    - ``changed`` counts releases that were edited or are online again. ``returned`` counts only
      releases that are online again.
    - ``gone`` lists the addresses of releases that are newly missing and not retracted yet.
    - ``unconfirmed`` counts all missing releases, including releases missing since earlier visits.
    - ``history`` is ``complete`` if the last page of the listing was reached, ``walking`` if later
      runs continue, and ``bounded`` if no run will. ``bound`` is a sentence with the reason.
    - ``notes`` are readable remarks that are not errors.
    - ``facts`` is None if the visit was impossible.
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

    ``state`` and ``code`` are defined in data.health.codes; events from earlier versions have no
    code. A source with the state ``ok`` that is not ``well`` works despite the fault that the code
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
        """Return whether the source works but has a fault."""
        return not self.well and self.state == "ok"

    @property
    def condition(self) -> str:
        """Return the state of the source, or ``degraded`` if it works but has a fault."""
        return "degraded" if self.degraded else self.state


@dataclass(frozen=True, slots=True)
class Handling:
    """An operator's decision about the alerts or visits of a source, with its time and reason.

    ``until`` is None for a decision without an end. An acknowledgement ends when the source works
    again.
    """

    kind: HandlingKind
    at: dt.datetime
    why: str
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Learned rhythm of a source: the probability that it publishes on a day (data.health.rhythm).

    ``first`` and ``last`` are the first and last publication day from which it was learned.
    ``hazards``, ``published`` and ``asked`` have one value per weekday, Monday first. ``hazards``
    are the expected releases, ``published`` the weight of days with releases, and ``asked`` the
    weight of all days; older days weigh less. ``follows`` is the exponent of the activity of the
    country's other sources. ``evidence`` is the weight of the learned rate as a number of releases.
    ``rests`` are earlier gaps that looked like silence.
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
    """Rhythm of a source, learned from its first ``releases`` releases.

    ``rhythm`` is None if they are too few.
    """

    releases: int
    rhythm: Rhythm | None = None


@dataclass(frozen=True, slots=True)
class ArchiveLink:
    """Address of a page that lists the releases of a year or month, or all older releases.

    ``period`` is the year (``2019``) or the month (``2019-03``), or empty if unknown. ``is_below``
    is true if the address is closely related to the listing's address, such as below it.
    """

    url: str
    period: str = ""
    is_below: bool = True


@dataclass(frozen=True, slots=True)
class Walk:
    """Progress of a listing walk (backfill): visits that together follow the pages of a listing.

    - ``start`` is the listing.
    - ``rules`` identifies the rules that find the next page; if they change, a new walk begins.
    - ``number`` identifies the walk within its source.
    - ``position`` is the last page read, where the walk resumes, or empty.
    - ``pages`` is the number of pages read.
    - ``idle`` counts the pages since the last page with items that were new to this walk.
    - ``failed`` counts the successive visits that could not continue.
    - ``first`` is true until a walk of this listing has ended.
    - ``listed`` is the number of releases that this walk listed.
    - ``archives`` are archive pages still to be read, newest first.
    - ``archived`` counts the archive pages that were read and listed releases.
    - ``remains`` is a clause about older releases that the pages mention but do not link.
    - ``total`` is the number of releases that the listing claims to have, or 0.
    - ``forbidden`` is a clause about the first archive page that robots.txt forbids.
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
    """Canonical addresses of new items on a listing page.

    ``fresh`` items are new to this walk, ``news`` items are new to all walks so far.
    """

    fresh: frozenset[str]
    news: frozenset[str]


def duty_key(duty: str) -> str:
    """Return the name of a duty in the table of leases, which is also the duty's source id."""
    return f"{DUTY_PREFIX}{duty}"


def duty_of(key: str) -> str:
    """Return the duty with this name in the table of leases."""
    return key.removeprefix(DUTY_PREFIX)


class DueHosts(NamedTuple):
    """Number of hosts that wait for a worker, and the longest waiting time in seconds.

    ``held`` is the number of hosts that workers are visiting.
    """

    number: int
    seconds: float
    held: int = 0


class Lease(NamedTuple):
    """A leased host or duty, and the token of this lease, which is never 0."""

    host: str
    token: int

    @property
    def is_duty(self) -> bool:
        """Return whether the lease is for a duty and not for a host."""
        return self.host.startswith(DUTY_PREFIX)
