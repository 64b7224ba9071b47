"""Create, change, remove, describe, test and replay watches."""

import asyncio
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from data.errors import CommuniqueError, QueryError, WatchError
from data.files import rewrite, was_written_since, write_secret
from data.models import AlertMessage
from data.search.expression import check_sources, sources_in
from data.search.saved_searches import SavedSearches
from data.search.syntax import LANGUAGE_VERSION, parse
from data.text.folding import fold_search
from data.text.masking import MASK
from data.text.urls import site_address
from data.toml_files import ID, read_text, with_keys
from data.watches.happenings import Happening, recent_happenings
from data.watches.matching import WatchIndex
from data.watches.watch_file import (
    FeedAccess,
    Watch,
    find_watch,
    load_watch,
    new_token,
    parse_watch,
    read_watch,
    to_toml,
)
from data.wording import meant
from feeds.alerts.channels import CHANNELS, AlertWatch, channels_of, without_random
from feeds.alerts.delivery.sending import Senders, send_trial, trial_messages
from feeds.alerts.messages import edit_fields
from feeds.urls import WATCH_FEED
from scheduler.home.home import Home

MAX_EVENTS_OF_A_KIND: Final = 1000
"""Maximum number of events of each kind (releases, edits ...) that are checked for matches."""

BACKLOG_MESSAGE: Final = (
    "{count} also {match}, but without an alert: {they} existed before the first visit to the"
    " source, or {were} imported or over 30 days old. Set `backlog = true` in the watch to get"
    " alerts about backlog that is found from now on."
)

MAX_RESENT: Final = 1000
"""Maximum number of failed alerts, newest first, that are searched for alerts of a watch."""


class UnusableId(CommuniqueError):
    """Raised if the id of a new watch is invalid or used by another watch."""


def id_for(name: str) -> str:
    """Return a watch id made from the letters and digits of a name. It may be empty."""
    return "-".join(re.findall("[a-z0-9]+", fold_search(name)))[:64].strip("-")


def create_watch(
    home: Home,
    keys: Mapping[str, Any],
    outputs: Mapping[str, Sequence[str]],
    *,
    watch_id: str = "",
    feed: bool = False,
    dry_run: bool = False,
    began: float | None = None,
) -> tuple[str, Watch]:
    """Write a new watch file, and return the id and the watch.

    ``keys`` are keys of the file without ``outputs``, the recipients by channel. The default id is
    made from the name. If an interrupted request at ``began`` (seconds since 1970) wrote the same
    watch, this watch is returned. Raises UnusableId, WatchError, UnknownSource and UnknownTopic.
    """
    chosen = watch_id or id_for(keys["name"])
    if not ID.fullmatch(chosen):
        raise UnusableId(
            f"{chosen or keys['name']!r} is not a valid id; use only lower-case letters, "
            "digits and hyphens"
        )
    watch = new_watch(keys, outputs, feed=feed)
    path = home.watches / f"{chosen}.toml"
    text = to_toml(watch)
    # Parse the text before it is written, because an invalid file could not be loaded later.
    one = parse_watch(text, str(path), AlertWatch)
    check_filters(home, one, path)
    is_taken = path.exists()
    if not is_taken and not dry_run:
        home.watches.mkdir(parents=True, exist_ok=True)
        try:
            write_secret(path, text)
        except FileExistsError:
            is_taken = True
    if is_taken and not (began and was_added(path, watch, began)):
        raise UnusableId(f"a watch {chosen!r} exists already; choose another id")
    return chosen, one


def new_watch(
    keys: Mapping[str, Any], outputs: Mapping[str, Sequence[str]], *, feed: bool
) -> Watch:
    """Return a watch with new random secrets. Raises WatchError if a recipient is invalid."""
    channels = {one.table: one for one in CHANNELS}
    given = dict(keys)
    for table, recipients in outputs.items():
        try:
            given[table] = channels[table].from_option(tuple(recipients))
        except ValueError as error:
            raise WatchError("outputs", table, str(error)) from error
    if feed:
        given["feed"] = FeedAccess(new_token())
    if given.get("query"):
        given["query_language"] = LANGUAGE_VERSION
    return AlertWatch(**{key: value for key, value in given.items() if value})


