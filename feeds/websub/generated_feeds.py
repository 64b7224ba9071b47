"""Feeds generated on request, to which clients can subscribe at the site's own hub.

Such a feed is identified by a file name with a query: ``feeds/search.atom?q=harbour``. The feed is
generated again only if a release that changed since the last check matches its query. So the cost
of a publication depends on the number of changes, not on the number of subscribed searches.
"""

import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from data.errors import SlowSearch
from data.search.syntax import LANGUAGE_VERSION
from data.settings import SiteSettings
from data.store.core.store import Store
from data.store.shared_sql.events import SEARCH_INDEX, WEBSUB
from data.text.urls import site_address
from data.watches.matching import WatchIndex, event_about
from data.watches.watch_file import Watch
from feeds.searches import SEARCH_PARAMETERS, canonical_query, parse_query, present_text
from feeds.urls import FORMATS, SEARCH_FEED, facet_of, feed_file, is_published
from feeds.websub.messages import file_of

log = logging.getLogger(__name__)

MakeFeed: TypeAlias = Callable[[str], bytes | None]
"""Function that generates a feed by its name. It returns None for an unknown name, and raises
StoreError if the store fails."""

MAX_MATCHED_CHANGES: Final = 1000
"""Maximum number of changed releases that are matched with subscribed searches. If more releases
changed, the feeds of all searches are generated again."""

MAX_HELD_BODIES: Final = 16
"""Maximum number of feed bodies cached in memory during deliveries."""


def is_made(file: str) -> bool:
    """Whether the feed with this name is generated on request. Other feeds are files."""
    return "?" in file or (file.startswith("feeds/source/") and "/topic/" in file)


def made_feed(address: str) -> str | None:
    """Return the name of the generated feed at a URL path within the site.

    Returns None if no feed is generated at the path. Paths with equivalent queries have the same
    name.
    """
    path, mark, query = address.partition("?")
    if path in {f"{SEARCH_FEED}.{kind}" for kind in FORMATS}:
        asked = parse_query(query.encode(), SEARCH_PARAMETERS)
        return f"{path[1:]}?{canonical_query(asked)}" if asked else None
    found = None if mark else facet_of(path)
    return feed_file(*found) if found and not is_published(found[0]) else None


def subscribable(store: Store, site: SiteSettings, folder: Path, topic: str) -> str | None:
    """Return the file of a published feed or the name of a generated feed, given its topic URL.

    Returns None if the hub does not distribute such a feed.
    """
    base = site_address(site.url)
    made = made_feed(topic.removeprefix(base)) if topic.startswith(base + "/") else None
    if made is None:
        return file_of(site, folder, topic)
    facet = facet_of("/" + made)
    return made if facet is None or store.summaries(facet[0], limit=1) else None


def note_changed_searches(
    store: Store, make: MakeFeed, saved: Mapping[str, str] | None = None
) -> None:
    """Record which generated feeds with subscribers have changed, so that they are delivered.

    ``saved`` contains the saved searches. Also deletes feeds without subscribers from the store.
    Raises StoreError if the store fails.
    """
    known = frozenset(filter(is_made, store.feed_stamps()))
    asked_for = frozenset(filter(is_made, store.subscribed_feeds()))
    store.forget_feeds(known - asked_for)
    # Read before the feeds are generated, because they lack releases that are not indexed yet.
    last = store.cursor_of(SEARCH_INDEX) if store.awaits_indexing() else store.change_cursor()
    found = []
    for file in asked_for.intersection(changed_feeds(store, known, saved or {})).union(
        asked_for - known
    ):
        try:
            body = make(file) or b""
        except SlowSearch as error:
            # The feed is generated again after the next change that may match its query.
            log.warning("the feed %s was not generated: %s", file, error)
            continue
        found.append((file, "", hashlib.sha256(body).digest()))
    # In one transaction: a crash between the two would lose a change.
    with store.transaction_if_needed():
        if found:
            # Other hubs are not notified about generated feeds.
            store.note_feeds(found, told=True)
        if last and last != store.cursor_of(WEBSUB):
            store.pass_events(WEBSUB, last[0])


def changed_feeds(
    store: Store, files: Collection[str], saved: Mapping[str, str]
) -> Collection[str]:
    """Return the generated feeds that match a release changed since the last check."""
    since = store.cursor_of(WEBSUB) if files else None
    changes = store.changes_since(since, limit=MAX_MATCHED_CHANGES) if since else None
    if changes is None:
        return files
    index = WatchIndex({file: watch_of(file) for file in files} if changes else {}, saved)
    found: set[str] = set()
    for changed in changes:
        if release := store.release(changed):
            event = event_about("release", store.with_file_texts(release))
            found.update(index.matching(event, store.source_moves()))
    return found


def watch_of(file: str) -> Watch:
    """Return a watch that matches every release that the feed ``file`` may contain."""
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
    return Watch(
        file,
        query=present_text(asked),
        query_language=LANGUAGE_VERSION,
        sources=sources,
        topics=topics,
        languages=languages,
    )


class MadeBodies:
    """Cache of generated feed bodies that are delivered to many subscribers. Thread-safe."""

    def __init__(self, make: MakeFeed) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[bytes, bytes]] = OrderedDict()

    def body(self, file: str, digest: bytes) -> bytes | None:
        """Return a feed's body, from the cache if the cached body has this digest."""
        with self._lock:
            known, body = self._kept.get(file, (b"", b""))
            if known == digest:
                return body
            made = self._make(file)
            if made is not None:
                self._kept[file] = hashlib.sha256(made).digest(), made
                self._kept.move_to_end(file)
                if len(self._kept) > MAX_HELD_BODIES:
                    self._kept.popitem(last=False)
            return made
