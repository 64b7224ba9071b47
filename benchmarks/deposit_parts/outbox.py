"""Deposits of many versions at an archive that fails, by a process that is killed."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from data.clock import utc_now
from scheduler.home.home import Home, open_home
from tests.drafts import draft, published
from tests.fork_server import forked
from tests.save_archive import SaveArchive, archive_served

CHILD: Final = """
import asyncio, sys
from pathlib import Path
from feeds.sending_loop import Backoff
from feeds.deposits.deposit_worker import DepositPace
from scheduler.home.home import open_home
from scheduler.service.outbox import DepositService
pace = DepositPace(Backoff(0.05), poll=0.03, settle=1.5)
asyncio.run(DepositService(open_home(Path(sys.argv[1])), pace).run())
"""

HOST: Final = "http://93.184.216.34"
"""A public address, so that no name is looked up. No page is requested from it."""

FAULTS: Final = ("lost", "cut", 429, 500, {"status_ext": "error:user-session-limit"})
"""Faults of the archive; see tests.save_archive."""

FAULT_SHARE: Final = 0.15
"""Share of requests to save a page that meet a fault."""

MAX_START_SECONDS: Final = 5.0
"""Maximum time in seconds until a process sends its first request. It may have to wait."""

MAX_EXIT_SECONDS: Final = 300.0
"""Maximum time in seconds until a killed process has ended. It may wait for the disk."""

MAX_SECONDS: Final = 900.0
"""Maximum time in seconds until all versions are saved."""


def measure_outbox(folder: Path, versions: int, kills: int) -> dict[str, float]:
    """Deposit versions while the process is killed, and count what the archive received."""
    chance = random.Random(versions)  # noqa: S311 - no secret
    with archive_served() as archive:
        archive.indexing = 0.3
        archive.retry_after = "1"
        archive.faults += [
            chance.choice(FAULTS) if chance.random() < FAULT_SHARE else {} for _ in range(versions)
        ]
        folder.mkdir()
        settings = (
            f"[network]\nallow_private = true\n[archive.deposits.loopback]\n{archive.settings}"
        )
        (folder / "communique.toml").write_text(settings)
        home = open_home(folder)
        with closing(home.store()) as store:
            store.begin_deposits()
        for kill in range(kills):
            record(home, kill * versions // kills, (kill + 1) * versions // kills)
            archive.down = kill % 10 == 9  # noqa: PLR2004 - one of ten lives meets an outage
            run_until_killed(folder, archive, chance.uniform(0, 0.6))
        archive.down = False
        with depositing(folder):
            wait_for(lambda: receipts(home) >= versions, MAX_SECONDS)
    saved = Counter(url for url, _ in archive.captures)
    return {
        "versions": versions,
        "kills": kills,
        "lost": versions - len(saved),
        "twice": sum(number - 1 for number in saved.values()),
        "receipts": receipts(home),
        "requests": sum(one.startswith("save ") for one in archive.asked),
    }


def record(home: Home, start: int, end: int) -> None:
    """Record new releases."""
    now = utc_now()
    with closing(home.store()) as store:
        for number in range(start, end):
            text = f"Lamp {number} of mole {number * 7} is lit again. Boat {number} saw it."
            one = draft(
                f"{HOST}/notices/{number}",
                title=f"Lamp {number}",
                body_text=text,
                published=published(now.date().isoformat()),
            )
            store.record(one, seen=now, since=now)


@contextmanager
def depositing(folder: Path) -> Iterator[None]:
    """Run the outbox in a process during the block, and then kill the process with SIGKILL."""
    with Path(os.devnull).open("r+") as nothing:
        process = forked(["-c", CHILD, str(folder)], (nothing.fileno(),) * 3)
        try:
            yield
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(MAX_EXIT_SECONDS)
            process.close()


def run_until_killed(folder: Path, archive: SaveArchive, seconds: float) -> None:
    """Run the outbox, and kill its process a moment after its first request."""
    before = len(archive.asked)
    with depositing(folder):
        wait_for(lambda: len(archive.asked) > before, MAX_START_SECONDS)
        time.sleep(seconds)


def wait_for(is_so: Callable[[], bool], seconds: float) -> None:
    """Return once a function returns true, or after a time in seconds."""
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        time.sleep(0.02)


def receipts(home: Home) -> int:
    """Return the number of receipts in the store."""
    with closing(home.plain_store()) as store:
        return sum(one.number for one in store.deposit_counts() if one.state == "done")
