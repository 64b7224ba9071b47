"""The leaves of a log whose key is lost are kept, under a key of their own."""

from __future__ import annotations

from pathlib import Path

from data.archive.log.tree_log import TreeLog, copy_unsigned
from tests.data.archive.log.leaves import leaves_of


def test_another_key_signs_the_same_tree(tmp_path: Path) -> None:
    old = TreeLog(tmp_path / "a" / "log", tmp_path / "a" / "log.key")
    old.append(*leaves_of("signed", 600))
    old.integrate()
    old.append(*leaves_of("waiting", 7))
    assert copy_unsigned(old.folder, tmp_path / "b" / "log") == 607
    new = TreeLog(tmp_path / "b" / "log", tmp_path / "b" / "log.key")
    copied = new.integrate()
    before = old.integrate()
    assert (copied.size, copied.root) == (607, before.root)
    assert new.key().verifier != old.key().verifier


def test_a_log_that_was_never_signed_is_copied_too(tmp_path: Path) -> None:
    old = TreeLog(tmp_path / "a" / "log", tmp_path / "a" / "log.key")
    old.append(*leaves_of("waiting", 3))
    assert copy_unsigned(old.folder, tmp_path / "b" / "log") == 3
