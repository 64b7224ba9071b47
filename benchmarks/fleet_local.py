"""Compare many workers with one process, and check what is lost if any of them dies.

    python -m benchmarks.fleet_local [--part rate|kills|claims] [--rounds 30] [--few] [--million]
    python -m benchmarks.fleet_local --load 10

All processes run on one machine.

*rate*: releases per second of 1, 2 and 4 workers on 200 hosts, as a ratio to `executor = "local"`.
Both use PostgreSQL. PostgreSQL and the press rooms have one processor, services and workers have
the others. If other programs also use the machine, use the ratio by CPU time. The time is measured
from the first request to the last release. The time of the database is the time in which its
sessions were active, including waiting for each other.

*load*: the ratio of 2 workers while the given number of busy processes of normal priority run on
all processors, each in its own session. They end by themselves after LOAD_SECONDS.

*kills*: rounds of each fault, and of none, while services and workers visit on any processor. A
process is started again a second after it ended. The press rooms list a new release at each
request. At the end, each release that was ever listed must be recorded once, or be queued. The
press rooms count requests that were sent while another request to the same host was open, or too
soon after it. The recovery time ends at the beginning of the first 4 seconds with 95 % of the
visits of the 8 seconds before the fault.

*claims*: the time in milliseconds to fetch a job, claim its host and finish both, with many waiting
jobs, of the first and the last jobs. A transaction is open in the meantime, and no commit waits for
the disk.

The last line is JSON. The exit code is 1 if anything was lost, duplicated, overlapping or too soon.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg

from benchmarks.fleet_local_parts.claims import claims
from benchmarks.fleet_local_parts.fleet import PINNED, Fleet, Rooms, fleet, ours, rooms, theirs
from tests.postgres_server import PostgresServer, postgres_running

DELAY: Final = 0.05
"""Seconds between two requests that the press rooms ask for."""

RELEASES: Final = 10
"""Releases of each host when the rate is measured."""

PATIENCE: Final = 600

LOAD_SECONDS: Final = 1200
"""Maximum seconds that a busy process lives."""

LONGEST: Final = 120.0
"""Seconds after which nothing counts as being back."""

NONE: Final = "none"
"""A fault that does nothing: how much of what the others show is the measure's own."""

FAULTS: Final = (
    NONE,
    *("worker killed", "leader killed", "web node killed", "restart fast", "restart immediate"),
    *("backends terminated", "worker stalled"),
)

AWAITED: Final = """
    SELECT count(*) FROM unread_items u WHERE NOT EXISTS (SELECT 1 FROM aliases a
    WHERE a.key = u.key AND a.source = u.source AND a.kind = 'seen')
"""
"""What was listed and is to be asked for again: in a quarter of an hour, once no listing has it."""

STALL: Final = 40.0
"""Seconds that a worker stands still: longer than a lease."""

INTERVAL: Final = 8
"""Seconds between two visits of a host amid faults: half of what this machine can do, since a rate
that the machine bounds says nothing of a fault."""

SHOWN: Final = 6
"""Releases on a listing amid faults, so that visits stay as long as they are."""


