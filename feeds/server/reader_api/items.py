"""Items and subscriptions in the JSON of the Google Reader API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from data.models import Facet, ReaderItem, Release
from data.text.urls import web_address
from feeds.catalog import Catalog
from feeds.entries.entry import entry_of, shortened
from feeds.formats.feed_budget import is_long_text
from feeds.server.reader_api.streams import (
    LABELS,
    LONG_ID,
    READ_STATE,
    READING_LIST,
    STARRED,
    digits_of,
    number_of,
)

Fields = Mapping[str, Any]


def item(release: Release, known: ReaderItem, catalog: Catalog) -> Fields:
    """Return a release with its text, and with its state for the account."""
    entry = entry_of(release, catalog, mixed=True)
    if is_long_text(entry.html):
        entry = shortened(entry)
    states = ((READ_STATE, known.read), (STARRED, known.starred))
    topics = (catalog.topic(topic) for topic in release.content.topics)
    return {
        "id": LONG_ID + digits_of(release.id),
        **times(known),
        "published": int((entry.published or known.first_seen).timestamp()),
        "updated": int(entry.updated.timestamp()),
        "title": entry.title,
        "author": entry.publisher.name,
        "canonical": [{"href": entry.url}],
        "alternate": [{"href": entry.url, "type": "text/html"}],
        "summary": {"content": entry.html},
        "categories": [
            READING_LIST,
            *(name for name, holds in states if holds),
            *(LABELS + topic for topic in topics),
        ],
        "origin": {
            "streamId": f"feed/{release.source}",
            "title": catalog.name(Facet(source=release.source)),
            "htmlUrl": catalog.page(Facet(source=release.source)),
        },
        "enclosure": [
            {"href": media.url, "type": media.type or "", "length": media.length or 0}
            for media in entry.enclosures
        ],
    }


def reference(known: ReaderItem) -> Fields:
    """Return an item with its id but without its text."""
    micros = microseconds(known.first_seen)
    return {
        "id": number_of(digits_of(known.id)),
        "directStreamIds": [f"feed/{known.source}"],
        "timestampUsec": micros,
    }


def times(known: ReaderItem) -> Fields:
    """Return when a release was first seen, in milliseconds and microseconds, as text."""
    micros = microseconds(known.first_seen)
    return {"crawlTimeMsec": micros[:-3], "timestampUsec": micros}


def microseconds(at: dt.datetime) -> str:
    """Return a time in microseconds since 1970."""
    return str(int(at.timestamp() * 1_000_000))


def subscription(source: str, catalog: Catalog) -> Fields:
    """Return a source as a subscribed feed."""
    facet = Facet(source=source)
    return {
        "id": f"feed/{source}",
        "title": catalog.name(facet),
        "categories": [],
        "url": catalog.feed(facet, "atom"),
        "htmlUrl": web_address(catalog.source(source).url) or catalog.page(facet),
        "iconUrl": f"{catalog.site}/static/icon.svg",
    }


def tags(catalog: Catalog, topics: Iterable[str]) -> list[Fields]:
    """Return the states and topics that items may have."""
    return [
        {"id": STARRED},
        *({"id": LABELS + catalog.topic(topic), "type": "folder"} for topic in topics),
    ]
