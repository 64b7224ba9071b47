"""The locks of a home directory: one process holds a lock, others may check it."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

from data.errors import HomeInUse
from data.files import is_held
from scheduler.children.correction.source_edit import FIELD_BY_KEY, save_selector, source_digest
from scheduler.home import home as home_module
from scheduler.home.home import Home, open_home
from scheduler.operations.source_writes import change_source
from scheduler.operations.watches import change_watch, pause_watch, remove_watch
from scheduler.sources.rename_and_removal import remove_source, rename_source

SOURCE = 'name = "Harbour"\nurl = "http://room.example/"\ntimezone = "UTC"\n'

CHANGES: tuple[Callable[[Home], Any], ...] = (
    lambda home: change_source(home, "harbour", {"language": "en"}),
    lambda home: change_watch(home, "tides", {"query": "tide"}),
    lambda home: pause_watch(home, "tides", paused=True),
    lambda home: remove_watch(home, "tides"),
    lambda home: save_selector(
        home, "harbour", FIELD_BY_KEY["release.title"], "h1", source_digest(SOURCE)
    ),
    lambda home: rename_source(home, "harbour", "port"),
    lambda home: remove_source(home, "harbour", kept=True),
)


@pytest.fixture
def filled(tmp_path: Path) -> Home:
    """A home directory with a source and a watch."""
    home = open_home(tmp_path)
    for folder, name, text in (
        (home.sources, "harbour", SOURCE),
        (home.watches, "tides", 'name="Tides"\n'),
    ):
        folder.mkdir()
        (folder / f"{name}.toml").write_text(text)
    return home


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_is_changed_by_one_process_at_a_time(
    filled: Home, monkeypatch: pytest.MonkeyPatch, change: Callable[[Home], Any]
) -> None:
    monkeypatch.setattr(home_module, "FILES_LOCK_SECONDS", 0.0)
    with filled.files_lock(), pytest.raises(HomeInUse, match="a source or watch file"):
        change(filled)
    assert (filled.sources / "harbour.toml").read_text() == SOURCE
    change(filled)


def test_a_checked_lock_can_be_taken_but_a_held_one_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, path = open_home(tmp_path), tmp_path / "locks/run"
    path.parent.mkdir()
    with path.open("a+") as looking:
        flock = fcntl.flock
        flock(looking, fcntl.LOCK_SH)

        def amid(file: IO[str] | int, how: int) -> None:
            """The check ends once another process has tried to take the lock."""
            try:
                flock(file, how)
            finally:
                looking.close()

        monkeypatch.setattr(fcntl, "flock", amid)
        with home.lock("run", "communique run"):
            assert is_held(path)
            with pytest.raises(HomeInUse, match="is in use by communique run"):
                home.lock("run", "another").__enter__()
    assert not is_held(path)
