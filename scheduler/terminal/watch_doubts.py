"""What a watch lacks: sources and topics that are not there, or not yet; what sends it."""

from __future__ import annotations

from collections.abc import Iterator

from data.errors import ConfigurationError
from data.search.query import Query
from data.topics.taxonomy import load_taxonomy
from data.watches.watch import Watch
from data.wording import meant
from feeds.alerts.channels import CHANNELS, channels_of
from feeds.pages.search_problems import notes_on
from feeds.translations import texts_of
from scheduler.home import Home
from spiders.sources.loader import load_sources


def doubts_of(home: Home, one: Watch) -> list[str]:
    """What a watch lacks: sources and topics that are not there, or not yet; a mail server."""
    return list(_doubts(home, one))


def _doubts(home: Home, one: Watch) -> Iterator[str]:
    if not one.outputs and not one.feed:
        tables = ", ".join(f"[{channel.table}]" for channel in CHANNELS)
        yield f"it sends no alerts; write {tables} or [feed] into its file"
    if one.query.count('"') % 2:
        yield f"a quotation mark of {one.query!r} is not closed; it is read as closed at the end"
    yield from notes_on(texts_of("en"), Query(one.query))
    for channel in channels_of(one):
        yield from channel.missing(home.settings.alerts)
    if not one.sources and not one.topics:
        return
    store = home.store()
    try:
        # Sections are told as topics, too.
        stored, topics = store.sources(), {*store.topics()}
        topics.update(slug for _, slug in store.section_labels())
        moves, removed = store.source_moves(), store.removed_sources()
    finally:
        store.close()
    known = {*stored, *load_sources(home.sources)[0]}
    for source in one.sources:
        if source in moves.keys() - known:
            yield f"{source!r} is called {moves[source]!r} now, which the watch is told of as well"
        elif source in removed:
            yield f"{source!r} is collected no more"
        elif source not in known:
            yield f"there is no source {source!r} yet{meant(source, sorted(known))}"
    yield from _unknown_topics(home, one, topics)


def _unknown_topics(home: Home, one: Watch, used: set[str]) -> Iterator[str]:
    try:
        known = used | load_taxonomy(home.topics).topics.keys()
    except ConfigurationError as error:
        yield str(error)
        return
    for topic in one.topics:
        if topic not in known:
            yield f"no release has the topic {topic!r} yet{meant(topic, sorted(known))}"
