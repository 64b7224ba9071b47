"""Backups during visits, publishing and alerts, and the HOMEs restored from them.

Each backup is restored and verified. It must contain everything that was stored before it began,
unchanged, and nothing that was stored after it ended. After the last visit, one more backup is
made. The export and the site of the HOME restored from it must be the same, byte for byte.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.backup_parts.working_home import (
    NAMED,
    Rooms,
    Service,
    command,
    differing_sites,
    lines_of,
    make_home,
    receiver,
    settle,
    wrongs,
)
from tests.press_room import served

BACKUPS, FEW = 20, 2
BEFORE = 40
"""Releases of each source before the first backup."""

SOME = 0.3
"""Share of releases after which one is corrected."""

PACE = 0.1
"""Seconds between two releases, of one source after the other."""


def measure(*, few: bool = False) -> dict[str, Any]:
    """Back up a HOME at work so often, and count what is wrong with what is restored."""
    backups = FEW if few else BACKUPS
    with tempfile.TemporaryDirectory() as name, served() as room, receiver() as (url, told):
        folder = Path(name)
        rooms = Rooms(room, 20261126)
        for source in rooms.notices:
            for _ in range(BEFORE // 4 if few else BEFORE):
                rooms.publish(source)
        home = make_home(folder / "home", rooms, url)
        done = threading.Event()
        writer = threading.Thread(target=publish, args=(rooms, done), daemon=True)
        service = Service(home)
        writer.start()
        # Its first visits are under way; backups come beside those after them.
        while not command(home, "export"):
            time.sleep(PACE)
        wrong = missing = meanwhile = 0
        first: int | None = None
        seconds = []
        for number in range(backups):
            before = lines_of(command(home, "export"))
            first = len(before) if first is None else first
            began = time.perf_counter()
            command(home, "backup", str(folder / "to"))
            seconds.append(time.perf_counter() - began)
            after = lines_of(command(home, "export"))
            restored = folder / f"restored-{number}"
            command(restored, "restore", str(folder / "to"))
            # Ends this where anything is wrong with the archive.
            command(restored, "mirror", "verify")
            held = lines_of(command(restored, "export"))
            missing += len(before.keys() - held.keys())
            wrong += len(held.keys() - after.keys())
            wrong += sum(
                held[one] != before[one]
                for one in held.keys() & before.keys()
                if before[one] == after.get(one)
            )
            shutil.rmtree(restored)
            meanwhile = len(after) - first
        done.set()
        writer.join()
        service.stop()
        releases = settle(home, told)
        command(home, "backup", str(folder / "to"))
        restored = folder / "restored"
        command(restored, "restore", str(folder / "to"))
        command(restored, "mirror", "verify")
        differing = command(home, "export") != command(restored, "export")
        return {
            "backups": backups,
            "releases": len(releases),
            "edits": sum(one["revision"] - 1 for one in releases.values()),
            "releases stored meanwhile": meanwhile,
            "seconds of a backup": round(sorted(seconds)[len(seconds) // 2], 2),
            "missing": missing,
            "wrong": wrong,
            "exports differ": differing,
            "files of sites that differ": differing_sites(home, restored)[:NAMED],
            **wrongs(releases, rooms, told),
        }


def publish(rooms: Rooms, done: threading.Event) -> None:
    """Have rooms publish and correct, until that is enough."""
    while True:
        for source in rooms.notices:
            if done.wait(PACE):
                return
            rooms.publish(source)
            if rooms.chance.random() < SOME:
                rooms.correct(source)
