"""The locks of a home directory: one process holds a lock, others may check it."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

import pytest

from data.errors import HomeInUse
from data.files import is_held
from scheduler.home.home import open_home


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
