"""Content of alerts as JSON: events, webhook bodies, and receipts of deliveries."""

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from data.interchange.release_fields import short_fields
from data.models import AlertDelivery, AlertMessage, EditClasses, QueuedEvent, Release
from data.revisions.stored_difference import Edit
from data.search.passages import passage
from data.search.query import Query
from data.text.clean import as_name, excerpt
from data.text.masking import masked
from data.watches.watch_file import Watch

MAX_FIELD_CHARACTERS: Final = 2000
"""Maximum length in characters of the changes that an alert shows for one field."""

EDIT_FIELDS: Final = ("classes", "weight", "announced")
"""Fields of an edit's classification that receipts keep, in the order of `EditClasses`."""

HIDDEN_TITLE: Final = "(hidden)"
"""Title displayed for a release that was hidden after its alert was queued."""


def idempotency_key(watch_id: str, output: str, event: QueuedEvent) -> str:
    """Return the key that identifies the delivery of an event through an output of a watch.

    The key is the same in every attempt. Two edits, or two retractions, of the same release have
    different keys.
    """
    source = event.health.source if event.health else ""
    happened = [event.kind, event.release, source, event.revision, event.at.timestamp()]
    digest = hashlib.sha256(msgspec.json.encode([watch_id, output, *happened]))
    return f"msg_{digest.hexdigest()[:32]}"


def event_fields(
    event: QueuedEvent, release: Release | None, edit: Edit | None = None
) -> dict[str, Any]:
    """Return an event as JSON fields: ``type``, ``timestamp``, and ``release`` or ``health``.

    An edit also has ``changes``, one per changed field, and its classes, weight and announcement.
    """
    result: dict[str, Any] = {"type": event.kind, "timestamp": event.at}
    if release:
        result["release"] = {**short_fields(release), "url": masked(release.url)}
    if event.kind == "edit":
        result["changes"] = [
            {"field": one.field, "text": one.brief(MAX_FIELD_CHARACTERS), "coarse": one.is_coarse}
            for one in (edit.changes if edit else ())
        ]
    if edit:
        result |= edit_fields(edit.classes)
    if event.health:
        result["health"] = {**msgspec.to_builtins(event.health), "degraded": event.health.degraded}
    return result


def edit_fields(edit: EditClasses) -> dict[str, Any]:
    """Return the classes of an edit as JSON fields."""
    return {name: getattr(edit, name) for name in EDIT_FIELDS}


def event_body(
    fields: dict[str, Any], watch: Watch, release: Release | None, saved: Mapping[str, str]
) -> bytes:
    """Encode an event as JSON, with the passage of the release that the watch's query matches.

    ``saved`` contains the saved searches that the query may name.
    """
    if release is None:
        return msgspec.json.encode(fields)
    shown = passage(release.content, Query(watch.present_query, saved=saved))
    return msgspec.json.encode({**fields, "passage": shown})


def release_of(delivery: AlertDelivery) -> str:
    """Return the release id of a delivery, or an empty string for a health event."""
    release = msgspec.json.decode(delivery.body).get("release")
    return str(release["id"]) if release else ""


def events_of(message: AlertMessage) -> list[dict[str, Any]]:
    """Return the events in a message as JSON fields, each with its ``key``."""
    return [{"key": one.key, **msgspec.json.decode(one.body)} for one in message.deliveries]


def by_weight(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort events: edits come last, those with the largest weight first."""
    return sorted(events, key=lambda event: -event.get("weight", math.inf))


def webhook_body(watch: Watch, message: AlertMessage) -> bytes:
    """Return the webhook body for a message: ``type``, ``timestamp`` and ``data``.

    The type is the type of its events, or ``alert`` if they have different types. The timestamp is
    the time of the last event. Events of a digest are sorted by weight, others by time. See
    https://www.standardwebhooks.com.
    """
    events = events_of(message)
    kinds = {event["type"] for event in events}
    ordered = by_weight(events) if watch.digest else events
    return msgspec.json.encode(
        {
            "type": kinds.pop() if len(kinds) == 1 else "alert",
            "timestamp": events[-1]["timestamp"],
            "data": {"watch": {"id": message.watch, "name": watch.name}, "events": ordered},
        }
    )


@dataclass(frozen=True, slots=True)
class DeliverySubject:
    """What a delivery is about: kind of event, release and source. Unknown values are empty.

    Receipts stored by earlier versions contain none of these values. For a health event, ``title``
    is the condition of the source. ``edit`` contains the classes of an edit.
    """

    kind: str = ""
    release: str = ""
    title: str = ""
    source: str = ""
    edit: EditClasses | None = None


def receipt(body: bytes) -> bytes:
    """Return the part of a message body that is kept after delivery: ids and classes, no texts."""
    event = msgspec.json.decode(body)
    kept = {name: event[name] for name in ("type", *EDIT_FIELDS) if name in event}
    if release := event.get("release"):
        kept["release"] = {"id": release["id"]}
    if health := event.get("health"):
        kept["health"] = {"source": health["source"], "state": health["state"]}
    return msgspec.json.encode(kept)


def subject_of(
    delivery: AlertDelivery, release_with: Callable[[str], Release | None]
) -> DeliverySubject:
    """Return the subject of a delivery.

    ``release_with`` returns the stored release with an id. The title is the release's current
    title, so hidden or redacted titles are never shown.
    """
    if not delivery.body:
        return DeliverySubject()
    event = msgspec.json.decode(delivery.body)
    if health := event.get("health"):
        return DeliverySubject(event["type"], "", health["state"], health["source"])
    own = event.get("release", {}).get("id", "")
    release = release_with(own) if own else None
    edit = None
    if "classes" in event:
        edit = msgspec.convert([event[name] for name in EDIT_FIELDS], EditClasses)
    if release is None:
        return DeliverySubject(event["type"], own, edit=edit)
    title = (
        HIDDEN_TITLE if release.hidden else excerpt(as_name(release.content.title)) or "Untitled"
    )
    return DeliverySubject(event["type"], own, title, release.source, edit)
