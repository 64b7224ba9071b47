"""Where tiles lie, and what is read of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.archive.log.merkle_tree import Level, TileTree, added_files, read_file, tile_path
from data.archive.log.tree_log import TreeLog, log_of
from data.errors import ArchiveError
from tests.data.archive.log.leaves import leaves_of


@pytest.mark.parametrize(
    ("level", "number", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 1234067, 256, "tile/0/x001/x234/067"),
        (2, 999, 12, "tile/2/999.p/12"),
        ("entries", 1000, 1, "tile/entries/x001/000.p/1"),
    ],
)
def test_a_tile_is_at_the_specified_path(level: Level, number: int, width: int, path: str) -> None:
    assert tile_path(level, number, width) == path


def test_a_tree_of_70000_leaves_has_the_tiles_of_the_specification() -> None:
    files = added_files(0, 70_000)
    level = [[file for file in files if file.startswith(f"tile/{name}/")] for name in (0, 1, 2)]
    assert len(level[0]) == 274
    assert level[0][-1] == "tile/0/273.p/112"
    assert level[1] == ["tile/1/000", "tile/1/001.p/17"]
    assert level[2] == ["tile/2/000.p/1"]
    assert added_files(0, 256) == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]


@pytest.fixture
def log(tmp_path: Path) -> TreeLog:
    log = log_of(tmp_path)
    log.append(*leaves_of("a", 300))
    log.integrate()
    return log


def test_a_partial_tile_that_was_outgrown_is_cut_from_the_present_one(log: TreeLog) -> None:
    earlier = {path: log.read(path) for path in added_files(0, 300)}
    log.append(*leaves_of("b", 100))
    log.integrate()
    for path, content in earlier.items():
        assert log.read(path) == content
    log.append(*leaves_of("c", 200))
    log.integrate()
    for path, content in earlier.items():
        assert log.read(path) == content
    assert TileTree(300, log.read).root() == log.tree(600).root_of(300)


@pytest.mark.parametrize("path", ["tile/0/009", "tile/0/002.p/200", "tile/3/000.p/7", "no"])
def test_a_tile_that_the_log_never_had_is_missing(log: TreeLog, path: str) -> None:
    with pytest.raises(FileNotFoundError):
        read_file(log.folder, path)


@pytest.mark.parametrize("content", [b"", b"short", bytes(44 * 32 + 1)])
def test_a_tile_of_the_wrong_length_is_reported(log: TreeLog, content: bytes) -> None:
    (log.folder / "tile/0/001.p/44").write_bytes(content)
    with pytest.raises(ArchiveError, match=r"tile/0/001\.p/44: the file has .* it is damaged"):
        log.tree(300).root()
