"""Items, subscriptions and streams of the Google Reader API, and the accounts that read them."""

import base64
import binascii
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from data.access.tokens import Token
from data.models import Facet, ReaderItem, ReaderQuery, ReaderState, Release
from data.settings import SiteSettings
from data.store.core.store import Store
from data.text.urls import web_address
from feeds.catalog import Catalog, catalog_of
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


MAX_ITEM_IDS: Final = 1000
"""Maximum number of item ids in a request."""

INITIAL_UNREAD_AGE: Final = dt.timedelta(days=30)
"""Maximum age of releases that are unread in a new account. The age is measured when the account's
token is created."""

Values: TypeAlias = Mapping[str, list[str]]
"""Parameter values by parameter name. A parameter may occur several times."""


class BadReaderRequest(Exception):
    """Raised for an invalid request to the Google Reader API. The message explains the fault."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A set of items with the same state: all items, or the items of one source or topic."""

    source: str | None = None
    topic: str | None = None
    state: ReaderState = "all"


class Account:
    """A request to the Google Reader API and the account that sent it.

    ``store`` must be open. ``values`` contains the parameters of the request.
    """

    def __init__(self, store: Store, site: SiteSettings, token: Token, values: Values) -> None:
        self.store = store
        self.site = site
        self.name = token.name
        self.read_until = token.created - INITIAL_UNREAD_AGE
        self.values = values

    @property
    def catalog(self) -> Catalog:
        """Names of sources and topics."""
        return catalog_of(self.store, self.site)

    def value(self, name: str) -> str | None:
        """Return the last value of a parameter, or None."""
        return self.values.get(name, [None])[-1]

    def number(self, name: str, usual: int, most: int) -> int:
        """Return the whole number in a parameter, limited to ``most``.

        If the parameter is missing, return ``usual``. Raises BadReaderRequest if it is not a
        number.
        """
        text = self.value(name)
        if text is None:
            return usual
        if not text.isdecimal() or not int(text[:9]):
            raise BadReaderRequest(f"{name} must be a whole number above 0")
        return min(int(text[:9]), most)

    def instant(self, name: str) -> dt.datetime | None:
        """Return the time in a parameter, or None if the parameter is missing.

        The value is in seconds since 1970. Raises BadReaderRequest if it is not a valid time.
        """
        text = self.value(name)
        if not text:
            return None
        try:
            return dt.datetime.fromtimestamp(float(text), dt.UTC)
        except (ValueError, OverflowError, OSError):
            raise BadReaderRequest(f"{name} must be a Unix time in seconds") from None

    def items(self, stream: Stream, usual: int, most: int) -> tuple[list[ReaderItem], str | None]:
        """Return a page of a stream's items.

        The second value is the continuation (cursor) of the next page, or None.
        """
        state = stream.state
        if state == "all" and READ_STATE in self.values.get("xt", []):
            state = "unread"
        elif state == "all" and (wanted := self.values.get("it")):
            state = (
                "starred" if STARRED_TAG in wanted else "read" if READ_STATE in wanted else state
            )
        text = self.value("c")
        after = place_of(text) if text else None
        if text and after is None:
            raise BadReaderRequest(
                "the continuation c is not from this server; start again without c"
            )
        limit = self.number("n", usual, most)
        query = ReaderQuery(
            account=self.name,
            read_until=self.read_until,
            source=stream.source,
            topic=stream.topic,
            state=state,
            newer=self.instant("ot"),
            older=self.instant("nt"),
            after=after,
            oldest_first=self.value("r") == "o",
        )
        found = [*self.store.reader_items(query, limit=limit + 1)]
        if len(found) <= limit:
            return found, None
        last = found[limit - 1]
        return found[:limit], continuation(last.order.timestamp(), last.id)

    def stream(self, name: str | None) -> Stream:
        """Return the stream with this name, or the reading list if ``name`` is None.

        Raises BadReaderRequest for an unknown stream.
        """
        found = stream_of(name or READING_LIST, self.catalog)
        if found is None:
            raise BadReaderRequest("unknown stream: subscription/list contains all feeds")
        return found

    def ids(self) -> list[str]:
        """Return the ids of the items in the request's parameters.

        Raises BadReaderRequest if an id is invalid or there are too many.
        """
        named = self.values.get("i", [])
        if len(named) > MAX_ITEM_IDS:
            raise BadReaderRequest(f"send at most {MAX_ITEM_IDS} items per request")
        digits = [item_digits(one) for one in named]
        if None in digits or not digits:
            raise BadReaderRequest(
                "send at least one i, each with an item id from an earlier response"
            )
        return [one for one in digits if one]

    def shown(self, found: list[ReaderItem]) -> list[Any]:
        """Convert items to JSON objects with their texts."""
        catalog = self.catalog
        releases = ((self.store.release(one.id), one) for one in found)
        return [item(release, one, catalog) for release, one in releases if release]


def item(release: Release, known: ReaderItem, catalog: Catalog) -> Fields:
    """Convert a release to an item with its text and its state in the account."""
    entry = entry_of(release, catalog, mixed=True)
    if is_long_text(entry.html):
        entry = shortened(entry)
    states = ((READ_STATE, known.read), (STARRED_TAG, known.starred))
    topics = (catalog.topic(topic) for topic in release.content.topics)
    micros = microseconds(known.first_seen)
    return {
        "id": LONG_ID + digits_of(release.id),
        "crawlTimeMsec": micros[:-3],
        "timestampUsec": micros,
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
    return {
        "id": number_of(digits_of(known.id)),
        "directStreamIds": [f"feed/{known.source}"],
        "timestampUsec": microseconds(known.first_seen),
    }


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
