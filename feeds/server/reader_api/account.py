"""What one account asks for in one request, and what it is answered from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from data.models import ReaderItem, ReaderQuery
from data.settings import Site
from data.store.protocol import Store
from data.tokens import Token
from feeds.catalog import Catalog, catalog_of
from feeds.server.reader_api.items import item
from feeds.server.reader_api.streams import (
    READ,
    READING_LIST,
    STARRED,
    Stream,
    continuation,
    item_digits,
    place_of,
    stream_of,
)

MOST_NAMED: Final = 1000
"""Items that one request names at the most."""

UNREAD_BEFORE: Final = dt.timedelta(days=30)
"""How old a release may be when a token is made and still be unread for it."""

Values: TypeAlias = Mapping[str, list[str]]
"""What was sent, by name."""


class BadRequest(Exception):
    """What a reader asks for makes no sense; the sentence says why."""


class Account:
    """One request of an account: its ``store`` is open, ``values`` is what it sent."""

    def __init__(self, store: Store, site: Site, token: Token, values: Values) -> None:
        self.store = store
        self.site = site
        self.name = token.name
        self.read_until = token.created - UNREAD_BEFORE
        self.values = values

    @property
    def catalog(self) -> Catalog:
        """The names of sources and topics."""
        return catalog_of(self.store, self.site)

    def value(self, name: str) -> str | None:
        """The last value of a parameter."""
        return self.values.get(name, [None])[-1]

    def number(self, name: str, usual: int, most: int) -> int:
        """A whole number between 1 and ``most``. Raises BadRequest."""
        text = self.value(name)
        if text is None:
            return usual
        if not text.isdecimal() or not int(text[:9]):
            raise BadRequest(f"{name} must be a number above 0")
        return min(int(text[:9]), most)

    def instant(self, name: str) -> dt.datetime | None:
        """Seconds since 1970 as an instant. Raises BadRequest."""
        text = self.value(name)
        if not text:
            return None
        try:
            return dt.datetime.fromtimestamp(float(text), dt.UTC)
        except (ValueError, OverflowError, OSError):
            raise BadRequest(f"{name} must be seconds since 1970") from None

    def items(self, stream: Stream, usual: int, most: int) -> tuple[list[ReaderItem], str | None]:
        """The items of a stream that are asked for, and where to go on, if anything is left."""
        state = stream.state
        if state == "all" and READ in self.values.get("xt", []):
            state = "unread"
        elif state == "all" and (wanted := self.values.get("it")):
            state = "starred" if STARRED in wanted else "read" if READ in wanted else state
        text = self.value("c")
        after = place_of(text) if text else None
        if text and after is None:
            raise BadRequest("c is no continuation of ours: begin without one")
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
        """The stream of a name. Raises BadRequest."""
        found = stream_of(name or READING_LIST, self.catalog)
        if found is None:
            raise BadRequest("there is no such stream: subscription/list names all feeds")
        return found

    def ids(self) -> list[str]:
        """The items that are named. Raises BadRequest."""
        named = self.values.get("i", [])
        if len(named) > MOST_NAMED:
            raise BadRequest(f"name at most {MOST_NAMED} items at once")
        digits = [item_digits(one) for one in named]
        if None in digits or not digits:
            raise BadRequest("name items by i, as other answers name them")
        return [one for one in digits if one]

    def shown(self, found: list[ReaderItem]) -> list[Any]:
        """Items with their texts."""
        catalog = self.catalog
        releases = ((self.store.release(one.id), one) for one in found)
        return [item(release, one, catalog) for release, one in releases if release]
