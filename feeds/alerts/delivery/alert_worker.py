"""Worker that matches queued events with watches, creates deliveries, and sends the messages.

data.watches.matching decides which watches match an event.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import structlog

from data.errors import LeaseLost, StoreError
from data.models import NO_EDIT, AlertDelivery, AlertMessage, QueuedEvent
from data.revisions.stored_difference import Edit
from data.search.saved_searches import SavedSearches
from data.settings import Alerts
from data.store.core.store import Store
from data.watches.matching import AlertEvent, WatchIndex, release_event
from data.watches.schedule import after_quiet, send_time
from data.watches.watch_file import Watch, WatchFolder
from feeds.alerts.channels import AlertWatch
from feeds.alerts.channels.channel import Undelivered
from feeds.alerts.delivery.sending import Senders
from feeds.alerts.messages import event_body, event_fields, idempotency_key, receipt, release_of
from feeds.sending_loop import STORE_POLL_SECONDS, Backoff, cancel, in_thread

log = structlog.get_logger()

OPERATOR_WATCH: Final = "alerts.operator"
"""Id of the operator's built-in watch. Ids of watch files contain no dot."""

MAX_EVENTS: Final = 500
"""Maximum number of events per message, and maximum number of events matched per transaction."""

MAX_DELIVERIES: Final = 10_000
"""Number of deliveries in one transaction after which no further events are matched."""

MAX_PARALLEL: Final = 64
"""Maximum number of messages that are sent at the same time, one per receiver."""

MAX_PARALLEL_FAILING: Final = 16
"""Maximum number of concurrent messages to receivers whose last message failed. Such receivers may
respond slowly again."""

MAX_ATTEMPTS: Final = 16
"""Maximum number of attempts to send a message. With the delays of feeds.sending_loop, the attempts
take more than two days."""


class Matcher:
    """Matches events with all watches, and with the operator's built-in watch of source health.

    ``settings`` contains the operator's e-mail address, and ``saved`` the saved searches.
    """

    def __init__(
        self, watches: Mapping[str, Watch], settings: Alerts, saved: Mapping[str, str]
    ) -> None:
        own: dict[str, Watch] = {}
        if settings.operator:
            fields = {"name": "Health of sources", "kinds": ["health"]}
            operator = {**fields, "mail": {"to": [settings.operator]}}
            own[OPERATOR_WATCH] = msgspec.convert(operator, AlertWatch)
        self.watches = {name: one for name, one in {**watches, **own}.items() if one.outputs}
        working = {name: one for name, one in self.watches.items() if not one.paused}
        self._index = WatchIndex(working, saved)
        self._saved = saved
        self._takes_backlog = any(one.backlog for one in working.values())

    def deliveries(self, store: Store, event: QueuedEvent) -> Iterator[AlertDelivery]:
        """Yield a delivery for each output of each watch that matches an event."""
        if event.backlog and not self._takes_backlog:
            # Return early, because a first visit finds thousands of releases.
            return
        release = store.release(event.release) if event.release else None
        edit = edit_of(store, event)
        if release:
            release = store.with_file_texts(release)
            classes = edit.classes if edit else NO_EDIT
            asked = release_event(event.kind, release, backlog=event.backlog, edit=classes)
        else:
            asked = AlertEvent("health", event.health.source) if event.health else None
        if asked is None:
            return
        matching = [*self._index.matching(asked, store.source_moves())]
        if not matching:
            return
        fields = event_fields(event, release, edit)
        now = time.time()
        for name in matching:
            watch = self.watches[name]
            try:
                body, due = event_body(fields, watch, release, self._saved), send_time(watch, now)
            except Exception:
                # A bug that affects one watch must not block the other watches.
                log.exception(
                    "creating the deliveries for an event failed", watch=name, release=event.release
                )
                continue
            at_once = event.kind == "release" and not event.backlog and due <= now
            for output in watch.outputs:
                key = idempotency_key(name, output, event)
                news = event.release if at_once else ""
                yield AlertDelivery(key, name, output, body, made=now, due=due, release=news)


