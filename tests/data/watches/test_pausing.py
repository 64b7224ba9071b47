"""A watch is paused by a line of its file, and all else stays as a person wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import UnknownWatch, WatchError
from data.watches.watch_file import PlainWatch, load_watch
from data.watches.watch_folder import set_paused

TEXT = (
    'name = "Tides"  # of the north\nquery = "tide"\n\n[feed]\n'
    'token = "tttttttttttttttttttt"  # known to the desk\n'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tides.toml").write_text(TEXT)
    (tmp_path / "tides.toml").chmod(0o600)
    return tmp_path


def test_a_watch_is_paused_and_resumed_in_place(folder: Path) -> None:
    assert set_paused(folder, "tides", PlainWatch, paused=True).paused
    assert load_watch(folder, "tides", PlainWatch).paused
    kept = (folder / "tides.toml").read_text()
    for line in TEXT.splitlines():
        assert line in kept
    assert (folder / "tides.toml").stat().st_mode & 0o777 == 0o600
    assert not set_paused(folder, "tides", PlainWatch, paused=False).paused
    assert not load_watch(folder, "tides", PlainWatch).paused
    assert [one.name for one in folder.iterdir()] == ["tides.toml"]


def test_an_unchanged_pause_is_not_written(folder: Path) -> None:
    (folder / "tides.toml").chmod(0o400)
    before = (folder / "tides.toml").stat().st_ino
    set_paused(folder, "tides", PlainWatch, paused=False)
    assert (folder / "tides.toml").stat().st_ino == before


def test_a_missing_or_invalid_watch_is_reported(folder: Path) -> None:
    with pytest.raises(UnknownWatch):
        set_paused(folder, "../tides", PlainWatch, paused=True)
    (folder / "tides.toml").write_text("name = 1\n")
    with pytest.raises(WatchError):
        set_paused(folder, "tides", PlainWatch, paused=True)
