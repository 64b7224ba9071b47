"""One request of a Reader API account, with its parameters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from data.access.tokens import Token
from data.models import ReaderItem, ReaderQuery
from data.settings import SiteSettings
from data.store.core.store import Store
from feeds.catalog import Catalog, catalog_of
from feeds.server.reader_api.items import item
from feeds.server.reader_api.streams import (
    READ_STATE,
    READING_LIST,
    STARRED,
    Stream,
    continuation,
    item_digits,
    place_of,
    stream_of,
)

MAX_ITEM_IDS: Final = 1000
"""Maximum number of items per request."""

INITIAL_UNREAD_AGE: Final = dt.timedelta(days=30)
"""Maximum age, at the creation of the token, of releases that start as unread."""

Values: TypeAlias = Mapping[str, list[str]]
"""Values of the request by parameter name; a parameter may be repeated."""


class BadReaderRequest(Exception):
    """An invalid request; the message explains why."""


class Account:
    """One request of an account. ``store`` is open, ``values`` are the request's parameters."""

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
        """Return a parameter as a whole number, at most ``most``. Raises BadReaderRequest.

        ``usual`` is returned if the parameter is absent.
        """
        text = self.value(name)
        if text is None:
            return usual
        if not text.isdecimal() or not int(text[:9]):
            raise BadReaderRequest(f"{name} must be a number above 0")
        return min(int(text[:9]), most)

    def instant(self, name: str) -> dt.datetime | None:
        """Parse a parameter in seconds since 1970. Raises BadReaderRequest."""
        text = self.value(name)
        if not text:
            return None
        try:
            return dt.datetime.fromtimestamp(float(text), dt.UTC)
        except (ValueError, OverflowError, OSError):
            raise BadReaderRequest(f"{name} must be seconds since 1970") from None

    def items(self, stream: Stream, usual: int, most: int) -> tuple[list[ReaderItem], str | None]:
        """Return the requested items of a stream, and the continuation if more are left."""
        state = stream.state
        if state == "all" and READ_STATE in self.values.get("xt", []):
            state = "unread"
        elif state == "all" and (wanted := self.values.get("it")):
            state = "starred" if STARRED in wanted else "read" if READ_STATE in wanted else state
        text = self.value("c")
        after = place_of(text) if text else None
        if text and after is None:
            raise BadReaderRequest("c is not a continuation from this server: start without one")
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
        """Return the stream of a name. Raises BadReaderRequest."""
        found = stream_of(name or READING_LIST, self.catalog)
        if found is None:
            raise BadReaderRequest("unknown stream: subscription/list contains all feeds")
        return found

    def ids(self) -> list[str]:
        """Return the ids of the items in the request. Raises BadReaderRequest."""
        named = self.values.get("i", [])
        if len(named) > MAX_ITEM_IDS:
            raise BadReaderRequest(f"send at most {MAX_ITEM_IDS} items per request")
        digits = [item_digits(one) for one in named]
        if None in digits or not digits:
            raise BadReaderRequest("send item ids as i, as they are in other responses")
        return [one for one in digits if one]

    def shown(self, found: list[ReaderItem]) -> list[Any]:
        """Return items with their texts, as JSON objects."""
        catalog = self.catalog
        releases = ((self.store.release(one.id), one) for one in found)
        return [item(release, one, catalog) for release, one in releases if release]
