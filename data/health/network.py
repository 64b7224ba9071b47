"""Whether our own network is down, which no source is to blame for.

It is where nearly all hosts that were visited since one began to give no answer give none either.
It is told once, as a change in the health of HOME. Visits that it spoiled tell nothing of a source.
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
"""What stands in place of a source in the events of our network."""

SILENT: Final = {"dns", "connection", "timeout"}
"""Families of errors of those who give no answer."""

FEWEST: Final = 3
"""Hosts without an answer that make an outage of ours: two may share what they run on."""

NEARLY_ALL: Final = 0.9
"""The part of hosts without an answer that makes an outage: some may be in our own building."""

BACK: Final = 0.5
"""The part of hosts that answer again with which it is over."""

PATIENCE: Final = dt.timedelta(minutes=30)
"""How long a source without an answer is not told since too few others were visited."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which our network was down; ``until`` is None where it still is."""

    since: dt.datetime
    until: dt.datetime | None

    def spoiled(self, run: Run) -> bool:
        """Whether a visit got no answer because of it."""
        in_it = self.since <= run.started and (self.until is None or run.started <= self.until)
        return in_it and is_unanswered(run)


@dataclass(frozen=True, slots=True)
class HostSeen:
    """Whether a host ``answers``, since which visit, how many they are, and the last of them."""

    answers: bool
    since: dt.datetime
    last: dt.datetime
    visits: int


def is_unanswered(run: Run) -> bool:
    """Whether nothing that a visit asked for was answered."""
    errors = errors_of_pages(run)
    return not run.pages and bool(errors) and {error.family for error in errors} <= SILENT


def outage_of(told: Sequence[HealthEvent]) -> Outage | None:
    """The last outage by what was told of our network, the newest first."""
    match told:
        case [HealthEvent(well=False) as down, *_]:
            return Outage(down.at, None)
        case [up, down, *_]:
            return Outage(down.at, up.at)
    return None


def hosts_seen(
    sources: Mapping[str, Source], runs: Mapping[str, Sequence[Run]]
) -> dict[str, HostSeen]:
    """What the last visits, the newest first, show of each host."""
    found: dict[str, HostSeen] = {}
    for name, some in runs.items():
        host = host_of(sources[name])
        if some and (host not in found or found[host].last < some[0].started):
            found[host] = host_seen(some)
    return found


def host_seen(runs: Sequence[Run]) -> HostSeen:
    """What the last visits to a host show, the newest first."""
    silent = is_unanswered(runs[0])
    alike = next((at for at, run in enumerate(runs) if is_unanswered(run) != silent), len(runs))
    return HostSeen(not silent, runs[alike - 1].started, runs[0].started, alike)


def host_of(source: Source) -> str:
    """The host of a source, as others have it that share what it runs on."""
    return urlsplit(source.url).netloc.rpartition("@")[2].lower()


def network_events(
    hosts: Mapping[str, HostSeen], outage: Outage | None, further: int
) -> tuple[HealthEvent, ...]:
    """That our network is down, or back, after the last outage; nothing where that is no news.

    So many ``further`` visits to a host must have shown it.
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
    reason = f"{silent} of the {len(beside)} that were visited since give no answer"
    down = HealthEvent(
        HOME, well=False, at=found.since, reason=reason, state="failing", code="network.down"
    )
    return (down,)


def began(hosts: Sequence[HostSeen], further: int) -> HostSeen | None:
    """The first host that gives no answer since our network is down, where that is sure."""
    for one in sorted(hosts, key=lambda host: host.since):
        beside = seen_since(hosts, one)
        nearly_all = len(beside) >= FEWEST and silent_part(beside) >= NEARLY_ALL
        if not one.answers and one.visits > further and nearly_all:
            return one
    return None


def ended(hosts: Sequence[HostSeen], outage: Outage) -> dt.datetime | None:
    """The last visit, where it is sure that an outage is over."""
    for one in hosts:
        beside = seen_since(hosts, one)
        enough = len(beside) >= min(FEWEST, len(hosts)) and silent_part(beside) <= BACK
        if one.answers and one.since > outage.since and enough:
            return max(host.last for host in hosts)
    return None


def is_undecided(one: HostSeen, hosts: Mapping[str, HostSeen]) -> bool:
    """Whether too few others were visited since a host began to give no answer."""
    few = len(seen_since(hosts.values(), one)) < FEWEST <= len(hosts)
    return few and not one.answers and one.last - one.since < PATIENCE


def seen_since(hosts: Iterable[HostSeen], one: HostSeen) -> list[HostSeen]:
    """The hosts that were visited since one began to answer, or not to."""
    return [host for host in hosts if host.last >= one.since]


def silent_part(hosts: Sequence[HostSeen]) -> float:
    """The part of hosts that give no answer."""
    return sum(not host.answers for host in hosts) / len(hosts)
