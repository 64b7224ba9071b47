"""A process that writes into an archive and is killed before one of its calls of the system."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Final

from data.archive.archive import Archive
from data.settings import ArchiveSettings as Settings
from tests.data.archive.kills import comes_to_its_end, kill_before
from tests.exchanges import NOON, PAGE, answer, not_modified

MAX_FILE: Final = 6000
"""So small that a file gets full while the process works."""


def opened(folder: Path) -> Archive:
    """The archive of these processes."""
    return Archive(folder / "archive", Settings(max_file=MAX_FILE), agent="Communique/0.1")


def work(folder: Path, name: str, told: int, call: int | None) -> None:
    """Archive some answers, telling the pipe ``told`` where each is, and seal them.

    The process is killed before a ``call``, if one is given.
    """
    if call is not None:
        kill_before(call)
    archive = opened(folder)
    for number in range(3):
        url = f"http://harbour.example/{name}/{number}"
        pages = [PAGE + name.encode() * more for more in (number, number + 3)]
        together = [answer(url, body=pages[0]), answer(f"{url}/more", body=pages[1])]
        for exchanges in (together, [not_modified(url)]):
            for made in archive.exchanges(exchanges):
                line = f"{made.file} {made.offset} {made.length} {made.leaf} {made.record_id}\n"
                os.write(told, line.encode())
    archive.metadata("urn:communique:journal", "application/json", b"{}", at=NOON)
    archive.close()
    sys.setprofile(None)


def worked(folder: Path, name: str, call: int | None = None) -> bool:
    """Whether a child that works so came to its end; what it tells is added to a file."""
    return comes_to_its_end(folder, lambda told: work(folder, name, told, call))


def main() -> None:
    """Kill a child before each so manieth of its calls, each in a folder of its own.

    After each another child goes on unharmed.
    """
    base, step = Path(sys.argv[1]), int(sys.argv[2])
    worked(base, "before")
    ended, call = False, 0
    while not ended:
        folder = base.with_name(f"{call:04}")
        shutil.copytree(base, folder)
        ended = worked(folder, "killed", call)
        worked(folder, "after")
        call += step


if __name__ == "__main__":
    main()
