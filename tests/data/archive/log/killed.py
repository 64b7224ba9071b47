"""Processes that work on a log and end by SIGKILL before one of the calls that reach the disk."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from data.archive.log.tree_log import TreeLog
from tests.data.archive.kills import comes_to_its_end, kill_before
from tests.data.archive.log.leaves import leaves_of


def work(folder: Path, name: str, leaves: int, told: int, call: int | None = None) -> None:
    """Append leaves, telling the number of each by the pipe ``told``, and integrate.

    The process is killed before a ``call``, if one is given; of many leaves the last two count.
    """
    log = TreeLog(folder / "log", folder / "log.key")
    for number, leaf in enumerate(leaves_of(name, leaves)):
        if call is not None and number == max(0, leaves - 2):
            kill_before(call)
        os.write(told, f"{log.append(leaf)} {leaf.record_id}\n".encode())
    log.integrate()
    if name.startswith("rotating"):
        log.rotate_key()
    sys.setprofile(None)


def worked(folder: Path, name: str, leaves: int, call: int | None = None) -> bool:
    """Whether a child that works so came to its end; what it tells is added to a file."""
    return comes_to_its_end(folder, lambda told: work(folder, name, leaves, told, call))


def main() -> None:
    """Kill a child before each of its calls in turn, or some, each in a folder of its own.

    After each another child goes on unharmed, and the checkpoint that it found lies beside.
    """
    base, name, leaves, step = Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:5])
    worked(base, "before", leaves)
    ended, call = False, 0
    while not ended:
        folder = base.with_name(f"{call:04}")
        shutil.copytree(base, folder)
        ended = worked(folder, f"{name}-{call}", leaves, call)
        shutil.copy(folder / "log" / "checkpoint", folder / "found")
        worked(folder, "after", leaves)
        call += step


if __name__ == "__main__":
    main()
