"""Copies the leaves of a log whose key is not at hand, to be signed with another one."""

from __future__ import annotations

from pathlib import Path

from data.archive.log.leaf import ENTRY
from data.archive.log.pending import HEAD, first_waiting, waiting_entries
from data.archive.log.tiles import WIDTH
from data.archive.log.tree_log import TreeLog
from data.files import put, sync


def copy_unsigned(source: Path, target: Path) -> int:
    """Let all leaves of the log in one folder wait in another, under their numbers; how many.

    The tree that the next integration makes of them has the same root, and a new key signs it: who
    witnessed the old one sees another log. Raises ArchiveError where a tile is damaged, OSError.
    """
    log = TreeLog(source, source / "no.key")
    signed = log.checkpoint()
    # Where the checkpoint is lost, the tiles hold what does not wait.
    size = max(signed.size if signed else 0, first_waiting(source / "pending"))
    tree = log.tree(size)
    entries = [
        entry for number in range((size + WIDTH - 1) // WIDTH) for entry in tree.entries(number)
    ]
    waiting = waiting_entries(source / "pending", size)
    target.mkdir(parents=True, exist_ok=True)
    path = target / "pending"
    put(str(path), bytes(HEAD) + b"".join(entries) + waiting)
    sync(path)
    return size + len(waiting) // ENTRY
