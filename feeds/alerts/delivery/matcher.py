"""Create deliveries of alerts for events that watches match.

data.watches.matching decides which watches match an event.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
import structlog

from data.models import NO_EDIT, AlertDelivery, QueuedEvent
from data.revisions.stored_difference import Edit
from data.settings import Alerts
from data.store.core.store import Store
from data.watches.matching import AlertEvent, WatchIndex, release_event
from data.watches.schedule import send_time
from data.watches.watch_file import Watch
from feeds.alerts.channels import AlertWatch
from feeds.alerts.messages import event_body, event_fields, idempotency_key

log = structlog.get_logger()

OPERATOR_WATCH: Final = "alerts.operator"
"""Id of the operator's built-in watch. Ids of watch files contain no dot."""


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
