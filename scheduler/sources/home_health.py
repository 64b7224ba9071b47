"""Compute the health of the sources in a home directory, and record its changes."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

from data.clock import utc_now
from data.errors import SourceError
from data.files import is_held
from data.health.codes import Verdict
from data.health.health_changes import note_health_events
from data.health.state import Health, overview
from data.models import Run
from data.sqlite_file import is_full
from data.store.core.store import Store
from scheduler.home.home import SOURCE_LOCK, VISIT_LOCK_HOLDER, Home
from spiders.sources.source_file import SourceFile, choose, load_sources

MIN_OVERDUE_SECONDS: Final = 6 * 3600
"""A visit is overdue after twice this time in seconds, or after twice OVERDUE_INTERVALS intervals
if that is later.
"""

OVERDUE_INTERVALS: Final = 4
"""A visit is overdue after twice this number of intervals, or after twice MIN_OVERDUE_SECONDS if
that is later.
"""

UNVISITED_VERDICT: Final = Verdict("new.unvisited", "it has not been visited yet")

IMPORTED_VERDICT: Final = Verdict("new.unvisited", "imported; it has no source file")

MAX_REPORTS = 10
"""Maximum number of recent reports that are searched for a visit by the service."""

MISSING_FILE_MESSAGE = (
    "its source file HOME/sources/{}.toml is missing: restore it, or use "
    "`communique sources remove` or `communique sources rename`"
)


def home_health(home: Home, store: Store) -> list[Health]:
    """Return the health of all sources in a home directory, sorted by id.

    A source that is no longer visited counts as failing, even if its last visit was successful. Its
    file may be missing or invalid, the service may not visit it, or the disk may be full. A home
    directory on a shared database, such as a web node, may have no source files, so missing files
    are ignored there. A source that was never visited is ``new``, even an imported source without a
    file.
    """
    loaded, broken = load_sources(home.sources)
    found = {one.source: one for one in overview(store)}
    removed = store.removed_sources()
    for one in choose(loaded, ()):
        if one.id not in removed:
            found.setdefault(one.id, Health(one.id, UNVISITED_VERDICT, None, None, None))
    full = why_full(home)
    verdicts: dict[str, Verdict] = {}
    for one in choose(loaded, ()):
        known = found.get(one.id)
        if known and (not known.is_well or known.code == "paused"):
            continue
        runs = store.runs(one.id, limit=MAX_REPORTS)
        why = full or why_overdue(home, one.file, runs, utc_now())
        if why:
            verdicts[one.id] = why
        elif known and known.code == UNVISITED_VERDICT.code:
            reason = f"{UNVISITED_VERDICT.reason}{workers_note(home, one.file)}"
            verdicts[one.id] = UNVISITED_VERDICT._replace(reason=reason)
    # Otherwise, a source without a file here may have a file on another machine.
    if home.sources.is_dir() or not home.settings.store.url:
        visited = [name for name, one in found.items() if one.last_run]
        verdicts |= {
            name: IMPORTED_VERDICT
            for name, one in found.items()
            if one.code == UNVISITED_VERDICT.code and name not in loaded
        }
        verdicts |= without_file(home, visited, loaded, broken)
    for source, verdict in verdicts.items():
        known_health = found.get(source) or Health(source, verdict, None, None, None)
        found[source] = replace(known_health, verdict=verdict)
    visited_now = visits_under_way(home, found) | store.visited_now()
    return [replace(found[source], visiting=source in visited_now) for source in sorted(found)]


def visits_under_way(home: Home, sources: Iterable[str]) -> frozenset[str]:
    """Return the sources that a process on this machine is visiting, by their locks."""
    locks = ((source, home.path / "locks" / f"{SOURCE_LOCK}{source}") for source in sources)
    return frozenset(source for source, lock in locks if is_visit(lock))


def is_visit(lock: Path) -> bool:
    """Return whether a visit holds the lock of a source."""
    try:
        return is_held(lock) and lock.read_text("utf-8", "replace").startswith(VISIT_LOCK_HOLDER)
    except FileNotFoundError:
        return False


def without_file(
    home: Home,
    visited: Iterable[str],
    loaded: Collection[str],
    broken: Iterable[SourceError],
) -> dict[str, Verdict]:
    """Return verdicts about sources with invalid files, and visited sources without a file."""
    missing = {
        source: Verdict("source.missing", MISSING_FILE_MESSAGE.format(source))
        for source in visited
        if source not in loaded
    }
    return missing | {
        Path(one.path).stem: Verdict("source.broken", home.public_text(str(one))) for one in broken
    }


def health_without_store(home: Home) -> list[Health]:
    """Return the health of sources if the store can't be opened because the disk is full.

    If it can't be opened for another reason, the list is empty.
    """
    full = why_full(home)
    if full is None:
        return []
    loaded, _ = load_sources(home.sources)
    return [Health(one.id, full, None, None, None) for one in choose(loaded, ())]


def note_health(home: Home) -> int:
    """Store changes in the health of sources since the last call, and return their number.

    Only one process does this at a time, so that each change is stored once. Raises StoreError if
    the store fails.
    """
    name = "noting the health of sources"
    with closing(home.store()) as store, home.lock("health", name, wait=True):
        further = home.settings.health.confirm_visits
        visited = [name for name in store.sources() if store.last_visit(name)]
        unvisited = without_file(home, visited, *load_sources(home.sources))
        return note_health_events(store, further=further, now=utc_now(), unvisited=unvisited)


def why_full(home: Home) -> Verdict | None:
    """Return a verdict if the disk of a writable home directory is full, or None."""
    if not is_full(home.path):
        return None
    return Verdict(
        "home.full", "the disk of HOME is full, so visits can't be stored: free space on it"
    )


def workers_note(home: Home, file: SourceFile) -> str:
    """Return the end of a reason for a source that only workers with a label visit, or ""."""
    if not file.vantage or not home.has_fleet:
        return ""
    return f"; only workers with run.vantage = {file.vantage!r} visit it"


def why_overdue(
    home: Home, file: SourceFile, runs: Sequence[Run], now: dt.datetime
) -> Verdict | None:
    """Return a verdict if the service stopped visiting a source, or None.

    ``runs`` are newest first. Call this only for a source whose last visit was made by the service,
    because `communique collect` has no timetable.
    """
    last = next((run for run in runs if run.facts), None)
    if last is None or last.facts is None or last.facts.explicit:
        return None
    seconds = max(
        MIN_OVERDUE_SECONDS, OVERDUE_INTERVALS * (file.interval or home.settings.collect.interval)
    )
    since = now - runs[0].started
    if since <= dt.timedelta(seconds=2 * seconds):
        return None
    hours = since.total_seconds() / 3600
    return Verdict(
        "visit.overdue",
        f"`communique run` visited it last on {runs[0].started:%Y-%m-%d at %H:%M} UTC,"
        f" {hours:.0f} hours ago: check whether the service is running{workers_note(home, file)}",
    )
