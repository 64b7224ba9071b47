"""Files below a folder are listed once each."""

from __future__ import annotations

from pathlib import Path

from data.files import files_below


def test_a_link_to_a_folder_above_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    file = tmp_path / "log" / "checkpoint"
    file.write_bytes(b"1")
    (tmp_path / "log" / "again").symlink_to(tmp_path)
    assert list(files_below(tmp_path)) == [file]
