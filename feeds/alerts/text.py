"""Alerts as readable text: a subject, plain text, and HTML.

Texts from press rooms are untrusted, so they are escaped, and only the release's URL becomes a
link.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from data.models import AlertMessage
from data.revisions.diff import COARSE
from data.settings import SiteSettings
from data.text.clean import excerpt
from data.text.urls import site_address, web_address
from data.watches.watch_file import Watch
from data.wording import counted
from feeds.alerts.messages import MAX_FIELD_CHARACTERS, by_weight, events_of
from feeds.entries.events import HEALTH_PHRASES, NETWORK_NAME
from feeds.urls import href, release_file, revision_file

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
