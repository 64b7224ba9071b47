"""SIGKILLs of visits, the archive, publishing, alerts and backups: nothing is lost or duplicated.

`communique run` visits press rooms that publish and correct releases, publishes the site, and sends
alerts for a watch that matches everything. At a random time after a request to a press room, one of
its processes is killed, or all of them together, or a backup that runs at the same time. Killed
processes are started again. At the end, when all work is done, the releases of the press rooms must
be stored as shown, each with one alert. The archive must verify. The site must equal the site that
a HOME restored from a backup publishes.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.backup_parts.working_home import (
    NAMED,
    Rooms,
    Service,
    command,
    differing_sites,
    make_home,
    receiver,
    settle,
    wrongs,
)
from tests.press_room import served

KILLS, FEW = 200, 8
LONGEST = 2.0
"""Seconds after a room was asked, within which the kill comes."""

HALF, SOME, FEWER = 0.5, 0.3, 0.15
"""Shares of chance."""

PATIENCE = 60.0
"""Seconds for which a room waits to be asked."""


def measure(*, few: bool = False) -> dict[str, Any]:
    """Kill so often, settle, and count what is wrong."""
    kills = FEW if few else KILLS
    chance = random.Random(20261126)  # noqa: S311 - the same at each run
    killed: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name, served() as room, receiver() as (url, told):
        folder = Path(name)
        rooms = Rooms(room, 7)
        for source in rooms.notices:
            for _ in range(3):
                rooms.publish(source)
        home = make_home(folder / "home", rooms, url)
        service = Service(home)
        while sum(killed.values()) < kills:
            notices = [rooms.publish(source) for source in rooms.notices]
            for source in rooms.notices:
                if chance.random() < SOME:
                    rooms.correct(source)
            await_asked(rooms, {one.path for one in notices})
            time.sleep(chance.uniform(0, LONGEST))
            if chance.random() < FEWER:
                kill_backup(home, folder / "to", chance)
                killed["backup"] += 1
                continue
            whom, service = kill_one(home, service, chance)
            killed[whom] += 1
        service.stop()
        releases = settle(home, told)
        command(home, "mirror", "verify")
        command(home, "backup", str(folder / "to"))
        command(folder / "restored", "restore", str(folder / "to"))
        command(folder / "restored", "mirror", "verify")
        differing = command(home, "export") != command(folder / "restored", "export")
        return {
            "kills": sum(killed.values()),
            **{f"kills of {whom}": count for whom, count in sorted(killed.items())},
            "releases": len(releases),
            "edits": sum(one["revision"] - 1 for one in releases.values()),
            "exports differ": differing,
            "files of sites that differ": differing_sites(home, folder / "restored")[:NAMED],
            **wrongs(releases, rooms, told),
            "messages again": sum(count - 1 for count in told.heard.values()),
        }


def kill_one(home: Path, service: Service, chance: random.Random) -> tuple[str, Service]:
    """Kill one process of a service, or all of them; which it was, and the service after that."""
    if service.process.poll() is not None:
        sys.exit(f"the service ended by itself: see {service.log.name}")
    found = service.children()
    whom = chance.choice([*found])
    if whom != "service":
        # It may have ended by itself just now.
        with suppress(ProcessLookupError):
            os.kill(chance.choice(found[whom]), signal.SIGKILL)
        return whom, service
    if chance.random() < HALF:
        service.kill()
        return "all", Service(home)
    # Its children end by themselves; the next one need not wait for that.
    os.kill(service.process.pid, signal.SIGKILL)
    service.process.wait()
    return whom, Service(home)


def await_asked(rooms: Rooms, paths: set[str]) -> None:
    """Wait until any of these pages has been asked for, or for so long at the most."""
    room = rooms.room
    with room.asked:
        room.asked.wait_for(
            lambda: any(path in paths for path, _ in room.log[-50:]), timeout=PATIENCE
        )


def kill_backup(home: Path, to: Path, chance: random.Random) -> None:
    """Begin a backup, and kill it amid its work."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scheduler", "backup", str(to), "--home", str(home)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + PATIENCE
    while not (to / "backup.json").exists() and time.monotonic() < end and process.poll() is None:
        time.sleep(0.01)
    time.sleep(chance.uniform(0, 1))
    process.kill()
    process.wait()
