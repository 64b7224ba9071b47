"""Rename and removal of sources. If the process is killed, the same command completes the change.

Each change takes the locks of all processes that write the id of a source: visits, publishing and
health.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from data.clock import utc_now
from data.errors import RenamedSource, SourceError
from data.files import sync
from data.models import Facet
from data.store.core.store import Store
from data.toml_files import ID, find_file
from feeds.urls import stem_of
from scheduler.home.home import SOURCE_LOCK, Home
from scheduler.home.home_records import keep_home_files
from scheduler.sources.known_names import check_known
from spiders.sources.source_file import shipped_folder

EACH_HOME: Final = (
    "this HOME is one of several: run the same command on each service, because each has its own "
    "source file; until then, the leader uses the file on its machine"
)


class SourceRename(msgspec.Struct, frozen=True):
    """Result of a rename. ``path`` is the source file.

    ``done`` is false if nothing had to be changed.
    """

    old: str
    new: str
    path: str
    releases: int
    done: bool


class SourceRemoval(msgspec.Struct, frozen=True):
    """Result of a removal. ``done`` is false if the source was already removed."""

    source: str
    kept: bool
    releases: int
    done: bool


def note_for_fleet(home: Home) -> str:
    """Return what is left to do after a rename or removal, or an empty text."""
    return EACH_HOME if home.has_fleet else ""


def rename_source(home: Home, old: str, new: str, *, dry_run: bool = False) -> SourceRename:
    """Change the id of a source: first in the store, then for its source file and its samples.

    ``dry_run`` only checks whether this is possible. If the process is killed in between, the store
    redirects the old id, no visit accepts the old id, and the same call completes the rename.
    Raises UnknownSource, SourceError, RenamedSource, and HomeInUse during a visit to the source.
    """
    path, place = file_of(home, old), file_of(home, new)
    if not ID.fullmatch(new):
        fix = "use at most 64 lower-case letters, digits and hyphens"
        raise SourceError(str(place), "file name", fix)
    with held(home, old, new), closing(home.store()) as store:
        begun = store.source_moves().get(old) == new != old
        if not begun:
            check_is_free(home, store, old, new)
            check_known(store, old, [old] if find_file(home.sources, old, SourceError) else ())
        if dry_run:
            return SourceRename(old, new, str(place), count_of(store, old), done=old != new)
        with store.transaction():
            renamed = store.rename_source(old, new)
            if renamed:
                store.move_feeds(stem_of(Facet(source=old)), stem_of(Facet(source=new)))
        with home.files_lock():
            moved = [move(path, place), move(home.samples / old, home.samples / new)]
        keep_home_files(home, store, [old, new])
        store.update_search_index()
        return SourceRename(old, new, str(place), count_of(store, new), renamed or any(moved))


def remove_source(home: Home, source: str, *, kept: bool, dry_run: bool = False) -> SourceRemoval:
    """Stop collecting a source: delete its file, then hide its releases unless ``kept`` is set.

    ``dry_run`` only checks whether this is possible. If the process is killed in between, health
    reports the missing file, and the same call completes the removal. Samples are kept. Raises
    UnknownSource, RenamedSource, and HomeInUse during a visit to the source.
    """
    with held(home, source), closing(home.store()) as store:
        path = file_of(home, source)
        was_there = find_file(home.sources, source, SourceError) is not None
        check_known(store, source, [source] if was_there else ())
        before = count_of(store, source)
        if dry_run:
            return SourceRemoval(source, kept, before, done=True)
        with home.files_lock():
            path.unlink(missing_ok=True)
        if path.parent.exists():
            # If the file reappeared after a power failure, the source would be collected again.
            sync(path.parent)
        keep_home_files(home, store, [source])
        removed = store.remove_source(source, at=utc_now(), kept=kept)
        releases = count_of(store, source) if kept else before
        return SourceRemoval(source, kept, releases, removed or was_there)


def file_of(home: Home, source: str) -> Path:
    """Return the path of a user's source file."""
    return home.sources / f"{source}.toml"


def check_is_free(home: Home, store: Store, old: str, new: str) -> None:
    """Raise SourceError or RenamedSource if the source ``old`` can't get the id ``new``."""
    moves = store.source_moves()
    if moves.get(old, old) != old:
        raise RenamedSource(old, moves[old])
    if moves.get(new, old) != old:
        raise RenamedSource(new, moves[new])
    shipped = shipped_folder() / f"{old}.toml"
    if shipped.exists() and not find_file(home.sources, old, SourceError):
        fix = f"the file is bundled with Communique; copy it to {file_of(home, old)} first"
        raise SourceError(str(shipped), "file name", fix)
    for folder in (home.sources, shipped_folder()):
        if path := find_file(folder, new, SourceError):
            raise SourceError(str(path), "file name", "the file exists already; choose another id")
    if new in store.sources():
        fix = f"the store has releases of a source {new!r} already; choose another id"
        raise SourceError(str(file_of(home, new)), "file name", fix)
    if (samples := home.samples / new).exists():
        raise SourceError(str(samples), "folder", "the folder exists already; move it away")


def move(path: Path, place: Path) -> bool:
    """Rename a file or folder if it exists. Returns whether it existed. Raises SourceError."""
    if not path.exists():
        return False
    if place.exists():
        fix = f"{place} exists as well; delete the wrong one"
        raise SourceError(str(path), "file name", fix)
    path.rename(place)
    return True


def count_of(store: Store, source: str) -> int:
    """Return the number of visible releases of a source."""
    return store.facets().get(Facet(source=source), 0)


@contextmanager
def held(home: Home, *sources: str) -> Iterator[None]:
    """Context manager that locks sources against visits, publishing and updates of health."""
    with ExitStack() as locks:
        for source in dict.fromkeys(sources):
            if ID.fullmatch(source):
                name = f"{SOURCE_LOCK}{source}"
                locks.enter_context(home.lock(name, "a command that renames or removes it"))
        for name in ("publish", "health"):
            holder = "a command that renames or removes a source"
            locks.enter_context(home.lock(name, holder, wait=True))
        yield
