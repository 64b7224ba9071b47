"""A test of a watch: one message for each of its outputs, of a release that is stored."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from typing import Final

import msgspec

from data.clock import utc_now
from data.errors import CommuniqueError
from data.models import AlertDelivery, AlertMessage, Facet, QueuedEvent, Release
from data.store.protocol import Store
from data.watches.match import WatchIndex, release_event
from data.watches.watch import Watch
from feeds.alerts.messages import Undelivered, event_body, event_fields
from feeds.alerts.senders import Senders

LOOKED_AT: Final = 1000
"""Releases among which one is looked for that the watch matches."""


class NothingToTell(CommuniqueError):
    """Nothing is stored, or told by anything, that a test could be made of."""


def trial_watch(watch: Watch) -> Watch:
    """A watch whose messages say that they are a test."""
    return msgspec.structs.replace(watch, name=f"Test: {watch.name}")


def trial_messages(store: Store, watch_id: str, watch: Watch) -> Iterator[AlertMessage]:
    """The messages, which no delivery is kept of. Raises NothingToTell."""
    if not watch.outputs:
        raise NothingToTell(f"the watch {watch_id} sends nothing: it has no output")
    release = _release(store, watch_id, watch)
    event = QueuedEvent(0, "release", utc_now(), release.id, 0, backlog=False, health=None)
    body = event_body(event_fields(event, release), watch, release)
    for output in watch.outputs:
        key = f"test_{secrets.token_hex(16)}"
        delivery = AlertDelivery(key, watch_id, output, body, made=time.time())
        yield AlertMessage(key, watch_id, output, (delivery,))


async def send_trial(senders: Senders, watch: Watch, message: AlertMessage) -> str:
    """Send one; why it was not taken, or nothing."""
    try:
        await senders.send(trial_watch(watch), message)
    except Undelivered as error:
        return str(error)
    return ""


def _release(store: Store, watch_id: str, watch: Watch) -> Release:
    """The newest release that a watch matches, or else the newest of all."""
    index, moves = WatchIndex({watch_id: watch}), store.source_moves()
    newest = [*store.releases(Facet(), limit=LOOKED_AT)]
    for release in newest:
        event = release_event("release", release)
        if event and index.matching(event, moves):
            return release
    if not newest:
        raise NothingToTell("no release is stored yet that a test could tell of")
    return newest[0]
