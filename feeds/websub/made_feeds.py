"""Feeds that are made on demand as topics of our own hub: which there are, and which changed.

Such a feed is named like a file, with its query: ``feeds/search.atom?q=harbour``. It is made anew
only where a release that changed since it was looked at last matches what it asks for, so the work
of a publication grows with what changed and not with all searches.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

import msgspec

from data.errors import SlowSearch
from data.models import ChangeCursor
from data.settings import Site
from data.store.protocol import Store
from data.text.urls import site_address
from data.watches.match import AlertEvent, WatchIndex
from data.watches.watch import Watch
from feeds.searches import SEARCH_PARAMETERS, canonical_query, parse_query
from feeds.urls import FORMATS, SEARCH, facet_of, feed_file, is_published
from feeds.websub.messages import file_of

log = logging.getLogger(__name__)

MakeFeed: TypeAlias = Callable[[str], bytes | None]
"""Makes a feed by its name; None where there is none. Raises StoreError."""

MOST: Final = 1000
"""Changed releases that are held against the searches; where there are more, all are made anew."""

UNKNOWN: Final = ""
"""The stamp of a feed that is to be made anew, whatever changed."""

KEPT: Final = 16
"""Feeds that are kept in memory while they are delivered."""


def is_made(file: str) -> bool:
    """Whether a topic is made on demand, by its name; all others are files."""
    return "?" in file or (file.startswith("feeds/source/") and "/topic/" in file)


def made_feed(address: str) -> str | None:
    """The name of the feed that is made at an address within the site; None for all others.

    Addresses that ask for the same have one name.
    """
    path, mark, query = address.partition("?")
    if path in {f"{SEARCH}.{kind}" for kind in FORMATS}:
        asked = parse_query(query.encode(), SEARCH_PARAMETERS)
        return f"{path[1:]}?{canonical_query(asked)}" if asked else None
    found = None if mark else facet_of(path)
    return feed_file(*found) if found and not is_published(found[0]) else None


def subscribable(store: Store, site: Site, folder: Path, topic: str) -> str | None:
    """The file or name of a feed of ours that our own hub tells of, by its address."""
    base = site_address(site.url)
    made = made_feed(topic.removeprefix(base)) if topic.startswith(base + "/") else None
    if made is None:
        return file_of(site, folder, topic)
    facet = facet_of("/" + made)
    return made if facet is None or store.summaries(facet[0], limit=1) else None


def note_changed_searches(store: Store, make: MakeFeed) -> None:
    """Note which of the feeds hold something else now that are made, and subscribed to.

    What nobody is subscribed to any more is forgotten. Raises StoreError.
    """
    stamps = {file: stamp for file, stamp in store.feed_stamps().items() if is_made(file)}
    asked_for = frozenset(filter(is_made, store.subscribed_feeds()))
    store.forget_feeds(stamps.keys() - asked_for)
    if not asked_for:
        return
    stamp, found_stamp = stamp_of(store), stamp_to_make_by(store)
    by_stamp = defaultdict[str, list[str]](list)
    for file in asked_for:
        by_stamp[stamps.get(file, UNKNOWN)].append(file)
    found = []
    for since, files in by_stamp.items():
        for file in touched(store, since, files):
            try:
                body = make(file) or b""
            except SlowSearch as error:
                # It is looked at again when something else changes that it may hold.
                log.warning("%s: %s", file, error)
                continue
            found.append((file, found_stamp, hashlib.sha256(body).digest()))
    # Together: a change must not be passed over where this process ends between the two.
    with store.transaction():
        store.stamp_feeds(asked_for, stamp)
        # No other hub is told of them.
        store.note_feeds(found, told=True)


def touched(store: Store, stamp: str, files: Collection[str]) -> Collection[str]:
    """Those of some feeds that a release matches which changed since they had this stamp."""
    since = msgspec.json.decode(stamp, type=ChangeCursor) if stamp else None
    changes = store.changes_since(since, limit=MOST) if since else None
    if changes is None:
        return files
    index = WatchIndex({file: watch_of(file) for file in files}) if changes else WatchIndex({})
    found: set[str] = set()
    for changed in changes:
        if release := store.release(changed):
            event = AlertEvent("release", release.source, release.content)
            found.update(index.matching(event, store.source_moves()))
    return found


def watch_of(file: str) -> Watch:
    """A watch that matches all that a feed may hold."""
    path, _, query = file.partition("?")
    if facet := facet_of("/" + path):
        parts = {
            "source": facet[0].source,
            "topic": facet[0].topic,
            "lang": facet[0].language,
        }
        asked = {name: part or "" for name, part in parts.items()}
    else:
        asked = dict(parse_qsl(query))
    sources, topics, languages = (
        tuple(filter(None, asked.get(name, "").split(","))) for name in ("source", "topic", "lang")
    )
    return Watch(file, asked.get("q", ""), sources, topics, languages)


def stamp_of(store: Store) -> str:
    """How far the store has come, as text."""
    return msgspec.json.encode(store.change_cursor()).decode()


def stamp_to_make_by(store: Store) -> str:
    """The stamp of a feed that is about to be made.

    What the search index lacks is not found by it: it is to be made again.
    """
    stamp = stamp_of(store)
    return UNKNOWN if store.awaits_indexing() else stamp


class MadeBodies:
    """The bodies of feeds that are under way to many; any thread may ask."""

    def __init__(self, make: MakeFeed) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[bytes, bytes]] = OrderedDict()

    def body(self, file: str, digest: bytes) -> bytes | None:
        """What a feed holds; made but once as long as it is to have that digest."""
        with self._lock:
            known, body = self._kept.get(file, (b"", b""))
            if known == digest:
                return body
            made = self._make(file)
            if made is not None:
                self._kept[file] = hashlib.sha256(made).digest(), made
                self._kept.move_to_end(file)
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return made
