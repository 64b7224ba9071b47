"""Renaming and removing sources: in the store first or last, so that a kill leaves what goes on.

Each holds the locks of whatever else writes the id of a source: visits, publishing, health.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from data.clock import utc_now
from data.errors import RenamedSource, SourceError, UnknownSource
from data.files import sync
from data.models import Facet
from data.store.protocol import Store
from data.toml_files import ID
from feeds.urls import stem_of
from scheduler.home import SOURCE_LOCK, Home
from scheduler.jobs.home_files import keep_home_files
from spiders.sources.loader import shipped_folder

EACH_HOME = (
    "this HOME is one of several: call the same command on that of each service, which has a file "
    "of its own; until then the one that leads goes by the file that it has"
)
"""What is to be done besides where several services share a database."""


class Renamed(msgspec.Struct, frozen=True):
    """What a source is called now; ``path`` is its file, and ``done`` whether it was not before."""

    old: str
    new: str
    path: str
    releases: int
    done: bool


class Removed(msgspec.Struct, frozen=True):
    """A source that is collected no more; ``done`` is whether it was until now."""

    source: str
    kept: bool
    releases: int
    done: bool


def rename_source(home: Home, old: str, new: str) -> Renamed:
    """Give a source another id: in the store, then its file and its samples.

    Killed in between, the store leads on from the old id, which no visit takes any more, and the
    same call ends it. Raises UnknownSource, SourceError, RenamedSource, and HomeInUse while it is
    visited.
    """
    path, place = file_of(home, old), file_of(home, new)
    if not ID.fullmatch(new):
        fix = "use lower-case letters, digits and hyphens, at most 64"
        raise SourceError(str(place), "file name", fix)
    with held(home, old, new), opened(home) as store:
        begun = store.source_moves().get(old) == new != old
        if not begun:
            check_is_free(home, store, old, new)
            check_known(store, old, [old] if path.exists() else ())
        with store.transaction():
            renamed = store.rename_source(old, new)
            if renamed:
                store.move_feeds(stem_of(Facet(source=old)), stem_of(Facet(source=new)))
        moved = [move(path, place), move(home.samples / old, home.samples / new)]
        keep_home_files(home, store, [old, new])
        store.update_search_index()
        return Renamed(old, new, str(place), count_of(store, new), renamed or any(moved))


def remove_source(home: Home, source: str, *, kept: bool) -> Removed:
    """Collect a source no more: its file goes, then what it published, unless that is ``kept``.

    Killed in between, its file is missing, which health tells, and the same call ends it. Its
    samples stay. Raises UnknownSource, RenamedSource, and HomeInUse while it is visited.
    """
    with held(home, source), opened(home) as store:
        path = file_of(home, source)
        was_there = path.exists()
        check_known(store, source, [source] if was_there else ())
        before = count_of(store, source)
        path.unlink(missing_ok=True)
        if path.parent.exists():
            # A file that came back after a loss of power would be collected again.
            sync(path.parent)
        keep_home_files(home, store, [source])
        removed = store.remove_source(source, at=utc_now(), kept=kept)
        releases = count_of(store, source) if kept else before
        return Removed(source, kept, releases, removed or was_there)


def file_of(home: Home, source: str) -> Path:
    """The user's own file of a source."""
    return home.sources / f"{source}.toml"


def check_known(store: Store, source: str, files: Iterable[str] = ()) -> None:
    """Raise UnknownSource where no source has an id, in the store or of those that have ``files``.

    RenamedSource where one had it before.
    """
    known = {*store.sources(), *files}
    if source in known:
        return
    if now := store.source_moves().get(source):
        raise RenamedSource(source, now)
    raise UnknownSource(source, tuple(sorted(known)))


def check_is_free(home: Home, store: Store, old: str, new: str) -> None:
    """Raise SourceError or RenamedSource where a source can't get the id ``new``."""
    moves = store.source_moves()
    if moves.get(old, old) != old:
        raise RenamedSource(old, moves[old])
    if moves.get(new, old) != old:
        raise RenamedSource(new, moves[new])
    shipped = shipped_folder() / f"{old}.toml"
    if shipped.exists() and not file_of(home, old).exists():
        fix = f"it comes with Communique; copy it to {file_of(home, old)} first"
        raise SourceError(str(shipped), "file name", fix)
    for folder in (home.sources, shipped_folder()):
        if (path := folder / f"{new}.toml").exists():
            raise SourceError(str(path), "file name", "it is there already; choose another id")
    if new in store.sources():
        fix = f"releases of a source {new!r} are kept already; choose another id"
        raise SourceError(str(file_of(home, new)), "file name", fix)
    if (samples := home.samples / new).exists():
        raise SourceError(str(samples), "folder", "it is there already; move it away")


def move(path: Path, place: Path) -> bool:
    """Give a file or folder another name, where it is there; whether it was. SourceError."""
    if not path.exists():
        return False
    if place.exists():
        fix = f"{place} is there as well; delete the one that is wrong"
        raise SourceError(str(path), "file name", fix)
    path.rename(place)
    return True


def count_of(store: Store, source: str) -> int:
    """How many releases of a source are shown."""
    return store.facets().get(Facet(source=source), 0)


@contextmanager
def held(home: Home, *sources: str) -> Iterator[None]:
    """Hold sources against visits, and all of them against publishing and noting of health."""
    with ExitStack() as locks:
        for source in sources:
            if ID.fullmatch(source):
                name = f"{SOURCE_LOCK}{source}"
                locks.enter_context(home.lock(name, "a command that renames or removes it"))
        for name in ("publish", "health"):
            holder = "a command that renames or removes a source"
            locks.enter_context(home.lock(name, holder, wait=True))
        yield


@contextmanager
def opened(home: Home) -> Iterator[Store]:
    """The store of a HOME."""
    store = home.store()
    try:
        yield store
    finally:
        store.close()
