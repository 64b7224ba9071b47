"""Measure what a fleet needs for a million sources on 30,000 hosts, and where its limits are.

    python benchmarks/fleet.py [--few]

First, the costs of visits are measured on this machine: CPU time, requests and archive bytes with
the real executor and press rooms on loopback, how long a visit holds the write transaction of a
store on SQLite and on PostgreSQL, and the time of a publication. Then the service's own planner
runs in simulated time with these costs. A number of workers visit the hosts that are due, one host
at a time. The results are how late visits start, how many hosts wait, and whether a host was ever
visited twice at the same time. On crowded hosts, visits to all sources take longer than the
interval, so delays grow as long as the simulation runs. With --few, the benchmark does only a small
share of its work. The last line is a JSON object.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks.fleet_parts import costs as visits
from benchmarks.fleet_parts import publications, writes
from benchmarks.fleet_parts.simulation import Costs, Fleet, Rhythms, Seen, Simulation, zipf_sizes
from data.settings import Collect, Network
from scheduler.children.executor import MAX_VISITS, MAX_VISITS_PER_HOST
from tests.postgres_server import missing, postgres_running

EXPONENT = 0.6
"""Of the sizes of hosts; the largest of 30,000 has 0.6 % of all sources then, and half have 19 or
fewer."""


@dataclass(frozen=True)
class Case:
    """A run of the simulation."""

    interval: int
    workers: int
    commit: float
    minutes: int


def main() -> None:
    """Measure the costs, replay the timetable, and print what came of it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--few", action="store_true")
    few = options.parse_args().few
    began = time.monotonic()
    cost = visits.measure(4 if few else 20)
    told: dict[str, object] = {"visits": tell_visits(cost)}
    written = dict(measured_writes(few=few))
    told["writes"] = {name: asdict(one) for name, one in written.items()}
    store = written.get("postgresql", written["sqlite"])
    told["publication_cpu_seconds"] = {
        count: round(publications.measure(count), 3)
        for count in ((50, 200) if few else (500, 2000))
    }
    print(
        f"a publication of one release, by sources: {told['publication_cpu_seconds']}", flush=True
    )
    sources, hosts = (20_000, 600) if few else (1_000_000, 30_000)
    requests = cost["not modified"].requests / cost["not modified"].visits
    told["replays"] = [
        replay(case, zipf_sizes(sources, hosts, EXPONENT), requests)
        for case in dict.fromkeys(cases(sources, requests, store))
    ]
    print(f"{time.monotonic() - began:.0f} s")
    print(json.dumps(told))


def tell_visits(cost: dict[str, visits.Cost]) -> dict[str, dict[str, float]]:
    """Print and give what visits cost, one each."""
    found = {}
    for name, one in cost.items():
        found[name] = {
            "requests": round(one.requests / one.visits, 1),
            "cpu_seconds": round(one.cpu / one.visits, 4),
            "archive_bytes": round(one.archive / one.visits),
            "archive_bytes_a_request": round(one.archive / one.requests),
            "store_bytes": round(one.store / one.visits),
            "megabytes_of_a_process": round(one.memory / 1e6),
        }
        print(f"a visit, {name}: {found[name]}", flush=True)
    return found


def measured_writes(*, few: bool) -> Iterator[tuple[str, writes.Writes]]:
    """What transactions take on both stores, as far as they are here."""
    releases, again = (400, 10) if few else (4000, 100)
    with tempfile.TemporaryDirectory() as folder:
        yield from told_writes("sqlite", f"sqlite:{folder}/communique.db", releases, again)
    if missing():
        print(f"no PostgreSQL: {missing()}")
        return
    # As an administrator has it: what is committed is on the disk.
    with postgres_running(fsync="on", full_page_writes="on") as server:
        url = server.socket_url(server.create())
        yield from told_writes("postgresql", url, releases, again)


def told_writes(
    name: str, url: str, releases: int, again: int
) -> Iterator[tuple[str, writes.Writes]]:
    """Measure one store, and print it."""
    found = writes.measure(url, releases, again)
    print(
        f"{name}: a visit holds the write transaction for {found.visit * 1000:.1f} ms, a new"
        f" release for {found.release * 1000:.1f} ms and {found.release_bytes:,.0f} bytes",
        flush=True,
    )
    if found.visit_least is not None:
        print(f"  the least for a visit would be {found.visit_least * 1000:.1f} ms", flush=True)
    yield name, found


def cases(sources: int, requests: float, store: writes.Writes) -> Iterator[Case]:
    """Runs around what should just do: by the default interval, and by longer ones."""
    gap = Network().delay
    for interval, minutes in ((Collect().interval, 20), (4 * 3600, 120)):
        enough = sources / interval * requests * gap / MAX_VISITS
        for share in (0.5, 1.0, 1.5, 3.0):
            yield Case(interval, max(1, round(enough * share)), 0.0, minutes)
    for commit in (store.visit, store.visit_least or 0.0):
        yield Case(4 * 3600, max(1, round(enough * 1.5)), commit, 120)


def replay(case: Case, sizes: list[int], requests: float) -> dict[str, object]:
    """Run one case."""
    chance = random.Random(20261126)  # noqa: S311 - the same in each run, no secret
    rhythms = Rhythms(case.interval, Collect().least_interval, chance)
    fleet = Fleet(sizes, case.workers * MAX_VISITS, case.interval, MAX_VISITS_PER_HOST)
    gap = Network().delay
    simulation = Simulation(fleet, Costs(requests, gap, case.commit), rhythms)
    seen = simulation.run(case.minutes * 60)
    found = {**asdict(case), "sources": sum(sizes), "hosts": len(sizes), **summary(seen, case)}
    found["sources_on_crowded_hosts"] = simulation.crowded_sources
    print(found, flush=True)
    return found


def summary(seen: Seen, case: Case) -> dict[str, object]:
    """What a run came to; delays are in seconds past due."""
    made = len(seen.delays) + len(seen.crowded)
    found: dict[str, object] = {
        "visits_a_second": round(made / (case.minutes * 60), 1),
        "jobs": seen.jobs,
        "hosts_waiting_mean": round(float(np.mean(seen.depth))),
        "hosts_waiting_end": seen.depth[-1],
        "places_busy": round(float(np.mean(seen.busy)) / (case.workers * MAX_VISITS), 3),
        "overlaps": seen.overlaps,
        "least_gap_seconds": round(seen.least_gap, 3),
    }
    for name, delays in (("delay", seen.delays), ("crowded_delay", seen.crowded)):
        if delays:
            p50, p90, p99 = np.quantile(delays, [0.5, 0.9, 0.99])
            found[name] = [round(float(one), 1) for one in (p50, p90, p99)]
    if case.commit:
        found["commit_waits"] = round(float(np.median(seen.commits_waited)), 2)
    return found


if __name__ == "__main__":
    main()
