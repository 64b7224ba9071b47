"""What an event says to those who wait for it, and the key by which it is known again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from data.interchange.release_fields import release_fields
from data.models import AlertDelivery, AlertMessage, QueuedEvent, Release
from data.revisions.diff import FieldDiff
from data.search.passages import passage
from data.search.query import Query
from data.text.redaction import redacted
from data.watches.watch import Watch

LEFT_OUT = ("body_html", "body_text", "images", "attachments", "provenance", "aliases")
"""What is not told of a release: its id and its address lead to it."""


MOST_OF_FIELD: Final = 2000
"""Characters that are told of what an edit changed in one field."""


class Undelivered(Exception):
    """A receiver did not take a message; ``final`` says that it wants none any more."""

    def __init__(self, problem: str, *, final: bool = False) -> None:
        super().__init__(problem)
        self.final = final


def idempotency_key(watch_id: str, output: str, event: QueuedEvent) -> str:
    """The key of an event for an output of a watch: the same whenever and however often it is told.

    Of two edits, or two retractions, of one release the keys differ.
    """
    source = event.health.source if event.health else ""
    happened = [event.kind, event.release, source, event.revision, event.at.timestamp()]
    digest = hashlib.sha256(msgspec.json.encode([watch_id, output, *happened]))
    return f"msg_{digest.hexdigest()[:32]}"


def event_fields(
    event: QueuedEvent, release: Release | None, differing: Sequence[FieldDiff] = ()
) -> dict[str, Any]:
    """An event as JSON has it: ``type``, ``timestamp``, and the ``release`` or the ``health``.

    An edit has ``changes`` beside them, by field.
    """
    told: dict[str, Any] = {"type": event.kind, "timestamp": event.at}
    if release:
        fields = release_fields(release)
        for name in LEFT_OUT:
            del fields[name]
        fields["url"] = redacted(release.url)
        told["release"] = fields
    if event.kind == "edit":
        told["changes"] = [
            {"field": one.field, "text": one.brief(MOST_OF_FIELD), "coarse": one.is_coarse}
            for one in differing
        ]
    if event.health:
        told["health"] = {**msgspec.to_builtins(event.health), "degraded": event.health.degraded}
    return told


def event_body(fields: dict[str, Any], watch: Watch, release: Release | None) -> bytes:
    """An event as it is kept for a watch: with the passage of the release that made it match."""
    if release is None:
        return msgspec.json.encode(fields)
    return msgspec.json.encode({**fields, "passage": passage(release.content, Query(watch.query))})


def release_told(delivery: AlertDelivery) -> str:
    """The id of the release that a delivery tells of; empty where it is of health."""
    release = msgspec.json.decode(delivery.body).get("release")
    return str(release["id"]) if release else ""


def events_of(message: AlertMessage) -> list[dict[str, Any]]:
    """What a message tells of, each event with its ``key``."""
    return [{"key": one.key, **msgspec.json.decode(one.body)} for one in message.deliveries]


def webhook_body(watch: Watch, message: AlertMessage) -> bytes:
    """The body of a message: ``type``, ``timestamp`` and ``data``, as Standard Webhooks has it.

    The type is that of its events, or ``alert`` where they are of several; the time that of the
    last one.
    """
    events = events_of(message)
    kinds = {event["type"] for event in events}
    return msgspec.json.encode(
        {
            "type": kinds.pop() if len(kinds) == 1 else "alert",
            "timestamp": events[-1]["timestamp"],
            "data": {"watch": {"id": message.watch, "name": watch.name}, "events": events},
        }
    )
