"""Holds what happened against the watches: what is to be told, by which output, and when."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Final

import structlog

from data.models import AlertDelivery, QueuedEvent
from data.revisions.diff import FieldDiff
from data.revisions.stored_difference import changes_between
from data.settings import Alerts
from data.store.protocol import Store
from data.watches.match import AlertEvent, WatchIndex, release_event
from data.watches.schedule import told_at
from data.watches.watch import Mail, Watch
from feeds.alerts.messages import event_body, event_fields, idempotency_key

log = structlog.get_logger()

OPERATOR: Final = "alerts.operator"
"""The id of the watch that the settings make; a dot is in none of a file."""


class Matcher:
    """All watches that tell somebody; ``settings`` make one more, of the health of all sources."""

    def __init__(self, watches: Mapping[str, Watch], settings: Alerts) -> None:
        own: dict[str, Watch] = {}
        if settings.operator:
            mail = Mail((settings.operator,))
            own[OPERATOR] = Watch("Health of sources", kinds=("health",), mail=mail)
        self.watches = {name: one for name, one in {**watches, **own}.items() if one.outputs}
        working = {name: one for name, one in self.watches.items() if not one.paused}
        self._index = WatchIndex(working)
        self._takes_backlog = any(one.backlog for one in working.values())

    def deliveries(self, store: Store, event: QueuedEvent) -> Iterator[AlertDelivery]:
        """What is to be delivered of an event."""
        if event.backlog and not self._takes_backlog:
            # A first visit finds thousands.
            return
        release = store.release(event.release) if event.release else None
        if release:
            asked = release_event(event.kind, release, backlog=event.backlog)
        else:
            asked = AlertEvent("health", event.health.source) if event.health else None
        if asked is None:
            return
        matching = [*self._index.matching(asked, store.source_moves())]
        if not matching:
            return
        fields = event_fields(event, release, changes_of(store, event))
        now = time.time()
        for name in matching:
            watch = self.watches[name]
            try:
                body, due = event_body(fields, watch, release), told_at(watch, now)
            except Exception:
                # A mistake of ours with one watch keeps nothing from the others.
                log.exception("an event can't be told", watch=name, release=event.release)
                continue
            at_once = event.kind == "release" and not event.backlog and due <= now
            for output in watch.outputs:
                key = idempotency_key(name, output, event)
                news = event.release if at_once else ""
                yield AlertDelivery(key, name, output, body, made=now, due=due, release=news)


def changes_of(store: Store, event: QueuedEvent) -> tuple[FieldDiff, ...]:
    """What an edit changed; nothing for all other events."""
    if event.kind != "edit":
        return ()
    revisions = {one.number: one for one in store.revisions(event.release)}
    before, after = (revisions.get(event.revision - back) for back in (1, 0))
    return changes_between(before, after) if before and after else ()
