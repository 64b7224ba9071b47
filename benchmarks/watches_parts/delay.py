"""Time from the commit of a release until its alerts are with healthy receivers.

A hundred releases are recorded, two per second. Each matches 20 of 10,000 watches, whose webhooks
are at 50 receivers that respond at once. The real service sends the alerts. Nothing wakes it: it
finds new events by itself.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from benchmarks.watches_parts.homes import begun, make_home, record
from benchmarks.watches_parts.receivers import receiving
from scheduler.home.home import Home
from scheduler.service.outbox import AlertService

RECEIVERS: Final = 50
GROUPS: Final = 500
BAR = 5.0
PATIENCE = 300.0


def measure(*, few: bool = False) -> dict[str, object]:
    """The delay of each alert, in seconds."""
    releases, each = (10, 4) if few else (100, 20)
    with receiving(RECEIVERS, reliable=True) as receivers, tempfile.TemporaryDirectory() as name:
        urls = receivers.urls
        watches = [
            (f"group{number % GROUPS}", urls[number % RECEIVERS]) for number in range(GROUPS * each)
        ]
        home = make_home(Path(name) / "home", watches)
        service = begun(lambda: work(home))
        # It is at work once it told of something.
        record(home, GROUPS, "group0")
        wait(home, each)
        committed: dict[str, float] = {}
        for number in range(releases):
            committed[record(home, number, f"group{number}")] = time.time()
            time.sleep(0.5)
        wait(home, each * (releases + 1))
        service.kill()
        service.join()
        heard = receivers.heard()
    delays = [
        one.at - committed[release]
        for one in heard
        for release in one.releases
        if release in committed
    ]
    worst = statistics.quantiles(delays, n=100)[98]
    return {
        "watches": GROUPS * each,
        "deliveries": len(delays),
        "median_s": round(statistics.median(delays), 2),
        "p99_s": round(worst, 2),
        "reached": worst <= BAR and len(delays) == each * releases,
    }


def wait(home: Home, wanted: int) -> None:
    """Return as soon as so many alerts are delivered."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with closing(home.plain_store()) as store:
            if store.alert_counts().get("delivered", 0) >= wanted:
                return
        time.sleep(1)


def work(home: Home) -> None:
    """Tell of alerts until killed."""
    asyncio.run(AlertService(home).run())
