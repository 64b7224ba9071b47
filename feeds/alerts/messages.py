"""Content of alerts: as JSON (events, webhook bodies, receipts), and as readable text.

Texts from press rooms are untrusted. So HTML escapes them, and only the release's URL becomes a
link.
"""

import datetime as dt
import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import msgspec

from data.interchange.release_fields import short_fields
from data.models import AlertDelivery, AlertMessage, EditClasses, QueuedEvent, Release
from data.revisions.diff import COARSE
from data.revisions.stored_difference import Edit
from data.search.passages import passage
from data.search.query import Query
from data.settings import SiteSettings
from data.text.clean import as_name, excerpt
from data.text.masking import masked
from data.text.urls import site_address, web_address
from data.watches.watch_file import Watch
from data.wording import counted
from feeds.entries.events import HEALTH_PHRASES, NETWORK_NAME
from feeds.urls import href, release_file, revision_file

MAX_FIELD_CHARACTERS: Final = 2000
"""Maximum length in characters of the changes that an alert shows for one field."""

EDIT_FIELDS: Final = ("classes", "weight", "announced")
"""Fields of an edit's classification that receipts keep, in the order of `EditClasses`."""

HIDDEN_TITLE: Final = "(hidden)"
"""Title displayed for a release that was hidden after its alert was queued."""

TIME_LABELS: Final[Mapping[str, str]] = {
    "release": "Found",
    "edit": "Edit seen",
    "gone": "Gone since",
    "retraction": "Retracted",
    "return": "Back since",
}
"""Labels for the time of an event, by kind of event."""

LABEL_BY_KIND: Final[Mapping[str, str]] = {
    "release": "New",
    "edit": "Changed",
    "gone": "Gone, unconfirmed",
    "retraction": "Retracted",
    "return": "Back online",
}
"""Labels before the title of a release, by kind of event."""

MAX_SUBJECT_EVENTS: Final = 5
"""Maximum number of events listed in the subject of a message."""

MAX_SUBJECT_CHARACTERS: Final = 150
"""Maximum length in characters of the list of events in a subject."""


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


@dataclass(frozen=True, slots=True)
class EventText:
    """One event as readable text. Missing URLs are empty.

    ``where`` contains the publisher and date, and ``seen`` the time of the event. ``copy`` is the
    URL of the archived copy. ``passage`` is a part of the release, the changes of an edit, or the
    reason for a health event.
    """

    headline: str
    where: str
    seen: str
    url: str
    copy: str
    passage: str


@dataclass(frozen=True, slots=True)
class AlertText:
    """A message as readable text. The subject is one line."""

    subject: str
    plain: str
    html: str


def alert_text(watch: Watch, message: AlertMessage, site: SiteSettings) -> AlertText:
    """Convert a message to readable text. Edits come last, sorted by weight, largest first."""
    events = [in_words(event, site) for event in by_weight(events_of(message))]
    name = excerpt(watch.name)
    headline = events[0].headline
    if len(events) > 1:
        first = excerpt(
            "; ".join(one.headline for one in events[:MAX_SUBJECT_EVENTS]), MAX_SUBJECT_CHARACTERS
        )
        headline = f"{counted(len(events), 'alert')}: {first}"
    return AlertText(
        f"{name}: {headline}",
        "\n\n".join(_plain(one) for one in events) + f"\n\n-- \n{name} ({message.watch})\n",
        "".join(_html(one) for one in events)
        + f"<p>{escape(name)} ({escape(message.watch)})</p>\n",
    )


def in_words(event: Mapping[str, Any], site: SiteSettings) -> EventText:
    """Convert the JSON fields of an event to readable text."""
    if health := event.get("health"):
        source, reason = excerpt(health["source"]) or NETWORK_NAME, excerpt(health["reason"])
        condition = "degraded" if health.get("degraded") else health["state"]
        headline = f"{source}: {HEALTH_PHRASES[condition]}"
        seen = f"Noted {_minute(event['timestamp'])}"
        page = f"{site_address(site.url)}/health/"
        return EventText(headline, _day(health["at"]), seen, page, "", reason)
    release = event["release"]
    own = release["id"]
    file = revision_file(own, release["revision"]) if event["type"] == "edit" else release_file(own)
    who = excerpt(release["publisher"] or release["source"])
    when = _day(release["published"] or release["first_seen"])
    return EventText(
        f"{_kind(event)}: {excerpt(release['title']) or 'Untitled'}",
        f"{who}, {when}",
        f"{TIME_LABELS[event['type']]} {_minute(event['timestamp'])}",
        web_address(release["url"]) or "",
        f"{site_address(site.url)}{href(file)}",
        changed_in_words(event) or excerpt(event["passage"]),
    )


def changed_in_words(event: Mapping[str, Any]) -> str:
    """Describe the changes of an edit, one line per field.

    Returns an empty string for other events.
    """
    changes = event.get("changes", ())
    # Events that an earlier version queued have no classes.
    if event.get("classes"):
        how = "announced on the page" if event["announced"] else "silent"
        weight = f"Weight {event['weight']:.2f}, {how}."
    else:
        weight = ""
    lines = [excerpt(f"{one['field']}: {one['text']}", MAX_FIELD_CHARACTERS) for one in changes]
    # Events that an earlier version queued have no such field.
    if any(one.get("coarse") for one in changes):
        lines.append(COARSE)
    return "\n".join(filter(None, (weight, *lines)))


def _kind(event: Mapping[str, Any]) -> str:
    """Return the label of an event, with the classes of an edit."""
    classes = ", ".join(event.get("classes", ()))
    return LABEL_BY_KIND[event["type"]] + (f" ({classes})" if classes else "")


def _day(iso: str) -> str:
    """Format the day of an ISO date or instant."""
    day = dt.date.fromisoformat(iso[: len("2026-03-02")])
    return f"{day.day} {day:%B %Y}"


def _minute(iso: str) -> str:
    """Format an ISO instant to the minute, in UTC."""
    at = dt.datetime.fromisoformat(iso).astimezone(dt.UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def _plain(one: EventText) -> str:
    copy = f"Archived copy: {one.copy}" if one.copy else ""
    return "\n".join(filter(None, (one.headline, one.where, one.seen, one.url, copy, one.passage)))


def _html(one: EventText) -> str:
    title = escape(one.headline)
    if one.url:
        title = f'<a href="{escape(one.url)}">{title}</a>'
    copy = f' (<a href="{escape(one.copy)}">archived copy</a>)' if one.copy else ""
    passage = escape(one.passage).replace("\n", "<br>")
    where = f"{escape(one.where)}{copy}<br>{escape(one.seen)}"
    return f"<p><b>{title}</b><br>{where}<br>{passage}</p>\n"
