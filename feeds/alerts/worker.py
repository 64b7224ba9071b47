"""Holds what happened against the watches, and delivers what comes of it until it is taken."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import structlog

from data.models import AlertDelivery, QueuedEvent
from data.network.client import Outbound
from data.store.protocol import Store
from data.watches.match import AlertEvent, WatchIndex, release_event
from data.watches.watch import Watch, Webhook, load_watches
from feeds.alerts.messages import idempotency_key, message
from feeds.alerts.webhook import Undelivered, send
from feeds.websub.backoff import Backoff

log = structlog.get_logger()

TOGETHER: Final = 50
"""Events that are held against the watches in one transaction."""

AT_ONCE: Final = 16
"""Receivers that are spoken to at the same time, each host once."""

ATTEMPTS: Final = 16
"""Times that a message is sent: over two days, with the waits of feeds.websub.backoff."""


class AlertWorker:
    """Tells those whom the watches in ``folder`` name."""

    def __init__(self, store: Store, folder: Path, outbound: Outbound, pace: Backoff) -> None:
        self._store = store
        self._folder = folder
        self._outbound = outbound
        self._pace = pace
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._stamp: object = None
        self._watches: Mapping[str, Watch] = {}
        self._index = WatchIndex({})

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                self._load()
                while await asyncio.to_thread(self._match):
                    self._begin()
                self._begin()
                await self._pace.rest()
        finally:
            tasks = list(self._busy.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _load(self) -> None:
        """Take in files of watches that were added, changed or removed."""
        stats = [(path.name, path.stat()) for path in sorted(self._folder.glob("*.toml"))]
        stamp = [(name, one.st_mtime_ns, one.st_size, one.st_ino) for name, one in stats]
        if stamp == self._stamp:
            return
        self._watches, errors = load_watches(self._folder)
        self._index = WatchIndex(
            {name: one for name, one in self._watches.items() if one.webhook is not None}
        )
        for error in errors:
            log.error("a watch can't be used", problem=str(error))
        self._stamp = stamp

    # Match.

    def _match(self) -> bool:
        """Hold some events against the watches; False where none wait."""
        try:
            queued = self._store.queued_events(limit=TOGETHER)
            if not queued:
                return False
            deliveries = [one for event in queued for one in self._deliveries(event)]
            self._store.settle_events(queued[-1].number, deliveries)
            return True
        finally:
            # The connection of this thread.
            self._store.close()

    def _deliveries(self, event: QueuedEvent) -> list[AlertDelivery]:
        """What is to be delivered of an event."""
        release = self._store.release(event.release) if event.release else None
        if release:
            asked = release_event(event.kind, release, backlog=event.backlog)
        else:
            asked = AlertEvent("health", event.health.source) if event.health else None
        now = time.time()
        return [
            AlertDelivery(
                idempotency_key(name, event),
                name,
                message(name, self._watches[name], event, release),
                made=now,
                due=now,
            )
            for name in (self._index.matching(asked) if asked else ())
        ]

    # Deliver.

    def _begin(self) -> None:
        """Begin what is due, as far as there is room."""
        hosts = {name: host_of(one.webhook) for name, one in self._watches.items() if one.webhook}
        while len(self._busy) < AT_ONCE:
            busy = [name for name, host in hosts.items() if host in self._busy]
            due = self._store.pending_alerts(time.time(), busy, limit=AT_ONCE)
            if not due:
                return
            for delivery in due:
                self._start(delivery)

    def _start(self, delivery: AlertDelivery) -> None:
        watch = self._watches.get(delivery.watch)
        if watch is None or watch.webhook is None:
            problem = f"there is no watch {delivery.watch} with a webhook any more"
            self._store.give_up_alert(delivery.key, problem)
            return
        host = host_of(watch.webhook)
        if len(self._busy) < AT_ONCE and host not in self._busy:
            action = self._deliver(watch.webhook, delivery)
            task = self._busy[host] = asyncio.create_task(action)
            task.add_done_callback(lambda done: self._ended(host, done))

    def _ended(self, host: str, task: asyncio.Task[None]) -> None:
        del self._busy[host]
        if not task.cancelled() and (error := task.exception()):
            # Not at once again: whatever is wrong may be so the next time.
            log.error("alert failed", problem=f"{type(error).__name__}: {error}")
        else:
            self._pace.wake()

    async def _deliver(self, webhook: Webhook, delivery: AlertDelivery) -> None:
        try:
            await send(self._outbound, webhook, delivery, int(time.time()))
        except Undelivered as error:
            if error.final or delivery.attempts + 1 >= ATTEMPTS:
                self._store.give_up_alert(delivery.key, str(error))
            else:
                until = self._pace.after(delivery.attempts)
                self._store.put_off_alert(delivery.key, until, str(error))
            # The path of a webhook may be a secret.
            log.warning("alert not delivered", watch=delivery.watch, problem=str(error))
        else:
            self._store.mark_alert_delivered(delivery.key, time.time())


def host_of(webhook: Webhook) -> str:
    """The host and port of a receiver."""
    return urlsplit(webhook.url).netloc.rpartition("@")[2]
