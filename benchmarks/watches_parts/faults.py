"""10,000 deliveries to receivers that fail, hang and lie, while the worker is killed 50 times.

A hundred releases match each of 100 watches, whose webhooks are at 50 receivers (see receivers).
The worker is a process that is killed by SIGKILL at random times, mostly while messages are being
sent, and started again. Its waits are shortened: a second for a response, a fifth of a second after
the first failure. Everything else is as in the service. ``lost`` are keys to which no receiver
responded with 2xx. ``again`` are messages that were sent again after their receipt was committed,
and ``changed`` messages that were sent with another body than before. ``repeated`` are messages
that arrived more than once before that; receivers that store keys ignore them.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Final

from benchmarks.watches_parts.homes import begun, make_home, record
from benchmarks.watches_parts.receivers import OK, Heard, receiving
from data.models import AlertDelivery
from data.network.client import Outbound
from data.search.saved_searches import SavedSearches
from feeds.alerts.delivery.alert_worker import AlertWorker
from feeds.alerts.delivery.sending import Senders
from feeds.sending_loop import Backoff
from scheduler.home.home import Home

RECEIVERS: Final = 50
PATIENCE = 600.0
"""Seconds after which what is not delivered counts as lost."""


def measure(*, few: bool = False) -> dict[str, object]:
    """What came of all deliveries."""
    watches, releases, kills = (50, 20, 5) if few else (100, 100, 50)
    chance = random.Random(7)  # noqa: S311 - the same each time
    with receiving(RECEIVERS, reliable=False) as receivers, tempfile.TemporaryDirectory() as name:
        urls = receivers.urls
        home = make_home(
            Path(name) / "home", [("pier", urls[one % RECEIVERS]) for one in range(watches)]
        )
        begin = time.monotonic()
        worker = begun(lambda: work(home))
        for kill in range(kills):
            for number in range(releases * kill // kills, releases * (kill + 1) // kills):
                record(home, number, "Ships are counted.")
            time.sleep(chance.uniform(0.2, 1.5))
            worker.kill()
            worker.join()
            worker = begun(lambda: work(home))
        wanted = watches * releases
        end = begin + PATIENCE
        while receipts(home) < wanted and time.monotonic() < end:
            time.sleep(0.2)
        worker.kill()
        worker.join()
        seconds = time.monotonic() - begin
        with closing(home.plain_store()) as store:
            deliveries = [*store.alerts(limit=2 * wanted)]
        found = judged(deliveries, receivers.heard(), wanted)
    return {"kills": kills, "seconds": round(seconds), **found}


def work(home: Home) -> None:
    """Deliver until killed."""
    outbound = Outbound(allow_private=True, patience=1.0)
    senders = Senders(outbound, home.settings.alerts, home.settings.site)
    store = home.plain_store()
    asyncio.run(AlertWorker(store, home.watches, SavedSearches(None), senders, Backoff(0.2)).run())


def receipts(home: Home) -> int:
    """How many deliveries are noted as delivered."""
    with closing(home.plain_store()) as store:
        return store.alert_counts().get("delivered", 0)


def judged(deliveries: list[AlertDelivery], heard: list[Heard], wanted: int) -> dict[str, object]:
    """What is told of all that was sent and heard."""
    taken = {key for one in heard if one.answer == OK for key in one.keys}
    committed = {one.message: one.due for one in deliveries if one.state == "delivered"}
    bodies: defaultdict[str, set[int]] = defaultdict(set)
    times: defaultdict[str, int] = defaultdict(int)
    again = 0
    for one in heard:
        bodies[one.message].add(one.body)
        times[one.message] += 1
        again += one.at > committed.get(one.message, float("inf"))
    lost = wanted - len(taken & {one.key for one in deliveries if one.state == "delivered"})
    changed = sum(len(found) > 1 for found in bodies.values())
    return {
        "deliveries": len(deliveries),
        "messages": len(bodies),
        "lost": lost,
        "again": again,
        "changed": changed,
        "repeated": sum(count > 1 for count in times.values()),
        "reached": not lost and not again and not changed and len(deliveries) == wanted,
    }