def edit_of(store: Store, event: QueuedEvent) -> Edit | None:
    """Return the edit of an event, or None for other events."""
    if event.kind != "edit":
        return None
    revisions = {one.number: one for one in store.revisions(event.release)}
    before, after = (revisions.get(event.revision - back) for back in (1, 0))
    return Edit(before, after) if before and after else None


class AlertWorker:
    """Sends alerts for the watches in ``folder`` through ``senders``.

    ``searches`` are the saved searches that watches may name. ``pace`` determines the delays
    between rounds and before retries.
    """

    def __init__(
        self, store: Store, folder: Path, searches: SavedSearches, senders: Senders, pace: Backoff
    ) -> None:
        self._store = store
        self._folder = WatchFolder(folder, AlertWatch)
        self._senders = senders
        self._pace = pace
        self._searches = searches
        self._saved: dict[str, str] = {}
        self._matcher = Matcher({}, senders.alerts, self._saved)
        self._waiting: dict[str, deque[tuple[str, str]]] = {}
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._failing: set[str] = set()
        self._refreshed = float("-inf")

    async def run(self) -> None:
        """Match events and send messages until the task is cancelled."""
        try:
            while True:
                more, waiting = await in_thread(self._store, self._match)
                self._queue(waiting)
                self._begin()
                if not more:
                    await self._pace.rest()
        finally:
            # Cancelled tasks must not start further deliveries.
            self._waiting = {}
            await cancel(self._busy.values())

    def _match(self) -> tuple[bool, Sequence[tuple[str, str]]]:
        """Match a batch of queued events with watches, and store the deliveries.

        Returns whether more events may be queued, and the outputs with due messages as pairs of
        watch and output.
        """
        self._refresh()
        queued = self._store.queued_events(limit=MAX_EVENTS)
        made: list[AlertDelivery] = []
        store = self._store.public_view() if queued else self._store
        for event in queued:
            made += self._deliveries(store, event)
            if len(made) >= MAX_DELIVERIES:
                break
        if queued:
            self._store.settle_events(event.number, made)
        return bool(queued), self._store.waiting_outputs(time.time())

    def _refresh(self) -> None:
        """Reload watches and saved searches that changed.

        They are not checked in each round, because there may be thousands of watch files.
        """
        now = time.monotonic()
        if now - self._refreshed < STORE_POLL_SECONDS:
            return
        self._refreshed = now
        saved = self._searches.readable()
        if self._folder.refresh() or saved != self._saved:
            for error in self._folder.errors:
                log.error("a watch is invalid", problem=str(error))
            self._saved = saved
            self._matcher = Matcher(self._folder.watches, self._senders.alerts, saved)

    def _deliveries(self, store: Store, event: QueuedEvent) -> Sequence[AlertDelivery]:
        """Return the deliveries for an event. If matching fails because of a bug, return none."""
        try:
            return [*self._matcher.deliveries(store, event)]
        except (OSError, StoreError, LeaseLost):
            raise
        except Exception:
            # A retry would fail again and block all later events.
            log.exception("matching an event against all watches failed", release=event.release)
            return []

    def _queue(self, waiting: Sequence[tuple[str, str]]) -> None:
        """Queue the outputs with due messages, in one queue per receiver.

        ``waiting`` contains pairs of watch and output. Paused watches are left out.
        """
        self._waiting = {}
        for name, output in waiting:
            watch = self._matcher.watches.get(name)
            if watch and watch.paused:
                continue
            receiver = self._receiver(watch, output) if watch else ""
            self._waiting.setdefault(receiver, deque()).append((name, output))

    def _receiver(self, watch: Watch, output: str) -> str:
        try:
            return self._senders.receiver(watch, output)
        except Exception:
            # Sending will fail too, and the failure is recorded. Queue the message separately.
            log.exception(
                "the receiver of a watch's output could not be determined", watch=watch.name
            )
            return f"{watch.name} {output}"

    def _begin(self) -> None:
        """Start to send due messages, within the limits and one message per receiver."""
        for receiver in list(self._waiting):
            if len(self._busy) >= MAX_PARALLEL:
                return
            failing = len(self._failing & self._busy.keys())
            if receiver in self._busy or (
                receiver in self._failing and failing >= MAX_PARALLEL_FAILING
            ):
                continue
            task = self._busy[receiver] = asyncio.create_task(
                self._serve(receiver, self._waiting[receiver])
            )
            task.add_done_callback(partial(self._ended, receiver))

    def _ended(self, receiver: str, task: asyncio.Task[None]) -> None:
        del self._busy[receiver]
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._begin()
            return
        # Do not retry at once, because the error may be permanent.
        self._waiting.pop(receiver, None)
        problem = f"{type(error).__name__}: {error}"
        if isinstance(error, StoreError | LeaseLost):
            log.warning("alerts are delayed", problem=problem)
        else:
            log.error("an alert failed", problem=problem)

    async def _serve(self, receiver: str, waiting: deque[tuple[str, str]]) -> None:
        """Send a receiver its next due message.

        ``waiting`` contains the receiver's outputs, as pairs of watch and output. Outputs without a
        due message are removed from it.
        """
        while waiting:
            name, output = waiting[0]
            # The messages of an invalid watch wait until a person corrects the watch file.
            if name not in self._folder.invalid:
                message = await in_thread(
                    self._store,
                    self._store.next_message,
                    name,
                    output,
                    time.time(),
                    most=MAX_EVENTS,
                )
                if message:
                    waiting.rotate(-1)
                    await self._deliver(receiver, message)
                    return
            waiting.popleft()
        if self._waiting.get(receiver) is waiting:
            del self._waiting[receiver]

    async def _deliver(self, receiver: str, message: AlertMessage) -> None:
        store = self._store
        watch = self._matcher.watches.get(message.watch)
        if watch is None:
            gone = f"the watch {message.watch} no longer exists or has no output"
            await in_thread(store, store.give_up_message, message.key, gone)
            return
        if (shown := await in_thread(store, self._without_hidden, message)) is None:
            return
        problem = await self._problem(watch, shown)
        if problem is None:
            self._failing.discard(receiver)
            receipts = {one.key: receipt(one.body) for one in shown.deliveries}
            await in_thread(store, store.mark_message_delivered, message.key, time.time(), receipts)
            return
        self._failing.add(receiver)
        log.warning("an alert was not delivered", watch=message.watch, problem=str(problem))
        if problem.final or message.attempts + 1 >= MAX_ATTEMPTS:
            await in_thread(store, store.give_up_message, message.key, str(problem))
        else:
            until = after_quiet(watch, self._pace.after(message.attempts))
            await in_thread(store, store.put_off_message, message.key, until, str(problem))

    def _without_hidden(self, message: AlertMessage) -> AlertMessage | None:
        """Return a message without releases that were hidden after it was queued.

        Returns None if no event remains.
        """
        hidden = self._store.hidden()
        left = tuple(one for one in message.deliveries if release_of(one) not in hidden)
        if len(left) < len(message.deliveries):
            keys = {one.key for one in message.deliveries} - {one.key for one in left}
            self._store.withdraw_alerts(keys, "the release was hidden before the alert was sent")
        return replace(message, deliveries=left) if left else None

    async def _problem(self, watch: Watch, message: AlertMessage) -> Undelivered | None:
        """Send a message. Return the problem, or None on success."""
        try:
            await self._senders.send(watch, message)
        except Undelivered as error:
            return error
        except Exception as error:
            # After a bug, the message must not be retried at once or block other messages.
            log.exception("an alert failed", watch=message.watch)
            return Undelivered(type(error).__name__)
        return None