def was_added(path: Path, watch: Watch, began: float) -> bool:
    """Return whether a file contains this watch and was written at or after ``began``.

    Random secrets in the file are ignored. ``began`` is in seconds since 1970. Raises WatchError
    and OSError.
    """
    found = read_watch(path, AlertWatch)
    return was_written_since(path, began) and without_random(found) == without_random(
        msgspec.structs.replace(watch, query_language=found.query_language)
    )


def feed_address(home: Home, watch_id: str, one: Watch) -> str | None:
    """Return the secret address of a watch's feed, or None if it has no feed."""
    if one.feed is None:
        return None
    site = site_address(home.settings.site.url)
    return f"{site}{WATCH_FEED}{watch_id}.atom?token={one.feed.token}"


def change_watch(
    home: Home, watch_id: str, changes: Mapping[str, Any], *, dry_run: bool = False
) -> bool:
    """Set keys of a watch file, and remove keys whose new value is empty.

    Other keys stay as they are. Returns whether the file changes. Raises UnknownWatch, WatchError,
    UnknownSource, UnknownTopic and HomeInUse.
    """
    with home.files_lock():
        load_watch(home.watches, watch_id, AlertWatch)
        path = find_watch(home.watches, watch_id)
        text = read_text(path, WatchError)
        if changes.get("query"):
            changes = {**changes, "query_language": LANGUAGE_VERSION}
        changed = with_keys(text, changes)
        check_filters(home, parse_watch(changed, str(path), AlertWatch), path)
        if changed != text and not dry_run:
            rewrite(path, changed)
        return changed != text


def pause_watch(home: Home, watch_id: str, *, paused: bool) -> Watch:
    """Pause or resume a watch by changing its file, and return the watch.

    The rest of the file does not change. Raises UnknownWatch, WatchError, HomeInUse and OSError.
    """
    with home.files_lock():
        watch = load_watch(home.watches, watch_id, AlertWatch)
        if watch.paused == paused:
            return watch
        path = find_watch(home.watches, watch_id)
        text = with_keys(read_text(path, WatchError), {"paused": paused})
        changed = parse_watch(text, str(path), AlertWatch)
        rewrite(path, text)
        return changed


def remove_watch(home: Home, watch_id: str) -> None:
    """Remove a watch file, even if its content is invalid.

    Raises UnknownWatch, WatchError, HomeInUse and OSError.
    """
    # Without the lock, a concurrent change could write the file again.
    with home.files_lock():
        find_watch(home.watches, watch_id).unlink()


def check_filters(home: Home, one: Watch, path: Path) -> None:
    """Raise WatchError, UnknownSource or UnknownTopic if a new watch could never match.

    ``path`` is the path of the watch file. A watch and its query may contain the former id of a
    source. Saved searches are not checked.
    """
    asked = parse(one.present_query)
    if not one.sources and not one.topics and not sources_in(asked):
        return
    # Imported here: only this command needs them, and they load slowly.
    from scheduler.sources.known_names import check_source, check_topics  # noqa: PLC0415
    from spiders.sources.source_file import load_sources  # noqa: PLC0415

    with closing(home.store()) as store:
        moves = store.source_moves()
        for source in {*one.sources} - moves.keys():
            check_source(home, store, source)
        check_topics(home, store, one.topics, sections=True)
        try:
            check_sources(
                asked, one.query, {*store.sources(), *moves, *load_sources(home.sources)[0]}
            )
        except QueryError as error:
            raise WatchError(str(path), "query", str(error)) from error


def recent_matches(home: Home, watch_id: str) -> tuple[list[Happening], int]:
    """Return recent events that a watch matches, newest first, and the number of checked events.

    Raises UnknownWatch, WatchError and StoreError.
    """
    one = load_watch(home.watches, watch_id, AlertWatch)
    index = WatchIndex({watch_id: one}, SavedSearches(home.searches))
    with closing(home.store().public_view()) as store:
        moves = store.source_moves()
        recent = [*recent_happenings(store, limit=MAX_EVENTS_OF_A_KIND)]
    found = [one for one in recent if index.matching(one.event, moves)]
    return sorted(found, key=lambda happening: happening.at, reverse=True), len(recent)


def match_fields(happening: Happening) -> dict[str, Any]:
    """Return a matching event as JSON fields."""
    event = happening.event
    return {
        "kind": event.kind,
        "at": happening.at,
        "source": event.source,
        "release": happening.release or None,
        "title": happening.title,
        "backlog": happening.backlog,
        **(edit_fields(event.edit) if event.edit.classes else {}),
    }


