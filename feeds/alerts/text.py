"""What a message says to people: a subject, plain text, and the same as HTML.

What a press room wrote is hostile: it is plain text here, and never a link but its own address.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from data.models import AlertMessage
from data.revisions.diff import COARSE
from data.settings import Site
from data.text.clean import excerpt
from data.text.urls import site_address, web_address
from data.watches.watch import Watch
from data.wording import counted
from feeds.alerts.messages import MOST_OF_FIELD, events_of
from feeds.entries.events import HEALTH, NETWORK
from feeds.urls import href, release_file, revision_file

SEEN: Final[Mapping[str, str]] = {
    "release": "Found",
    "edit": "Edit seen",
    "gone": "Gone since",
    "retraction": "Retracted",
    "return": "Back since",
}
"""What comes before the time of an event."""

KINDS: Final[Mapping[str, str]] = {
    "release": "New",
    "edit": "Changed",
    "gone": "Gone, unconfirmed",
    "retraction": "Retracted",
    "return": "Back online",
}


FIRST: Final = 5
"""Events of which the subject of a message says something, as far as there is room."""

MOST_OF_SUBJECT: Final = 150
"""Characters that a subject says of several events."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event in words: addresses are empty where there are none.

    ``seen`` is when it was noticed. ``passage`` is a part of the release, or what an edit changed,
    or what health reports.
    """

    headline: str
    where: str
    seen: str
    url: str
    copy: str
    passage: str


@dataclass(frozen=True, slots=True)
class Text:
    """A message in words; the subject is one line."""

    subject: str
    plain: str
    html: str


def text_of(watch: Watch, message: AlertMessage, site: Site) -> Text:
    """A message as people read it."""
    told = [in_words(event, site) for event in events_of(message)]
    name = excerpt(watch.name)
    said = told[0].headline
    if len(told) > 1:
        first = excerpt("; ".join(one.headline for one in told[:FIRST]), MOST_OF_SUBJECT)
        said = f"{counted(len(told), 'alert')}: {first}"
    return Text(
        f"{name}: {said}",
        "\n\n".join(_plain(one) for one in told) + f"\n\n-- \n{name} ({message.watch})\n",
        "".join(_html(one) for one in told) + f"<p>{escape(name)} ({escape(message.watch)})</p>\n",
    )


def in_words(event: Mapping[str, Any], site: Site) -> Told:
    """An event as people read it."""
    if health := event.get("health"):
        source, reason = excerpt(health["source"]) or NETWORK, excerpt(health["reason"])
        condition = "degraded" if health.get("degraded") else health["state"]
        headline = f"{source}: {HEALTH[condition]}"
        seen = f"Noted {_minute(event['timestamp'])}"
        page = f"{site_address(site.url)}/health/"
        return Told(headline, _day(health["at"]), seen, page, "", reason)
    release = event["release"]
    own = release["id"]
    file = revision_file(own, release["revision"]) if event["type"] == "edit" else release_file(own)
    who = excerpt(release["publisher"] or release["source"])
    when = _day(release["published"] or release["first_seen"])
    return Told(
        f"{KINDS[event['type']]}: {excerpt(release['title']) or 'Untitled'}",
        f"{who}, {when}",
        f"{SEEN[event['type']]} {_minute(event['timestamp'])}",
        web_address(release["url"]) or "",
        f"{site_address(site.url)}{href(file)}",
        changed_in_words(event) or excerpt(event["passage"]),
    )


def changed_in_words(event: Mapping[str, Any]) -> str:
    """What an edit changed, one line for each field; empty for all other events."""
    changes = event.get("changes", ())
    lines = [excerpt(f"{one['field']}: {one['text']}", MOST_OF_FIELD) for one in changes]
    # Events that were queued by earlier versions lack the field.
    if any(one.get("coarse") for one in changes):
        lines.append(COARSE)
    return "\n".join(lines)


def _day(iso: str) -> str:
    """The day of a date or an instant in ISO 8601."""
    day = dt.date.fromisoformat(iso[: len("2026-03-02")])
    return f"{day.day} {day:%B %Y}"


def _minute(iso: str) -> str:
    """The minute of an instant in ISO 8601, in UTC."""
    at = dt.datetime.fromisoformat(iso).astimezone(dt.UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def _plain(one: Told) -> str:
    copy = f"Copy kept: {one.copy}" if one.copy else ""
    return "\n".join(filter(None, (one.headline, one.where, one.seen, one.url, copy, one.passage)))


def _html(one: Told) -> str:
    title = escape(one.headline)
    if one.url:
        title = f'<a href="{escape(one.url)}">{title}</a>'
    copy = f' (<a href="{escape(one.copy)}">copy kept</a>)' if one.copy else ""
    passage = escape(one.passage).replace("\n", "<br>")
    where = f"{escape(one.where)}{copy}<br>{escape(one.seen)}"
    return f"<p><b>{title}</b><br>{where}<br>{passage}</p>\n"
