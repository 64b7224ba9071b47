"""Detection of outages of our own network, which are not faults of sources.

Our network is down if nearly all hosts that were visited since one stopped responding do not
respond either. This is recorded once, as a change in the health of HOME. Visits during the outage
are not evidence about their sources.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from data.health.run_errors import errors_of_pages
from data.models import HealthEvent, Run, Source
from data.wording import counted

HOME: Final = ""
"""Name that stands for our own network in health events, in place of a source's id."""

NO_RESPONSE: Final = {"dns", "connection", "timeout"}
"""Families of errors that mean that a host did not respond."""

MIN_HOSTS: Final = 3
"""Minimum number of hosts without a response for an outage of our network. Two hosts may be on one
server."""

OUTAGE_SHARE: Final = 0.9
"""Minimum share of hosts without a response for an outage of our network. Some hosts may be in our
own building."""

RECOVERY_SHARE: Final = 0.5
"""Maximum share of hosts without a response at which an outage is over."""

MAX_UNDECIDED: Final = dt.timedelta(minutes=30)
"""Maximum delay before a failing source is recorded, if too few other hosts were visited to exclude
an outage of our network."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which our network was down. ``until`` is None if the network is still down."""

    since: dt.datetime
    until: dt.datetime | None

    def spoiled(self, run: Run) -> bool:
        """Whether a visit got no response because of the outage."""
        in_it = self.since <= run.started and (self.until is None or run.started <= self.until)
        return in_it and is_unanswered(run)


@dataclass(frozen=True, slots=True)
class HostSeen:
    """State of a host.

    The fields are whether it ``answers``, the first visit with this state, the last visit, and the
    number of visits that agree.
    """

    answers: bool
    since: dt.datetime
    last: dt.datetime
    visits: int


def is_unanswered(run: Run) -> bool:
    """Whether no request of a visit got a response."""
    errors = errors_of_pages(run)
    return not run.pages and bool(errors) and {error.family for error in errors} <= NO_RESPONSE


def outage_of(recorded: Sequence[HealthEvent]) -> Outage | None:
    """Return the last outage, according to the events about our network, newest first."""
    match recorded:
        case [HealthEvent(well=False) as down, *_]:
            return Outage(down.at, None)
        case [up, down, *_]:
            return Outage(down.at, up.at)
    return None


def hosts_seen(
    sources: Mapping[str, Source], runs: Mapping[str, Sequence[Run]]
) -> dict[str, HostSeen]:
    """Return the state of each host according to the last visits, newest first."""
    found: dict[str, HostSeen] = {}
    for name, some in runs.items():
        host = host_of(sources[name])
        if some and (host not in found or found[host].last < some[0].started):
            found[host] = host_seen(some)
    return found


def host_seen(runs: Sequence[Run]) -> HostSeen:
    """Return the state of a host according to its last visits, newest first."""
    silent = is_unanswered(runs[0])
    alike = next((at for at, run in enumerate(runs) if is_unanswered(run) != silent), len(runs))
    return HostSeen(not silent, runs[alike - 1].started, runs[0].started, alike)


def host_of(source: Source) -> str:
    """Return the host name of a source. Sources with the same host share its outages."""
    return urlsplit(source.url).netloc.rpartition("@")[2].lower()


def network_events(
    hosts: Mapping[str, HostSeen], outage: Outage | None, further: int
) -> tuple[HealthEvent, ...]:
    """Return the event that our network went down or came back, or nothing if it did neither.

    ``further`` visits to a host must confirm the change.
    """
    seen = tuple(hosts.values())
    if outage and outage.until is None:
        until = ended(seen, outage)
        if until is None:
            return ()
        return (HealthEvent(HOME, well=True, at=until, reason="", state="ok", code="ok"),)
    found = began(seen, further)
    if found is None:
        return ()
    beside = seen_since(seen, found)
    silent = counted(sum(not one.answers for one in beside), "host")
    reason = f"{silent} of the {len(beside)} that were visited since do not respond"
    down = HealthEvent(
        HOME, well=False, at=found.since, reason=reason, state="failing", code="network.down"
    )
    return (down,)


def began(hosts: Sequence[HostSeen], further: int) -> HostSeen | None:
    """Return the host that stopped responding first in an outage of our network, or None."""
    for one in sorted(hosts, key=lambda host: host.since):
        beside = seen_since(hosts, one)
        nearly_all = len(beside) >= MIN_HOSTS and silent_share(beside) >= OUTAGE_SHARE
        if not one.answers and one.visits > further and nearly_all:
            return one
    return None


def ended(hosts: Sequence[HostSeen], outage: Outage) -> dt.datetime | None:
    """Return the time of the last visit if an outage is over, or None if that is not certain."""
    for one in hosts:
        beside = seen_since(hosts, one)
        enough = (
            len(beside) >= min(MIN_HOSTS, len(hosts)) and silent_share(beside) <= RECOVERY_SHARE
        )
        if one.answers and one.since > outage.since and enough:
            return max(host.last for host in hosts)
    return None


def is_undecided(one: HostSeen, hosts: Mapping[str, HostSeen]) -> bool:
    """Whether too few other hosts were visited since a host stopped responding."""
    few = len(seen_since(hosts.values(), one)) < MIN_HOSTS <= len(hosts)
    return few and not one.answers and one.last - one.since < MAX_UNDECIDED


def seen_since(hosts: Iterable[HostSeen], one: HostSeen) -> list[HostSeen]:
    """Return the hosts that were visited since ``one`` started or stopped responding."""
    return [host for host in hosts if host.last >= one.since]


def silent_share(hosts: Sequence[HostSeen]) -> float:
    """Return the share of hosts that do not respond."""
    return sum(not host.answers for host in hosts) / len(hosts)
