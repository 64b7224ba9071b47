"""Write feeds as JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

import datetime as dt
from typing import Any, Final

import msgspec

from data.models import Media
from feeds.catalog import Person
from feeds.entries.entry import FeedEntry
from feeds.formats.feed import Feed

encoded: Final = msgspec.json.Encoder().encode
"""Encode a value as compact JSON in UTF-8."""

JSON_FEED_VERSION = "https://jsonfeed.org/version/1.1"


def ends(feed: Feed) -> tuple[bytes, bytes]:
    """Return the bytes of a feed document before and after its items."""
    return encoded(head(feed)).removesuffix(b"}") + b',"items":[\n', b"\n]}\n"


def stamp(_updated: dt.datetime) -> bytes:
    """Return no bytes, because a JSON Feed has no update time."""
    return b""


def parts(entry: FeedEntry) -> tuple[bytes, bytes, bytes]:
    """Return an item's main part, and its closing part for single-source and for mixed feeds."""
    body = encoded(item(entry)).removesuffix(b"}}")
    if entry.origin is None:
        return body, b"}}", b"}}"
    return body, b"}}", b',"source":' + encoded(entry.origin.title) + b"}}"


def head(feed: Feed) -> dict[str, Any]:
    """Return the JSON fields of a feed's metadata, without items."""
    hubs = [{"type": "WebSub", "url": link.href} for link in feed.links if link.rel == "hub"]
    return {
        "version": JSON_FEED_VERSION,
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.address("json"),
        **({"next_url": feed.older("json")} if feed.older("json") else {}),
        "description": feed.subtitle,
        "authors": [{"name": feed.author, "url": feed.site + "/"}],
        **({"language": feed.language} if feed.language else {}),
        **({"hubs": hubs} if hubs else {}),
    }


def item(entry: FeedEntry) -> dict[str, Any]:
    """Return the JSON fields of an item.

    Fields that JSON Feed does not define are under ``_communique``.
    """
    image = next((file.url for file in entry.enclosures if file.type.startswith("image/")), None)
    optional = {
        "image": image,
        "language": entry.language,
        "tags": [category.label for category in entry.categories],
        "attachments": [attachment(file) for file in entry.enclosures],
    }
    return {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.html,
        "summary": entry.summary,
        **({"date_published": entry.published.isoformat()} if entry.published else {}),
        "date_modified": entry.updated.isoformat(),
        "authors": [author(entry.publisher)],
        **{name: value for name, value in optional.items() if value},
        "_communique": {
            "page": entry.page,
            **({"capture": entry.capture} if entry.capture else {}),
            "revision": entry.revision,
            "retracted": entry.retracted.isoformat() if entry.retracted else None,
            "also": [author(person) for person in entry.also],
        },
    }


def author(person: Person) -> dict[str, str]:
    """Return a publisher as a JSON Feed author."""
    return {"name": person.name, **({"url": person.url} if person.url else {})}


def attachment(media: Media) -> dict[str, Any]:
    """Return a file as an attachment, with its size in bytes if known."""
    return {
        "url": media.url,
        "mime_type": media.type,
        **({"title": media.title} if media.title else {}),
        **({"size_in_bytes": media.length} if media.length else {}),
    }
