"""Copy the leaves of a log without its key, to sign them with another key."""

from __future__ import annotations

from pathlib import Path

from data.archive.log.leaf import ENTRY_BYTES
from data.archive.log.pending import HEAD, first_waiting, waiting_entries
from data.archive.log.tiles import WIDTH
from data.archive.log.tree_log import TreeLog
from data.files import put, sync


def copy_unsigned(source: Path, target: Path) -> int:
    """Copy all leaves as waiting entries with the same numbers and return their number.

    The next integration builds a tree with the same root under a new key. Witnesses of the old log
    therefore see a different log. Raises OSError, and ArchiveError if a tile is damaged.
    """
    log = TreeLog(source, source / "no.key")
    signed = log.checkpoint()
    # If the checkpoint is lost, the tiles contain everything that does not wait.
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
    return size + len(waiting) // ENTRY_BYTES
