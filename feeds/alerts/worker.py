"""Holds what happened against the watches, and delivers what comes of it until it is taken."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from data.errors import LeaseLost, StoreError
from data.models import AlertDelivery, AlertMessage, QueuedEvent
from data.store.protocol import Store
from data.store.public_view import public_view
from data.watches.folder import WatchFolder
from data.watches.schedule import after_quiet
from data.watches.watch import Watch
from feeds.alerts.matcher import Matcher
from feeds.alerts.messages import Undelivered, release_told
from feeds.alerts.receipts import receipt
from feeds.alerts.senders import Senders
from feeds.websub.backoff import LOOK, Backoff

log = structlog.get_logger()

MOST: Final = 500
"""Events that one message tells of, and that are held against the watches before any is told."""

FULL: Final = 10_000
"""Deliveries after which no more events are held against the watches in the same transaction."""

AT_ONCE: Final = 64
"""Receivers that are given a message at the same time."""

FAILING_AT_ONCE: Final = 16
"""How many of these may be receivers that took nothing the last time: they may hang again."""

ATTEMPTS: Final = 16
"""Times that a message is sent: over two days, with the waits of feeds.websub.backoff."""


class AlertWorker:
    """Tells those whom the watches in ``folder`` name."""

    def __init__(self, store: Store, folder: Path, senders: Senders, pace: Backoff) -> None:
        self._store = store
        self._folder = WatchFolder(folder)
        self._senders = senders
        self._pace = pace
        self._matcher = Matcher({}, senders.alerts)
        self._waiting: dict[str, deque[tuple[str, str]]] = {}
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._failing: set[str] = set()
        self._refreshed = float("-inf")

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                more, waiting = await asyncio.to_thread(self._look)
                self._queue(waiting)
                self._begin()
                if not more:
                    await self._pace.rest()
        finally:
            # What ends now begins nothing more.
            self._waiting = {}
            tasks = list(self._busy.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # Match.

    def _look(self) -> tuple[bool, Sequence[tuple[str, str]]]:
        """Hold some events against the watches; whether more may wait, and what is due by now."""
        try:
            if self._is_stale() and self._folder.refresh():
                for error in self._folder.errors:
                    log.error("a watch can't be used", problem=str(error))
                self._matcher = Matcher(self._folder.watches, self._senders.alerts)
            queued = self._store.queued_events(limit=MOST)
            made: list[AlertDelivery] = []
            store = public_view(self._store) if queued else self._store
            for event in queued:
                made += self._deliveries(store, event)
                if len(made) >= FULL:
                    break
            if queued:
                self._store.settle_events(event.number, made)
            return bool(queued), self._store.waiting_outputs(time.time())
        finally:
            # The connection of this thread.
            self._store.close()

    def _deliveries(self, store: Store, event: QueuedEvent) -> Sequence[AlertDelivery]:
        """What is to be told of an event; nothing where it can't be held against the watches."""
        try:
            return [*self._matcher.deliveries(store, event)]
        except (OSError, StoreError, LeaseLost):
            raise
        except Exception:
            # Held against them again it would fail again, and all later events with it.
            log.exception("an event can't be told", release=event.release)
            return []

    def _is_stale(self) -> bool:
        """Whether it is time to look at the files of watches, of which there may be thousands."""
        now = time.monotonic()
        if now - self._refreshed < LOOK:
            return False
        self._refreshed = now
        return True

    # Deliver.

    def _watch(self, name: str) -> Watch | None:
        return self._matcher.watches.get(name)

    def _queue(self, waiting: Sequence[tuple[str, str]]) -> None:
        """Have what is due wait for its receivers."""
        self._waiting = {}
        for name, output in waiting:
            watch = self._watch(name)
            if watch and watch.paused:
                continue
            receiver = self._receiver(watch, output) if watch else ""
            self._waiting.setdefault(receiver, deque()).append((name, output))

    def _receiver(self, watch: Watch, output: str) -> str:
        try:
            return self._senders.receiver(watch, output)
        except Exception:
            # Sending fails as well, which is noted there; nobody else waits behind it.
            log.exception("a receiver can't be told", watch=watch.name)
            return f"{watch.name} {output}"

    def _begin(self) -> None:
        """Begin what is due, as far as there is room: one message for each receiver."""
        for receiver in list(self._waiting):
            if len(self._busy) >= AT_ONCE:
                return
            failing = len(self._failing & self._busy.keys())
            if receiver in self._busy or (receiver in self._failing and failing >= FAILING_AT_ONCE):
                continue
            if message := self._next_for(receiver):
                task = self._busy[receiver] = asyncio.create_task(self._deliver(receiver, message))
                task.add_done_callback(partial(self._ended, receiver))

    def _next_for(self, receiver: str) -> AlertMessage | None:
        """The next message for a receiver, which then may have more to come."""
        waiting = self._waiting[receiver]
        while waiting:
            message = self._store.next_message(*waiting[0], time.time(), most=MOST)
            if message:
                waiting.rotate(-1)
                return message
            waiting.popleft()
        del self._waiting[receiver]
        return None

    def _ended(self, receiver: str, task: asyncio.Task[None]) -> None:
        del self._busy[receiver]
        if task.cancelled():
            return
        if error := task.exception():
            # Not at once again: whatever is wrong may be so the next time.
            self._waiting.pop(receiver, None)
            log.error("alert failed", problem=f"{type(error).__name__}: {error}")
            return
        try:
            self._begin()
        except (StoreError, LeaseLost) as error:
            log.warning("alerts wait", problem=str(error))

    async def _deliver(self, receiver: str, message: AlertMessage) -> None:
        watch = self._watch(message.watch)
        if watch is None:
            gone = f"there is no watch {message.watch} that tells anybody any more"
            self._store.give_up_message(message.key, gone)
            return
        if (shown := self._without_hidden(message)) is None:
            return
        problem = await self._problem(watch, shown)
        if problem is None:
            self._failing.discard(receiver)
            receipts = {one.key: receipt(one.body) for one in shown.deliveries}
            self._store.mark_message_delivered(message.key, time.time(), receipts)
            return
        self._failing.add(receiver)
        if problem.final or message.attempts + 1 >= ATTEMPTS:
            self._store.give_up_message(message.key, str(problem))
        else:
            until = after_quiet(watch, self._pace.after(message.attempts))
            self._store.put_off_message(message.key, until, str(problem))
        log.warning("alert not delivered", watch=message.watch, problem=str(problem))

    def _without_hidden(self, message: AlertMessage) -> AlertMessage | None:
        """A message without the releases that were hidden since it was made; None for nothing."""
        hidden = self._store.hidden()
        left = tuple(one for one in message.deliveries if release_told(one) not in hidden)
        if len(left) < len(message.deliveries):
            keys = {one.key for one in message.deliveries} - {one.key for one in left}
            self._store.withdraw_alerts(keys, "its release was hidden before it was sent")
        return replace(message, deliveries=left) if left else None

    async def _problem(self, watch: Watch, message: AlertMessage) -> Undelivered | None:
        """Send a message; why its receiver did not take it, if so."""
        try:
            await self._senders.send(watch, message)
        except Undelivered as error:
            return error
        except Exception as error:
            # A mistake of ours is not met again at once, and keeps no other message waiting.
            log.exception("alert failed", watch=message.watch)
            return Undelivered(type(error).__name__)
        return None