async def send_test(home: Home, watch_id: str) -> list[dict[str, str | None]]:
    """Send a test message to each output of a watch, and return the results as JSON fields.

    Raises UnknownWatch, WatchError, NothingToSend and StoreError.
    """
    one = load_watch(home.watches, watch_id, AlertWatch)
    messages = await asyncio.to_thread(_trial_messages, home, watch_id, one)
    senders = Senders(home.outbound(), home.settings.alerts, home.settings.site)
    problems = await asyncio.gather(*(send_trial(senders, one, message) for message in messages))
    return [
        {"output": message.output, "key": message.key, "problem": problem or None}
        for message, problem in zip(messages, problems, strict=True)
    ]


def _trial_messages(home: Home, watch_id: str, one: Watch) -> list[AlertMessage]:
    with closing(home.plain_store().public_view()) as store:
        return [*trial_messages(store, watch_id, one, SavedSearches(home.searches))]


def resend_failed(home: Home, watch_id: str, *, dry_run: bool = False) -> int:
    """Queue the failed alerts of a watch again, and return their number. Raises UnknownWatch."""
    find_watch(home.watches, watch_id)
    with closing(home.plain_store()) as store:
        failed = store.alerts("dead", limit=MAX_RESENT)
        keys = [one.key for one in failed if one.watch == watch_id]
        if dry_run or not keys:
            return len(keys)
        return store.resend_alerts(keys, time.time())


def watch_fields(one: Watch) -> dict[str, Any]:
    """Return all keys of a watch as JSON values, with its secrets masked."""
    shown = without_secrets(one)
    return {key: getattr(shown, key) for key in shown.__struct_fields__}


def without_secrets(one: Watch) -> Watch:
    """Return a copy of a watch in which secrets are masked."""
    shown: dict[str, Any] = {out.table: out.without_secrets() for out in channels_of(one)}
    shown |= {"feed": FeedAccess(MASK)} if one.feed else {}
    return msgspec.structs.replace(one, **shown)


def watch_line(one: Watch) -> str:
    """Return a line that describes the filters and outputs of a watch."""
    lists = {"sources": one.sources, "topics": one.topics, "languages": one.languages}
    parts: tuple[tuple[object, str], ...] = (
        (one.paused, "paused"),
        (True, ", ".join(one.kinds)),
        (one.query, f"words {one.query}"),
        *((names, f"{what} {', '.join(names)}") for what, names in lists.items()),
        (one.min_weight, f"edits of weight {one.min_weight:g} or more"),
        (one.edit_classes, f"edits of class {', '.join(one.edit_classes)}"),
        *((True, channel.described()) for channel in channels_of(one)),
        (one.feed, "a feed"),
        (one.sends_nothing, "no output, so it sends nothing"),
        (one.digest, f"digest {one.digest} {one.timezone}"),
        (one.quiet, f"quiet {one.quiet} {one.timezone}"),
    )
    return "; ".join(text for is_set, text in parts if is_set)


def backlog_note(count: int) -> str:
    """Return a sentence that explains why ``count`` matching releases caused no alert."""
    match, they, were = ("matches", "it", "was") if count == 1 else ("match", "they", "were")
    return BACKLOG_MESSAGE.format(count=f"{count:,}", match=match, they=they, were=were)


def doubts_of(home: Home, one: Watch) -> Iterator[str]:
    """Yield sentences about a watch's missing outputs, settings, libraries, sources and topics."""
    # Imported here: these modules load slowly, and a list of watches does not need them.
    from data.search.query import Query  # noqa: PLC0415
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

    with closing(home.store()) as store:
        known = {*store.sources(), *load_sources(home.sources)[0]}
        moves, removed = store.source_moves(), store.removed_sources()
        for topic in one.topics:
            try:
                check_topics(home, store, [topic], sections=True)
            except CommuniqueError as error:
                yield str(error)
    for source in sorted(sources):
        if source in moves.keys() - known:
            yield f"the source {source!r} was renamed to {moves[source]!r}; the watch matches it"
        elif source in removed:
            yield f"the source {source!r} was removed"
        elif source not in known:
            yield f"there is no source {source!r} yet{meant(source, sorted(known))}"
