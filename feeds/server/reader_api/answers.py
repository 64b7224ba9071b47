"""What each address of the Google Reader API answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final

from data.clock import utc_now
from data.models import Facet
from feeds.server.reader_api.account import Account, BadRequest
from feeds.server.reader_api.items import microseconds, reference, subscription, tags
from feeds.server.reader_api.streams import READ, READING_LIST, STARRED

USUAL, MOST = 20, 1000
"""Items of one answer where a reader asks for no number, and at the most."""

MOST_IDS: Final = 10_000
"""Items by their number alone."""

COUNTED: Final = 10_000
"""Releases among which unread ones are counted: those that were seen last."""


def stream_contents(account: Account, stream: str | None) -> Any:
    """The items of a stream with their texts."""
    found, left = account.items(account.stream(stream), USUAL, MOST)
    answer = {
        "direction": "ltr",
        "id": stream or READING_LIST,
        "updated": int(utc_now().timestamp()),
        "items": account.shown(found),
    }
    return answer | ({"continuation": left} if left else {})


def stream_ids(account: Account, _: str | None) -> Any:
    """The items of a stream by their numbers alone."""
    found, left = account.items(account.stream(account.value("s")), USUAL, MOST_IDS)
    answer = {"items": [], "itemRefs": [reference(one) for one in found]}
    return answer | ({"continuation": left} if left else {})


def item_contents(account: Account, _: str | None) -> Any:
    """Some items with their texts."""
    found = account.store.reader_items_of(account.name, account.ids(), account.read_until)
    return {"id": READING_LIST, "items": account.shown([*found])}


def subscriptions(account: Account, _: str | None) -> Any:
    """All sources that have any release."""
    catalog = account.catalog
    sources = [facet.source for facet in account.store.facets() if is_source(facet)]
    return {"subscriptions": [subscription(one, catalog) for one in sorted(filter(None, sources))]}


def is_source(facet: Facet) -> bool:
    """Whether a facet is all of a source."""
    return facet == Facet(source=facet.source)


def tag_list(account: Account, _: str | None) -> Any:
    """The states and topics of items."""
    catalog = account.catalog
    return {"tags": tags(catalog, sorted(catalog.topics))}


def unread_count(account: Account, _: str | None) -> Any:
    """How many unread items each feed has, among those that were seen last."""
    counts = account.store.unread_counts(account.name, account.read_until, limit=COUNTED)
    now = microseconds(utc_now())
    return {
        "max": COUNTED,
        "unreadcounts": [
            {"id": name, "count": count, "newestItemTimestampUsec": now}
            for name, count in (
                *((f"feed/{source}", count) for source, count in sorted(counts.items())),
                (READING_LIST, sum(counts.values())),
            )
        ],
    }


def user_info(account: Account, _: str | None) -> Any:
    """Who this is."""
    return {"userId": account.name, "userName": account.name, "userProfileId": account.name}


def edit_tag(account: Account, _: str | None) -> str:
    """Note that items were read or starred, or are no more."""
    added, removed = account.values.get("a", []), account.values.get("r", [])
    kept_unread = any(one.endswith("/kept-unread") for one in added)
    noted = {
        name: True if tag in added else False if tag in removed else None
        for name, tag in (("read", READ), ("starred", STARRED))
    }
    if kept_unread:
        noted["read"] = False
    account.store.mark_items(account.name, account.ids(), **noted)
    return "OK"


def mark_all_as_read(account: Account, _: str | None) -> str:
    """Note that all of a feed, or of all, is read, up to an instant (``ts``, microseconds)."""
    stream = account.stream(account.value("s"))
    if stream.topic or stream.state != "all":
        raise BadRequest("mark a feed or the reading list as read")
    text = account.value("ts")
    if text and not text.isdecimal():
        raise BadRequest("ts must be microseconds since 1970")
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
WRITING: Final[Mapping[str, Callable[[Account, str | None], str]]] = {
    "edit-tag": edit_tag,
    "mark-all-as-read": mark_all_as_read,
}
