"""The operations of the Google Reader API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

from data.clock import utc_now
from data.models import Facet
from feeds.server.reader_api.account import Account, BadReaderRequest
from feeds.server.reader_api.items import microseconds, reference, subscription, tags
from feeds.server.reader_api.streams import READ_STATE, READING_LIST, STARRED

DEFAULT_ITEMS, MAX_ITEMS = 20, 1000
"""Items per response: the default and the maximum."""

MAX_IDS: Final = 10_000
"""Maximum number of item ids per response."""

MAX_UNREAD_COUNT: Final = 10_000
"""Number of the most recently seen releases among which unread items are counted."""


def stream_contents(account: Account, stream: str | None) -> Any:
    """Return the items of a stream with their texts."""
    found, left = account.items(account.stream(stream), DEFAULT_ITEMS, MAX_ITEMS)
    answer = {
        "direction": "ltr",
        "id": stream or READING_LIST,
        "updated": int(utc_now().timestamp()),
        "items": account.shown(found),
    }
    return answer | ({"continuation": left} if left else {})


def stream_ids(account: Account, _: str | None) -> Any:
    """Return the ids of a stream's items."""
    found, left = account.items(account.stream(account.value("s")), DEFAULT_ITEMS, MAX_IDS)
    answer = {"items": [], "itemRefs": [reference(one) for one in found]}
    return answer | ({"continuation": left} if left else {})


def item_contents(account: Account, _: str | None) -> Any:
    """Return the requested items with their texts."""
    found = account.store.reader_items_of(account.name, account.ids(), account.read_until)
    return {"id": READING_LIST, "items": account.shown([*found])}


def subscriptions(account: Account, _: str | None) -> Any:
    """Return all sources with releases."""
    catalog = account.catalog
    sources = [facet.source for facet in account.store.facets() if is_source(facet)]
    return {"subscriptions": [subscription(one, catalog) for one in sorted(filter(None, sources))]}


def is_source(facet: Facet) -> bool:
    """Return whether a facet is a whole source."""
    return facet == Facet(source=facet.source)


def tag_list(account: Account, _: str | None) -> Any:
    """Return the item states and the topics."""
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
    """Mark items as read, unread, starred or not starred."""
    added, removed = account.values.get("a", []), account.values.get("r", [])
    kept_unread = any(one.endswith("/kept-unread") for one in added)
    noted = {
        name: True if tag in added else False if tag in removed else None
        for name, tag in (("read", READ_STATE), ("starred", STARRED))
    }
    if kept_unread:
        noted["read"] = False
    account.store.mark_items(account.name, account.ids(), **noted)
    return "OK"


def mark_all_as_read(account: Account, _: str | None) -> str:
    """Mark all items of one or all feeds as read, up to ``ts`` (microseconds since 1970)."""
    stream = account.stream(account.value("s"))
    if stream.topic or stream.state != "all":
        raise BadReaderRequest("mark a feed or the reading list as read")
    text = account.value("ts")
    if text and not text.isdecimal():
        raise BadReaderRequest("ts must be microseconds since 1970")
    now = utc_now()
    until = min(now, dt.datetime.fromtimestamp(int(text[:17]) / 1e6, dt.UTC)) if text else now
    account.store.mark_all_read(account.name, until, source=stream.source)
    return "OK"


READING: Final[Mapping[str, Callable[[Account, str | None], Any]]] = {
    "user-info": user_info,
    "subscription/list": subscriptions,
    "tag/list": tag_list,
    "unread-count": unread_count,
    "stream/items/ids": stream_ids,
    "stream/items/contents": item_contents,
    "stream/contents": stream_contents,
    "stream/contents/{stream:path}": stream_contents,
}
"""Operations that only read, by path."""
WRITING: Final[Mapping[str, Callable[[Account, str | None], str]]] = {
    "edit-tag": edit_tag,
    "mark-all-as-read": mark_all_as_read,
}
"""Operations that change an account, by path."""
