"""How the sources of a HOME are: those that work no more, or again, are noted."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from data.clock import utc_now
from data.errors import SourceError
from data.files import is_held
from data.health.codes import Verdict
from data.health.events import note_health_events
from data.health.overview import overview
from data.health.state import Health
from data.store.protocol import Store
from scheduler.home import SOURCE_LOCK, VISIT, Home
from scheduler.jobs.home_state import why_full, why_overdue
from spiders.sources.loader import choose, load_sources


def home_health(home: Home, store: Store) -> list[Health]:
    """The health of all sources of a HOME, by id.

    One that nobody visits fails, however well its last visit went: one without a file that can be
    used, one that the service does not come to, and all while nothing can be kept. A HOME on a
    shared database that has no source files, as that of a web node, knows nothing of those. A
    source that was never visited is ``new``, also one that was imported and has no file.
    """
    loaded, broken = load_sources(home.sources)
    found = {one.source: one for one in overview(store)}
    removed = store.removed_sources()
    for one in choose(loaded, ()):
        if one.id not in removed:
            found.setdefault(one.id, Health(one.id, UNVISITED, None, None, None))
    full = why_full(home)
    verdicts: dict[str, Verdict] = {}
    for one in choose(loaded, ()):
        known = found.get(one.id)
        if known and (not known.is_well or known.code == "paused"):
            continue
        runs = store.runs(one.id, limit=LAST)
        if why := full or why_overdue(home, one.file.interval, runs, utc_now()):
            verdicts[one.id] = why
    if home.sources.is_dir() or not home.settings.store.url:
        visited = [name for name, one in found.items() if one.last_run]
        verdicts |= {
            name: IMPORTED
            for name, one in found.items()
            if one.code == UNVISITED.code and name not in loaded
        }
        verdicts |= without_file(home, visited, loaded, broken)
    for source, verdict in verdicts.items():
        told = found.get(source) or Health(source, verdict, None, None, None)
        found[source] = replace(told, verdict=verdict)
    visited_now = visits_under_way(home, found) | store.visited_now()
    return [replace(found[source], visiting=source in visited_now) for source in sorted(found)]


def visits_under_way(home: Home, sources: Iterable[str]) -> frozenset[str]:
    """The sources that a process on this machine is visiting, by their locks."""
    locks = ((source, home.path / "locks" / f"{SOURCE_LOCK}{source}") for source in sources)
    return frozenset(source for source, lock in locks if is_visit(lock))


def is_visit(lock: Path) -> bool:
    """Whether a lock of a source is held, and its holder is a visit."""
    try:
        return is_held(lock) and lock.read_text("utf-8", "replace").startswith(VISIT)
    except FileNotFoundError:
        return False


def without_file(
    home: Home,
    visited: Iterable[str],
    loaded: Collection[str],
    broken: Iterable[SourceError],
) -> dict[str, Verdict]:
    """The sources whose files are ``broken``, and the ``visited`` ones that have none."""
    missing = {
        source: Verdict("source.missing", MISSING.format(source))
        for source in visited
        if source not in loaded
    }
    return missing | {
        Path(one.path).stem: Verdict("source.broken", home.told(str(one))) for one in broken
    }


def health_without_store(home: Home) -> list[Health]:
    """The health of the sources of a HOME whose store can't be opened, as its disk is full.

    Empty where that is not why.
    """
    full = why_full(home)
    if full is None:
        return []
    loaded, _ = load_sources(home.sources)
    return [Health(one.id, full, None, None, None) for one in choose(loaded, ())]


UNVISITED: Final = Verdict("new.unvisited", "it was not visited yet")

IMPORTED: Final = Verdict("new.unvisited", "imported; it has no source file")

LAST = 10
"""Reports among which one is looked for that says whether the service made it."""

MISSING = (
    "its source file HOME/sources/{}.toml is not there any more: put it back, or end it by "
    "`communique sources remove`, or rename it by `communique sources rename`"
)


def note_health(home: Home) -> int:
    """Keep what changed in the health of sources since the last time; how many changes.

    One process at a time, the next waits, so that each change is kept once. Raises StoreError.
    """
    store = home.store()
    try:
        with home.lock("health", "noting the health of sources", wait=True):
            further = home.settings.health.confirm_visits
            visited = [name for name in store.sources() if store.last_visit(name)]
            unvisited = without_file(home, visited, *load_sources(home.sources))
            return note_health_events(store, further=further, now=utc_now(), unvisited=unvisited)
    finally:
        store.close()
