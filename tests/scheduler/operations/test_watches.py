"""A watch is paused by a line of its file, and all else stays as a person wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import UnknownWatch, WatchError
from data.watches.watch_file import load_watch
from feeds.alerts.channels import AlertWatch
from scheduler.home.home import Home, open_home
from scheduler.operations.watches import pause_watch

TEXT = (
    'name = "Tides"  # of the north\nquery = "tide"\n\n[feed]\n'
    'token = "tttttttttttttttttttt"  # known to the desk\n'
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = open_home(tmp_path)
    home.watches.mkdir()
    (home.watches / "tides.toml").write_text(TEXT)
    (home.watches / "tides.toml").chmod(0o600)
    return home


def test_a_watch_is_paused_and_resumed_in_place(home: Home) -> None:
    path = home.watches / "tides.toml"
    assert pause_watch(home, "tides", paused=True).paused
    assert load_watch(home.watches, "tides", AlertWatch).paused
    kept = path.read_text()
    for line in TEXT.splitlines():
        assert line in kept
    assert path.stat().st_mode & 0o777 == 0o600
    assert not pause_watch(home, "tides", paused=False).paused
    assert not load_watch(home.watches, "tides", AlertWatch).paused
    assert [one.name for one in home.watches.iterdir()] == ["tides.toml"]


def test_an_unchanged_pause_is_not_written(home: Home) -> None:
    path = home.watches / "tides.toml"
    path.chmod(0o400)
    before = path.stat().st_ino
    pause_watch(home, "tides", paused=False)
    assert path.stat().st_ino == before


def test_a_missing_or_invalid_watch_is_reported(home: Home) -> None:
    with pytest.raises(UnknownWatch):
        pause_watch(home, "../tides", paused=True)
    (home.watches / "tides.toml").write_text("name = 1\n")
    with pytest.raises(WatchError):
        pause_watch(home, "tides", paused=True)
