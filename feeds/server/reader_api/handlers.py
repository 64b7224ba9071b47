"""Handlers of the Google Reader API operations."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from data.access.tokens import Token
from data.clock import utc_now
from data.models import Facet, ReaderItem, ReaderQuery
from data.settings import SiteSettings
from data.store.core.store import Store
from feeds.catalog import Catalog, catalog_of
from feeds.server.reader_api.items import (
    READ_STATE,
    READING_LIST,
    STARRED_TAG,
    Stream,
    continuation,
    item,
    item_digits,
    microseconds,
    place_of,
    reference,
    stream_of,
    subscription,
    tags,
)

MAX_ITEM_IDS: Final = 1000
"""Maximum number of item ids in a request."""

INITIAL_UNREAD_AGE: Final = dt.timedelta(days=30)
"""Maximum age of releases that are unread in a new account. The age is measured when the account's
token is created."""

Values: TypeAlias = Mapping[str, list[str]]
"""Parameter values by parameter name. A parameter may occur several times."""

DEFAULT_ITEMS, MAX_ITEMS = 20, 1000
"""Number of items per response: the default and the maximum."""

MAX_IDS: Final = 10_000
"""Maximum number of item ids per response."""

MAX_UNREAD_COUNT: Final = 10_000
"""Number of most recently seen releases among which unread items are counted."""


class BadReaderRequest(Exception):
    """Raised for an invalid request to the Google Reader API. The message explains the fault."""


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


def stream_contents(account: Account, stream: str | None) -> Any:
    """Return a page of a stream's items with their texts."""
    found, left = account.items(account.stream(stream), DEFAULT_ITEMS, MAX_ITEMS)
    answer = {
        "direction": "ltr",
        "id": stream or READING_LIST,
        "updated": int(utc_now().timestamp()),
        "items": account.shown(found),
    }
    return answer | ({"continuation": left} if left else {})


def stream_ids(account: Account, _: str | None) -> Any:
    """Return a page of the ids of a stream's items."""
    found, left = account.items(account.stream(account.value("s")), DEFAULT_ITEMS, MAX_IDS)
    answer = {"items": [], "itemRefs": [reference(one) for one in found]}
    return answer | ({"continuation": left} if left else {})


def item_contents(account: Account, _: str | None) -> Any:
    """Return the requested items with their texts."""
    found = account.store.reader_items_of(account.name, account.ids(), account.read_until)
    return {"id": READING_LIST, "items": account.shown([*found])}


def subscriptions(account: Account, _: str | None) -> Any:
    """Return all sources with releases as subscribed feeds."""
    catalog = account.catalog
    sources = [facet.source for facet in account.store.facets() if is_source(facet)]
    return {"subscriptions": [subscription(one, catalog) for one in sorted(filter(None, sources))]}


def is_source(facet: Facet) -> bool:
    """Return whether a facet selects exactly one source and nothing else."""
    return facet == Facet(source=facet.source)


def tag_list(account: Account, _: str | None) -> Any:
    """Return the tags: item states and topics."""
    catalog = account.catalog
    return {"tags": tags(catalog, sorted(catalog.topics))}


def unread_count(account: Account, _: str | None) -> Any:
    """Return the number of unread items per feed, among the most recently seen releases."""
    counts = account.store.unread_counts(account.name, account.read_until, limit=MAX_UNREAD_COUNT)
    now = microseconds(utc_now())
    return {
        "max": MAX_UNREAD_COUNT,
        "unreadcounts": [
            {"id": name, "count": count, "newestItemTimestampUsec": now}
            for name, count in (
                *((f"feed/{source}", count) for source, count in sorted(counts.items())),
                (READING_LIST, sum(counts.values())),
            )
        ],
    }


def user_info(account: Account, _: str | None) -> Any:
    """Return the account's name."""
    return {"userId": account.name, "userName": account.name, "userProfileId": account.name}


def edit_tag(account: Account, _: str | None) -> str:
    """Mark items as read, unread, starred or unstarred."""
    added, removed = account.values.get("a", []), account.values.get("r", [])
    kept_unread = any(one.endswith("/kept-unread") for one in added)
    noted = {
        name: True if tag in added else False if tag in removed else None
        for name, tag in (("read", READ_STATE), ("starred", STARRED_TAG))
    }
    if kept_unread:
        noted["read"] = False
    account.store.mark_items(account.name, account.ids(), **noted)
    return "OK"


def mark_all_as_read(account: Account, _: str | None) -> str:
    """Mark all items of a stream as read, up to the time ``ts`` (microseconds since 1970)."""
    stream = account.stream(account.value("s"))
    if stream.topic or stream.state != "all":
        raise BadReaderRequest("only a feed or the reading list can be marked as read")
    text = account.value("ts")
    if text and not text.isdecimal():
        raise BadReaderRequest("ts must be a Unix time in microseconds")
    now = utc_now()
    until = min(now, dt.datetime.fromtimestamp(int(text[:17]) / 1e6, dt.UTC)) if text else now
    account.store.mark_all_read(account.name, until, source=stream.source)
    return "OK"


READ_HANDLERS: Final[Mapping[str, Callable[[Account, str | None], Any]]] = {
    "user-info": user_info,
    "subscription/list": subscriptions,
    "tag/list": tag_list,
    "unread-count": unread_count,
    "stream/items/ids": stream_ids,
    "stream/items/contents": item_contents,
    "stream/contents": stream_contents,
    "stream/contents/{stream:path}": stream_contents,
}
"""Handlers of operations that only read, by path."""
WRITE_HANDLERS: Final[Mapping[str, Callable[[Account, str | None], str]]] = {
    "edit-tag": edit_tag,
    "mark-all-as-read": mark_all_as_read,
}
"""Handlers of operations that change the state of an account's items, by path."""
