"""Items and subscriptions in the JSON format of the Google Reader API, and its stream names."""

import base64
import binascii
import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from data.models import Facet, ReaderItem, ReaderState, Release
from data.text.urls import web_address
from feeds.catalog import Catalog
from feeds.entries.entry import entry_of, shortened
from feeds.formats.rendering import is_long_text
from feeds.urls import facet_of

Fields = Mapping[str, Any]

USER_STATE: Final = re.compile(r"user/[^/]+/state/com\.google/([a-z-]+)")
LABEL_PATTERN: Final = re.compile(r"user/[^/]+/label/(.+)", re.DOTALL)

READ_STATE: Final = "user/-/state/com.google/read"
STARRED_TAG: Final = "user/-/state/com.google/starred"
READING_LIST: Final = "user/-/state/com.google/reading-list"
LABEL_PREFIX: Final = "user/-/label/"

STATE_BY_NAME: Final[dict[str, ReaderState]] = {
    "reading-list": "all",
    "read": "read",
    "starred": "starred",
    "kept-unread": "unread",
}
"""States of items by the name that the Google Reader API uses."""

LONG_ID: Final = "tag:google.com,2005:reader/item/"
HEX_ID: Final = re.compile(r"[0-9a-fA-F]{16}")
DECIMAL_ID: Final = re.compile(r"-?[0-9]{1,20}")


def item(release: Release, known: ReaderItem, catalog: Catalog) -> Fields:
    """Convert a release to an item with its text and its state in the account."""
    entry = entry_of(release, catalog, mixed=True)
    if is_long_text(entry.html):
        entry = shortened(entry)
    states = ((READ_STATE, known.read), (STARRED_TAG, known.starred))
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
            *(LABEL_PREFIX + topic for topic in topics),
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
    """Convert an item to a JSON object with its id, but without its text."""
    micros = microseconds(known.first_seen)
    return {
        "id": number_of(digits_of(known.id)),
        "directStreamIds": [f"feed/{known.source}"],
        "timestampUsec": micros,
    }


def times(known: ReaderItem) -> Fields:
    """Return the time at which a release was first seen, in milliseconds and microseconds.

    Both are text, as in the Google Reader API.
    """
    micros = microseconds(known.first_seen)
    return {"crawlTimeMsec": micros[:-3], "timestampUsec": micros}


def microseconds(at: dt.datetime) -> str:
    """Return a time as text in microseconds since 1970."""
    return str(int(at.timestamp() * 1_000_000))


def subscription(source: str, catalog: Catalog) -> Fields:
    """Convert a source to a subscribed feed."""
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
    """Return the tags that items can have: states and topics."""
    return [
        {"id": STARRED_TAG},
        *({"id": LABEL_PREFIX + catalog.topic(topic), "type": "folder"} for topic in topics),
    ]


@dataclass(frozen=True, slots=True)
class Stream:
    """A set of items with the same state: all items, or the items of one source or topic."""

    source: str | None = None
    topic: str | None = None
    state: ReaderState = "all"


def stream_of(name: str, catalog: Catalog) -> Stream | None:
    """Return the stream with this name, or None if it does not exist.

    The name of a feed's stream contains the source's id, or the URL of any feed of that source.
    """
    if name.startswith("feed/"):
        named = name.removeprefix("feed/")
        path = named.removeprefix(catalog.site)
        # The client may know the site by another address.
        facet = facet_of(path) or facet_of(path[path.find("/feeds/") :])
        source = facet[0].source if facet else named
        return Stream(source=source) if source in catalog.sources else None
    if found := USER_STATE.fullmatch(name):
        state = STATE_BY_NAME.get(found[1])
        return Stream(state=state) if state else None
    if found := LABEL_PATTERN.fullmatch(name):
        topics = (slug for slug in catalog.topics if found[1] in {slug, catalog.topic(slug)})
        topic = next(topics, None)
        return Stream(topic=topic) if topic else None
    return None


def item_digits(name: str) -> str | None:
    """Return the 16 hexadecimal digits of an item id in any of its three forms, or None.

    The forms are ``tag:google.com,2005:reader/item/`` followed by the digits, the digits alone, and
    a signed 64-bit number.
    """
    text = name.removeprefix(LONG_ID)
    if HEX_ID.fullmatch(text) and (text != name or not DECIMAL_ID.fullmatch(name)):
        return text.lower()
    if DECIMAL_ID.fullmatch(text) and -(1 << 63) <= int(text) < 1 << 64:
        return f"{int(text) & (1 << 64) - 1:016x}"
    return None


def digits_of(release: str) -> str:
    """Return the item id of a release: the first 64 bits of its id as hexadecimal digits."""
    return release.replace("-", "")[:16]


def number_of(digits: str) -> str:
    """Return an item id as a signed 64-bit number, written in decimal."""
    number = int(digits, 16)
    return str(number - (1 << 64) if number >> 63 else number)


def continuation(order: float, release: str) -> str:
    """Return the continuation (cursor) after an item.

    ``order`` is the item's position in feed order.
    """
    return base64.urlsafe_b64encode(f"{order!r} {release}".encode()).decode().rstrip("=")


def place_of(text: str) -> tuple[float, str] | None:
    """Decode a continuation (cursor) to its position. Returns None if it is invalid."""
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        order, _, release = decoded.partition(" ")
        return (float(order), release) if release else None
    except (ValueError, binascii.Error):
        return None
