"""Looks at a HOME from all sides, whatever is wrong with one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from data.errors import CommuniqueError, StoreError
from data.settings import Settings
from data.settings.load import load_settings
from data.store.sqlite.copy import StoreCopy, read_copy
from scheduler.home import Home, check_places
from scheduler.jobs.doctor.archived import examine_archive
from scheduler.jobs.doctor.finding import Finding
from scheduler.jobs.doctor.machine import examine_clock, examine_disk, examine_versions
from scheduler.jobs.doctor.running import examine_leftovers, examine_locks
from scheduler.jobs.doctor.stored import examine_store
from scheduler.jobs.doctor.written import (
    examine_permissions,
    examine_settings,
    examine_sources,
    examine_tokens,
    examine_topics,
    examine_watches,
)

BY_DEFAULT: Final = "the rest is looked at as if all settings were by default"


def examine(path: Path) -> list[Finding]:
    """All findings about the HOME in a folder; nothing in it is changed."""
    home = Home(path, Settings())
    found: list[Finding] = []
    try:
        check_places(path)
        home = Home(path, load_settings(path / "communique.toml"))
    except CommuniqueError as error:
        found.append(Finding("settings", "error", str(error), BY_DEFAULT))
    else:
        found += gathered("settings", partial(examine_settings, home))
    found += gathered("permissions", partial(examine_permissions, home))
    found += gathered("disk", partial(examine_disk, home))
    found += gathered("versions", examine_versions)
    found += gathered("store", partial(examine_store, home))
    held = held_by(home)
    newest = held.last_visit if held else None
    found += gathered("clock", partial(examine_clock, home, newest))
    found += gathered("archive", partial(examine_archive, home, held))
    found += gathered("locks", partial(examine_locks, home))
    found += gathered("leftovers", partial(examine_leftovers, home))
    visited = held.visited if held else ()
    for check, look in (
        ("topics", examine_topics),
        ("sources", partial(examine_sources, visited=visited)),
        ("watches", examine_watches),
        ("tokens", examine_tokens),
    ):
        found += gathered(check, partial(look, home))
    return found


def gathered(check: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What one look finds; what keeps it from an end is a finding too."""
    try:
        yield from look()
    except CommuniqueError as error:
        yield Finding(check, "error", str(error))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        yield Finding(check, "error", f"{where}{error.strerror or error}")


def held_by(home: Home) -> StoreCopy | None:
    """What the store of a HOME holds; None where that is no file that can be read."""
    if home.settings.store.url or not home.database.is_file():
        return None
    try:
        return read_copy(home.database)
    except StoreError:
        # It is told of the store.
        return None
