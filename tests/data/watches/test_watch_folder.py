"""A folder of watches, as its files come, change and go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.errors import WatchError
from data.watches.watch_file import Watch, WatchFolder, load_watch, load_watches


def test_an_invalid_watch_does_not_affect_others(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text('name = "Good"\n')
    (tmp_path / "bad.toml").write_text("name = 1\n")
    (tmp_path / "No Id.toml").write_text('name = "Spaces"\n')
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    watches, errors = load_watches(tmp_path, Watch)
    assert watches == {"good": Watch("Good")}
    assert [Path(error.path).name for error in errors] == ["No Id.toml", "bad.toml", "bytes.toml"]


def test_added_changed_and_removed_watches_are_read(tmp_path: Path) -> None:
    folder = WatchFolder(tmp_path / "none", Watch)
    assert not folder.refresh()
    folder = WatchFolder(tmp_path, Watch)
    (tmp_path / "a.toml").write_text('name = "A"\n')
    assert folder.refresh()
    assert not folder.refresh()
    os.utime(tmp_path / "a.toml", ns=(1, 1))
    (tmp_path / "b.toml").write_text("name = 1\n")
    assert folder.refresh()
    assert folder.watches == {"a": Watch("A")}
    assert [error.key for error in folder.errors] == ["name"]
    (tmp_path / "b.toml").unlink()
    (tmp_path / "a.toml").write_text('name = "B"\n')
    assert folder.refresh()
    assert folder.watches == {"a": Watch("B")}
    assert folder.errors == ()


def test_an_unreadable_watch_is_reported_and_delays_no_other(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text('name = "Good"\n')
    (tmp_path / "loop.toml").symlink_to("loop.toml")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "zero.toml").symlink_to("/dev/zero")
    (tmp_path / "large.toml").write_text('name = "Large"\n' + 1_000_000 * "#")
    (tmp_path / "away.toml").symlink_to(tmp_path / "none.toml")
    os.mkfifo(tmp_path / "pipe.toml")
    folder = WatchFolder(tmp_path, Watch)
    assert folder.refresh()
    assert folder.watches == {"good": Watch("Good")}
    told = {Path(error.path).stem: error.fix for error in folder.errors}
    assert told.keys() == {"away", "loop", "folder", "zero", "large", "pipe"}
    assert "Too many levels of symbolic links" in told["loop"]
    assert "a pipe or a device" in told["zero"]
    assert told["pipe"] == told["zero"]
    assert "more than 1,000,000 bytes" in told["large"]
    # What stays wrong is told once.
    assert not folder.refresh()


def test_watches_stay_if_their_folder_becomes_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "watches"
    path.mkdir()
    (path / "good.toml").write_text('name = "Good"\n')
    folder = WatchFolder(path, Watch)
    assert folder.refresh()
    path.rename(tmp_path / "away")
    # Something else in its place, then a link to a missing disk.
    for is_link in (False, True):
        path.symlink_to(tmp_path / "disk") if is_link else path.touch()
        with pytest.raises(WatchError, match=f"^{path}: folder: the folder can't be read"):
            folder.refresh()
        with pytest.raises(WatchError, match=f"^{path}: folder: the folder can't be read"):
            load_watch(path, "good", Watch)
        assert folder.watches == {"good": Watch("Good")}
        path.unlink()
    assert folder.refresh()
    assert folder.watches == {}
