"""Detection of outages of our own network, which are not faults of sources.

Our network counts as down if a host stopped responding and nearly all hosts visited since then do
not respond either. An outage is recorded once, as a change in the health of HOME. Visits during the
outage are not evidence about their sources.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from data.health.run_errors import errors_of_pages
from data.models import HealthEvent, Run, Source
from data.text.urls import host_and_port
from data.wording import counted

HOME: Final = ""
"""Source id that represents our own network in health events."""

NO_RESPONSE: Final = {"dns", "connection", "timeout"}
"""Families of visit errors in which the host did not respond."""

MIN_HOSTS: Final = 3
"""Minimum number of visited hosts for detecting an outage of our network. Two hosts may be on one
server."""

OUTAGE_SHARE: Final = 0.9
"""Minimum share of visited hosts without a response for an outage to begin. The other hosts may be
in our own building."""

RECOVERY_SHARE: Final = 0.5
"""Maximum share of visited hosts without a response for an outage to end."""

MAX_UNDECIDED: Final = dt.timedelta(minutes=30)
"""Maximum time for which a source's failure is held back because our own network may be down. The
cause is unknown until enough other hosts have been visited."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A period in which our network was down. ``until`` is None if it is still down."""

    since: dt.datetime
    until: dt.datetime | None

    def spoiled(self, run: Run) -> bool:
        """Return whether a visit got no response because of this outage."""
        in_it = self.since <= run.started and (self.until is None or run.started <= self.until)
        return in_it and is_unanswered(run)


@dataclass(frozen=True, slots=True)
class HostSeen:
    """State of a host: whether it ``answers``, and the latest visits with the same result.

    ``since`` is the time of the first of these visits, ``last`` the time of the last one, and
    ``visits`` their number.
    """

    answers: bool
    since: dt.datetime
    last: dt.datetime
    visits: int


def is_unanswered(run: Run) -> bool:
    """Return whether a visit got no response to any of its requests."""
    errors = errors_of_pages(run)
    return not run.pages and bool(errors) and {error.family for error in errors} <= NO_RESPONSE


def outage_of(recorded: Sequence[HealthEvent]) -> Outage | None:
    """Return the last outage of our network, or None.

    ``recorded`` contains the health events about our network, newest first.
    """
    match recorded:
        case [HealthEvent(well=False) as down, *_]:
            return Outage(down.at, None)
        case [up, down, *_]:
            return Outage(down.at, up.at)
    return None


def hosts_seen(
    sources: Mapping[str, Source], runs: Mapping[str, Sequence[Run]]
) -> dict[str, HostSeen]:
    """Return the state of each host after the last visit to any of its sources.

    ``runs`` contains the last visits to each source, newest first.
    """
    found: dict[str, HostSeen] = {}
    for name, some in runs.items():
        # Sources with the same host share its outages.
        host = host_and_port(sources[name].url)
        if some and (host not in found or found[host].last < some[0].started):
            silent = is_unanswered(some[0])
            alike = [*takewhile(lambda run: is_unanswered(run) == silent, some)]  # noqa: B023 - used at once
            found[host] = HostSeen(not silent, alike[-1].started, some[0].started, len(alike))
    return found


def network_events(
    hosts: Mapping[str, HostSeen], outage: Outage | None, further: int
) -> tuple[HealthEvent, ...]:
    """Return an event if our network went down or recovered, otherwise an empty tuple.

    A host without a response must be confirmed by ``further`` additional visits.
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
    reason = f"of the {len(beside)} hosts visited since the outage began, {silent} did not respond"
    down = HealthEvent(
        HOME, well=False, at=found.since, reason=reason, state="failing", code="network.down"
    )
    return (down,)


def began(hosts: Sequence[HostSeen], further: int) -> HostSeen | None:
    """Return the first host that stopped responding in an outage of our network, or None.

    The host must have failed in ``further`` additional visits.
    """
    for one in sorted(hosts, key=lambda host: host.since):
        beside = seen_since(hosts, one)
        nearly_all = len(beside) >= MIN_HOSTS and silent_share(beside) >= OUTAGE_SHARE
        if not one.answers and one.visits > further and nearly_all:
            return one
    return None


def ended(hosts: Sequence[HostSeen], outage: Outage) -> dt.datetime | None:
    """Return the time of the last visit if an outage is certainly over, or None."""
    for one in hosts:
        beside = seen_since(hosts, one)
        enough = (
            len(beside) >= min(MIN_HOSTS, len(hosts)) and silent_share(beside) <= RECOVERY_SHARE
        )
        if one.answers and one.since > outage.since and enough:
            return max(host.last for host in hosts)
    return None


def is_undecided(one: HostSeen, hosts: Mapping[str, HostSeen]) -> bool:
    """Return whether too few other hosts were visited to know if our network is down.

    ``one`` is a host that stopped responding. Only visits since then count.
    """
    few = len(seen_since(hosts.values(), one)) < MIN_HOSTS <= len(hosts)
    return few and not one.answers and one.last - one.since < MAX_UNDECIDED


def seen_since(hosts: Iterable[HostSeen], one: HostSeen) -> list[HostSeen]:
    """Return the hosts that were visited since the state of the host ``one`` last changed."""
    return [host for host in hosts if host.last >= one.since]


def silent_share(hosts: Sequence[HostSeen]) -> float:
    """Return the share of these hosts that do not respond (0 to 1)."""
    return sum(not host.answers for host in hosts) / len(hosts)
