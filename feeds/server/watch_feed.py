"""Feed of a watch's matches, generated from the store for clients with the watch's token.

The feed also contains matches from before the watch was created. It does not depend on alerts sent
through other channels. URLs in the feed do not contain the token, because feeds are copied.
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import Final

import msgspec

from data.errors import CommuniqueError
from data.models import Facet, Release
from data.revisions.stored_difference import classes_between
from data.search.query import Query
from data.store.core.store import Store
from data.text.clean import plain
from data.watches.matching import AlertEvent, WatchIndex, release_event
from data.watches.watch_file import PlainWatch, Watch, load_watch
from feeds.catalog import Catalog
from feeds.entries.entry import FeedEntry, entry_of
from feeds.entries.events import edit_entry, health_entry, retraction_entry, return_entry
from feeds.formats.feed import Feed, feed_of
from feeds.server.search import MAX_FACET_PAIRS, of_facets
from feeds.urls import FORMATS, WATCH_FEED

MAX_BATCHES: Final = 10
"""Maximum number of batches of releases that are searched for matches. A batch has as many releases
as the feed has entries."""

EVENTS_PER_KIND: Final = 300
"""Number of newest events of each kind that are matched with a watch."""


def watch_of(folder: Path | None, stem: str, token: str) -> Watch | None:
    """Return the watch whose feed has the path ``stem``, without suffix.

    Returns None for an unknown watch or a wrong token.
    """
    name = stem.removeprefix(WATCH_FEED)
    if folder is None or name == stem:
        return None
    try:
        watch = load_watch(folder, name, PlainWatch)
    except CommuniqueError:
        return None
    if watch.feed is None or not hmac.compare_digest(watch.feed.token.encode(), token.encode()):
        return None
    return watch


def watch_feed(catalog: Catalog, watch: Watch, stem: str) -> Feed:
    """Return the metadata of a watch's feed."""
    own = f"{catalog.site}{stem}"
    return replace(
        feed_of(catalog, Facet(), ()),
        title=f"{plain(watch.name)} · {catalog.title}",
        subtitle="Matches of a watch.",
        id=own,
        addresses=tuple((kind, f"{own}.{kind}") for kind in FORMATS),
        links=(),
    )


def watch_entries(
    store: Store, catalog: Catalog, watch: Watch, limit: int, saved: Mapping[str, str]
) -> list[FeedEntry]:
    """Return feed entries for the newest matches of a watch, the latest change first.

    ``saved`` contains the saved searches that the watch may name.
    """
    moves = store.source_moves()
    present = tuple(moves.get(one, one) for one in watch.sources)
    watch = msgspec.structs.replace(watch, sources=present)
    index = WatchIndex({"": watch}, saved)
    entries: list[FeedEntry] = []
    if "release" in watch.kinds:
        sources, topics = (",".join(names) or None for names in (watch.sources, watch.topics))
        query = Query(watch.present_query, sources, topics, saved=saved, moves=moves)
        entries += releases(store, catalog, query, index, limit)
    if "edit" in watch.kinds:
        entries += edits(store, catalog, index)
    if "retraction" in watch.kinds:
        for one in store.retractions(limit=EVENTS_PER_KIND):
            if one.retracted and matches(index, release_event("retraction", one)):
                captured = store.sightings(one.id).gone is not None
                entries.append(retraction_entry(catalog, one, one.retracted, captured=captured))
    if "return" in watch.kinds:
        for back in store.returns(limit=EVENTS_PER_KIND):
            release = store.release(back.release)
            if release and matches(index, release_event("return", release)):
                entries.append(return_entry(catalog, release, back))
    if "health" in watch.kinds:
        entries += (
            health_entry(catalog, one)
            for one in store.health_events(limit=EVENTS_PER_KIND)
            if matches(index, AlertEvent("health", one.source))
        )
    entries.sort(key=lambda one: (one.updated, one.published or one.updated), reverse=True)
    return entries[:limit]


def releases(
    store: Store, catalog: Catalog, query: Query, index: WatchIndex, limit: int
) -> Iterable[FeedEntry]:
    """Return feed entries for the newest releases that a watch matches.

    ``query`` must be empty, or match at least the releases that the watch in ``index`` matches.
    """
    found: list[Release] = []
    for some in islice(match_candidates(store, query, limit), MAX_BATCHES):
        found += (
            one
            for one in some
            if matches(index, release_event("release", store.with_file_texts(one)))
        )
        if len(found) >= limit or len(some) < limit:
            break
    shown = (entry_of(one, catalog, mixed=True) for one in found[:limit])
    # Releases without a date have no place in a feed ordered by date.
    return (one for one in shown if one.published)


def match_candidates(store: Store, query: Query, limit: int) -> Iterator[Sequence[Release]]:
    """Yield batches of ``limit`` releases that may match a query, newest first."""
    if query.expression is not None and not query.is_empty:
        hits = store.search_newest(query, limit=limit)
        yield hits.releases
        while hits.cursor is not None:
            hits = store.search_newest(query, limit=limit, cursor=hits.cursor)
            yield hits.releases
        return
    asked = {"source": query.source, "topic": query.topic}
    sources, topics = ((names or "").count(",") + 1 for names in asked.values())
    if sources * topics > MAX_FACET_PAIRS:
        # There are too many pairs of a source and a topic, so the newest of all releases are
        # tested.
        asked = {}
    chosen = {name: value for name, value in asked.items() if value}
    for offset in count(0, limit):
        yield of_facets(store, chosen, limit, offset)


def edits(store: Store, catalog: Catalog, index: WatchIndex) -> Iterator[FeedEntry]:
    """Yield feed entries for the newest edits that a watch matches."""
    for one in store.edits(limit=EVENTS_PER_KIND):
        release = store.release(one.release)
        if release is None:
            continue
        versions = {version.number: version for version in store.revisions(release.id)}
        before = versions.get(one.number - 1, one)
        edit = classes_between(before, one)
        if matches(index, release_event("edit", replace(release, content=one.content), edit=edit)):
            yield edit_entry(catalog, release, before, one)


def matches(index: WatchIndex, event: AlertEvent | None) -> bool:
    """Return whether an event matches the only watch in an index."""
    return event is not None and bool(index.matching(event))
