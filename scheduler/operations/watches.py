"""Create, change, remove, test and replay watches."""

import re
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from data.errors import CommuniqueError, QueryError, WatchError
from data.files import rewrite, was_written_since, write_secret
from data.search.expression import check_sources, sources_in
from data.search.syntax import LANGUAGE_VERSION, parse
from data.text.folding import fold_search
from data.text.urls import site_address
from data.toml_files import read_text
from data.watches.watch_file import Watch, find_watch, load_watch, parse_watch, read_watch, to_toml
from data.watches.watch_folder import set_paused
from feeds.alerts.channels import AlertWatch, without_random
from feeds.urls import WATCH_FEED
from scheduler.children.child import run_command
from scheduler.home.home import Home
from scheduler.operations.toml_keys import with_keys

TEST_SECONDS: Final = 90.0
"""Maximum duration of a test in seconds. A receiver may take up to 20 seconds."""

UNFINISHED_CHECK: Final = "the check of recent events ended without a result; try again"

MAX_REPLAYED: Final = 1000
"""Maximum number of failed alerts, newest first, that are searched for alerts of a watch."""


class UnfinishedTest(CommuniqueError):
    """Raised if the test of a watch ends without a result."""


def id_for(name: str) -> str:
    """Return a watch id made from the letters and digits of a name. It may be empty."""
    return "-".join(re.findall("[a-z0-9]+", fold_search(name)))[:64].strip("-")


def add_watch(home: Home, path: Path, watch: Watch, *, dry_run: bool = False) -> Watch:
    """Write a new watch file, and return the watch as it is read from there.

    Raises FileExistsError, WatchError, UnknownSource and UnknownTopic.
    """
    if watch.query:
        watch = msgspec.structs.replace(watch, query_language=LANGUAGE_VERSION)
    text = to_toml(watch)
    # Parse the text before it is written, because an invalid file could not be loaded later.
    one = parse_watch(text, str(path), AlertWatch)
    check_filters(home, one, path)
    if dry_run:
        if path.exists():
            raise FileExistsError(path)
        return one
    home.watches.mkdir(parents=True, exist_ok=True)
    write_secret(path, text)
    return one


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

    Raises UnknownWatch, WatchError, HomeInUse and OSError.
    """
    with home.files_lock():
        return set_paused(home.watches, watch_id, AlertWatch, paused=paused)


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
    from spiders.sources.loader import load_sources  # noqa: PLC0415

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


async def recent_matches(home: Home, watch_id: str) -> list[dict[str, Any]]:
    """Return the recent events that a watch matches.

    Raises UnfinishedTest if the check ends without a result, and OSError if it can't be started.
    """
    result = await run_command(home, "watch", "test", "--json", watch_id, seconds=TEST_SECONDS)
    if not isinstance(result.printed, dict):
        raise UnfinishedTest(" ".join(result.errors) or UNFINISHED_CHECK)
    found: list[dict[str, Any]] = result.printed["matches"]
    return found


async def send_test(home: Home, watch_id: str) -> list[dict[str, Any]]:
    """Send a test message to each output of a watch, and return the result of each.

    Raises UnfinishedTest if the test ends without a result, and OSError if it can't be started.
    """
    command = ("watch", "test", "--send", "--json", watch_id)
    result = await run_command(home, *command, seconds=TEST_SECONDS)
    if not isinstance(result.printed, dict):
        raise UnfinishedTest(" ".join(result.errors) or "the test was not sent")
    sent: list[dict[str, Any]] = result.printed["sent"]
    return sent


def replay_failed(home: Home, watch_id: str, *, dry_run: bool = False) -> int:
    """Queue the failed alerts of a watch again, and return their number. Raises UnknownWatch."""
    find_watch(home.watches, watch_id)
    with closing(home.plain_store()) as store:
        failed = store.alerts("dead", limit=MAX_REPLAYED)
        keys = [one.key for one in failed if one.watch == watch_id]
        if dry_run or not keys:
            return len(keys)
        return store.replay_alerts(keys, time.time())