def main() -> None:
    """Measure one part, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=["rate", "kills", "claims"])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--hosts", type=int, default=0)
    parser.add_argument("--faults", default=",".join(FAULTS))
    parser.add_argument("--few", action="store_true", help="A little of each.")
    parser.add_argument("--load", type=int, default=0, help="Busy processes; the rate alone.")
    parser.add_argument("--million", action="store_true", help="Claims among 1,000,000, too.")
    options = parser.parse_args()
    found: dict[str, Any] = {}
    if options.load:
        with loaded(options.load):
            found["rate"] = rate(options.hosts or 24, (2,)) | {"load": options.load}
        print(json.dumps(found))
        sys.exit(1 if is_wrong(found["rate"]) else 0)
    if options.part in {None, "rate"}:
        hosts = options.hosts or (24 if options.few else 200)
        found["rate"] = rate(hosts, (1, 2) if options.few else (1, 2, 4))
        print(json.dumps(found["rate"]), flush=True)
    if options.part in {None, "kills"}:
        faults = options.faults.split(",")
        found["kills"] = kills(options.hosts or 40, 2 if options.few else options.rounds, faults)
        print(json.dumps(found["kills"]), flush=True)
    if options.part in {None, "claims"}:
        seconds = 20 if options.few else 180
        for waiting in (30_000, *([1_000_000] if options.million else [])):
            with database(fsync="off") as server:
                url = server.url(server.create())
                found[f"claims among {waiting}"] = asyncio.run(claims(url, waiting, seconds))
    print(json.dumps(found))
    sys.exit(1 if any(is_wrong(part) for part in found.values()) else 0)


def is_wrong(part: dict[str, Any]) -> bool:
    """Whether a part counted what must not be."""
    return any(part.get(name) for name in ("lost", "doubled", "overlaps", "hasty"))


@contextmanager
def database(fsync: str = "on") -> Iterator[PostgresServer]:
    """A server on the processor of the hosts."""
    settings = {"fsync": fsync, "shared_buffers": "256MB", "max_wal_size": "2GB"}
    with pinned(), postgres_running(**settings) as server:
        os.sched_setaffinity(0, PINNED)
        yield server


@contextmanager
def pinned() -> Iterator[None]:
    """Let what is started within have the processor of the database and the hosts."""
    os.sched_setaffinity(0, theirs())
    try:
        yield
    finally:
        os.sched_setaffinity(0, PINNED)


@contextmanager
def loaded(number: int) -> Iterator[None]:
    """Keep the processors busy with so many processes."""
    code = (
        f"import time; end = time.monotonic() + {LOAD_SECONDS}\nwhile time.monotonic() < end: pass"
    )
    busy = [
        subprocess.Popen([sys.executable, "-S", "-c", code], start_new_session=True)
        for _ in range(number)
    ]
    try:
        yield
    finally:
        for one in busy:
            one.kill()
            one.wait()


def rate(hosts: int, workers: tuple[int, ...]) -> dict[str, Any]:
    """Releases a second by so many workers, and those of the local executor."""
    told: dict[str, Any] = {"hosts": hosts, "overlaps": 0, "hasty": 0}
    with database() as server:
        for number in (0, *workers):
            name = f"{number} workers" if number else "local"
            with rooms(hosts, DELAY) as opened, tempfile.TemporaryDirectory() as folder:
                opened.say(f"first/{RELEASES}")
                url = server.url(server.create())
                with fleet(
                    Path(folder),
                    opened,
                    url,
                    services=1,
                    workers=number,
                    interval=3600,
                    processors=ours(),
                ) as running:
                    told[name] = counted(running, opened, hosts * RELEASES)
                told["overlaps"] += told[name]["overlaps"]
                told["hasty"] += told[name]["hasty"]
            print(name, told[name], flush=True)
    for number in workers:
        ratio = told[f"{number} workers"]["releases a second"] / told["local"]["releases a second"]
        told[f"ratio of {number}"] = round(ratio, 2)
        spent = told["local"]["processor ms a release"]
        spent /= told[f"{number} workers"]["processor ms a release"]
        told[f"ratio of {number} by processor time"] = round(spent, 2)
    return told


def counted(running: Fleet, opened: Rooms, releases: int) -> dict[str, Any]:
    """How fast all releases were recorded, and what the hosts say of it."""
    until = time.monotonic() + PATIENCE
    while not opened.say()["requests"]:
        assert time.monotonic() < until, "nobody asked for anything"
        time.sleep(0.05)
    began, before = time.monotonic(), running.processor_seconds
    while running.ask("SELECT count(*) FROM releases") < releases:
        assert time.monotonic() < until, "not all was recorded"
        time.sleep(0.25)
    seconds = time.monotonic() - began
    active = running.ask(
        "SELECT active_time FROM pg_stat_database WHERE datname = current_database()"
    )
    said = opened.say()
    return {
        "releases a second": round(releases / seconds, 1),
        "processor ms a release": round(1000 * (running.processor_seconds - before) / releases, 1),
        "database ms a release": round(active / releases, 2),
        **{name: said[name] for name in ("parallel", "overlaps", "hasty", "shortest")},
    }


def kills(hosts: int, rounds: int, faults: list[str]) -> dict[str, Any]:
    """What becomes of releases and hosts, and how soon all goes on, over rounds of each fault."""
    told: dict[str, Any] = {"rounds": rounds}
    with (
        database() as server,
        rooms(hosts, DELAY) as opened,
        tempfile.TemporaryDirectory() as folder,
    ):
        opened.say("first/2")
        opened.say(f"show/{SHOWN}")
        url = server.url(server.create())
        with fleet(
            Path(folder), opened, url, services=2, workers=2, interval=INTERVAL, processors=PINNED
        ) as running:
            settle(running, hosts)
            opened.say("grow/1")
            for fault in faults:
                times = []
                for number in range(rounds):
                    times.append(round(back(running, server, fault, number), 1))
                    said = opened.say()
                    print(fault, times[-1], said["overlaps"], said["hasty"], flush=True)
                told[fault] = {
                    "median": statistics.median(times),
                    "max": max(times),
                }
            opened.say("grow/0")
            told |= judged(running, opened)
            exits = [code for kept in (*running.workers, *running.services) for code in kept.exits]
            told["exits"] = {str(code): exits.count(code) for code in sorted(set(exits))}
    return told


def settle(running: Fleet, hosts: int) -> None:
    """Wait until every host was visited."""
    until = time.monotonic() + PATIENCE
    while running.ask("SELECT to_regclass('runs') IS NULL") or (
        running.ask("SELECT count(DISTINCT source) FROM runs") < hosts
    ):
        assert time.monotonic() < until, "not all hosts were visited"
        time.sleep(0.5)
    time.sleep(5)


def back(running: Fleet, server: PostgresServer, fault: str, number: int) -> float:
    """Seconds from a fault to the beginning of 4 with 95 % of the visits of the 8 before it."""
    visits = Counter(running)
    visits.look(8)
    usual = visits.between(visits.last - 8, visits.last) / 2
    began = time.monotonic()
    do(running, server, fault, number)
    if fault == "worker stalled":
        # What counts is whether the others, and then it, go on.
        began = time.monotonic()
    while True:
        visits.look(0.5)
        start = began
        while start + 4 <= visits.last:
            if visits.between(start, start + 4) >= 0.95 * usual:
                # The next round finds all at work.
                visits.look(3)
                return start - began
            start += 0.5
        if time.monotonic() - began > LONGEST:
            return LONGEST


def do(running: Fleet, server: PostgresServer, fault: str, number: int) -> None:
    """Let something go wrong."""
    if fault == NONE:
        return
    if fault == "worker killed":
        running.workers[number % 2].kill()
    elif fault == "leader killed":
        running.leader.kill()
    elif fault == "web node killed":
        leader = running.leader
        next(kept for kept in running.services if kept is not leader).kill()
    elif fault == "worker stalled":
        running.workers[number % 2].stall(STALL)
    elif fault == "backends terminated":
        with psycopg.connect(server.url("postgres"), autocommit=True) as db:
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
    else:
        with pinned():
            server.restart("fast" if fault == "restart fast" else "immediate")


class Counter:
    """How many visits were over at which time, while somebody looks."""

    def __init__(self, running: Fleet) -> None:
        self._running = running
        self._seen: list[tuple[float, int]] = []

    @property
    def last(self) -> float:
        """When was looked last."""
        return self._seen[-1][0]

    def look(self, seconds: float) -> None:
        """Look for so long."""
        until = time.monotonic() + seconds
        while True:
            number = self._running.ask("SELECT count(*) FROM runs")
            self._seen.append((time.monotonic(), number))
            if time.monotonic() >= until:
                return
            time.sleep(0.2)

    def between(self, start: float, end: float) -> float:
        """How many ended between two times that were looked at."""
        return self._at(end) - self._at(start)

    def _at(self, moment: float) -> float:
        before = [one for one in self._seen if one[0] <= moment]
        after = [one for one in self._seen if one[0] >= moment]
        if not before:
            return after[0][1]
        if not after or after[0] == before[-1]:
            return before[-1][1]
        (t0, n0), (t1, n1) = before[-1], after[0]
        return n0 + (n1 - n0) * (moment - t0) / (t1 - t0)


def judged(running: Fleet, opened: Rooms) -> dict[str, Any]:
    """What was lost and doubled in the end, once each host was visited again."""
    until = time.monotonic() + 180
    while True:
        said = opened.say()
        listed = sum(said["listed"].values())
        recorded = running.ask("SELECT count(DISTINCT title) FROM releases")
        awaited = running.ask(AWAITED)
        if recorded >= listed or time.monotonic() > until:
            break
        time.sleep(1)
    return {
        "listed": listed,
        "awaited": awaited,
        "lost": listed - recorded - awaited,
        "doubled": running.ask(
            "SELECT count(*) - (SELECT count(DISTINCT title) FROM releases)"
            " FROM events WHERE kind = 'new'"
        ),
        "visits": running.ask("SELECT count(*) FROM runs"),
        "overlaps": said["overlaps"],
        "hasty": said["hasty"],
        "shortest gap": said["shortest"],
        "requests": said["requests"],
    }


if __name__ == "__main__":
    main()
