"""Output of a watch without its secrets, and checks whether the watch can work."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from data.errors import CommuniqueError, QueryError
from data.text.masking import MASK
from data.watches.watch_file import FeedAccess, Watch
from data.wording import meant
from feeds.alerts.channels import CHANNELS, channels_of
from scheduler.home.home import Home

BACKLOG_MESSAGE: Final = (
    "{count} also {match}, but without an alert: {they} existed before the first visit to the"
    " source, or {were} imported or over 30 days old. Set `backlog = true` in the watch to get"
    " alerts about backlog that is found from now on."
)


def watch_fields(one: Watch) -> dict[str, Any]:
    """Return all keys of a watch as JSON values, with its secrets masked."""
    shown = without_secrets(one)
    return {key: getattr(shown, key) for key in shown.__struct_fields__}


def without_secrets(one: Watch) -> Watch:
    """Return a copy of a watch in which secrets are masked."""
    shown: dict[str, Any] = {
        channel.table: channel.without_secrets() for channel in channels_of(one)
    }
    if one.feed:
        shown["feed"] = FeedAccess(MASK)
    return msgspec.structs.replace(one, **shown)


def watch_line(one: Watch) -> str:
    """Return a line that describes the filters and outputs of a watch."""
    lists = {"sources": one.sources, "topics": one.topics, "languages": one.languages}
    parts = [*(["paused"] if one.paused else []), ", ".join(one.kinds)]
    if one.query:
        parts.append(f"words {one.query}")
    parts += [f"{what} {', '.join(names)}" for what, names in lists.items() if names]
    if one.min_weight:
        parts.append(f"edits of weight {one.min_weight:g} or more")
    if one.edit_classes:
        parts.append(f"edits of class {', '.join(one.edit_classes)}")
    parts += [channel.described() for channel in channels_of(one)]
    if one.feed:
        parts.append("a feed")
    if one.sends_nothing:
        parts.append("no output, so it sends nothing")
    if one.digest:
        parts.append(f"digest {one.digest} {one.timezone}")
    if one.quiet:
        parts.append(f"quiet {one.quiet} {one.timezone}")
    return "; ".join(parts)


def backlog_note(count: int) -> str:
    """Return a sentence that explains why ``count`` matching releases caused no alert."""
    one = count == 1
    return BACKLOG_MESSAGE.format(
        count=f"{count:,}",
        match="matches" if one else "match",
        they="it" if one else "they",
        were="was" if one else "were",
    )


def doubts_of(home: Home, one: Watch) -> list[str]:
    """Return sentences about a watch's missing outputs, settings, libraries, sources and topics."""
    return list(_doubts(home, one))


def _doubts(home: Home, one: Watch) -> Iterator[str]:
    # Imported here: these modules load slowly, and a list of watches does not need them.
    from data.search.expression import sources_in  # noqa: PLC0415
    from data.search.query import Query  # noqa: PLC0415
    from data.search.saved_searches import SavedSearches  # noqa: PLC0415
    from feeds.pages.search_problems import notes_on  # noqa: PLC0415
    from feeds.translations import texts_of  # noqa: PLC0415

    sources = {*one.sources}
    if not one.outputs and not one.feed:
        options = ", ".join(f"--{channel.table}" for channel in CHANNELS)
        tables = ", ".join(f"[{channel.table}]" for channel in CHANNELS)
        yield (
            f"the watch has no output; remove it and add it again with {options} or --feed, or"
            f" write {tables} or [feed] into its file"
        )
    if one.query_language == 1 and one.query.count('"') % 2:
        yield f"the query {one.query!r} has an unclosed quotation mark; close it"
    if one.query_language > 1:
        asked = Query(one.query, saved=SavedSearches(home.searches))
        try:
            sources |= sources_in(asked.expression)
        except QueryError as error:
            yield f"the watch matches no release: {error}"
        yield from notes_on(texts_of("en"), asked)
    if (one.min_weight or one.edit_classes) and "edit" not in one.kinds:
        yield "the watch has no events of kind edit, so filters by weight and class have no effect"
    if "health" in one.kinds and (one.query or one.topics or one.languages):
        yield "health events have no words, topics or languages, so only filters by source apply"
    for channel in channels_of(one):
        yield from channel.missing(home.settings.alerts)
    if sources or one.topics:
        yield from _unknown_names(home, one, sources)


def _unknown_names(home: Home, one: Watch, sources: Iterable[str]) -> Iterator[str]:
    from scheduler.sources.known_names import check_topics  # noqa: PLC0415 - as above
    from spiders.sources.source_file import load_sources  # noqa: PLC0415

    store = home.store()
    try:
        known = {*store.sources(), *load_sources(home.sources)[0]}
        moves, removed = store.source_moves(), store.removed_sources()
        for topic in one.topics:
            try:
                check_topics(home, store, [topic], sections=True)
            except CommuniqueError as error:
                yield str(error)
    finally:
        store.close()
    for source in sorted(sources):
        if source in moves.keys() - known:
            yield f"the source {source!r} was renamed to {moves[source]!r}; the watch matches it"
        elif source in removed:
            yield f"the source {source!r} was removed"
        elif source not in known:
            yield f"there is no source {source!r} yet{meant(source, sorted(known))}"
