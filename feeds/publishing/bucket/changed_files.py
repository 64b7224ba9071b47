"""Selects which files of a site to upload or delete, and in which order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from feeds.http_headers import page_after, page_before
from feeds.publishing.bucket.pushed_files import Pushed
from feeds.urls import FileStamp, stamp_of

CHECKPOINT: Final = "log/checkpoint"
"""The file with the size of the archive's log."""

FILES_PER_CHECK: Final = 200
"""Files uploaded between two checks for another publisher; after each check progress is saved."""

UPLOADED_LAST: Final = {"index.html", "feeds/index.html", "sitemap.xml", CHECKPOINT}
"""Files that are uploaded last: they lead to everything else."""
UPLOADED_FIRST: Final = ("releases/", "stories/", "log/", "witness/")
"""Folders that are uploaded first: their files link to nothing that is uploaded later."""
WITHOUT_LINKS: Final = (".css", ".js", ".svg", ".ico", ".txt")
"""Suffixes of files without links, which are uploaded first."""


def changed(present: Mapping[str, FileStamp], known: Mapping[str, Pushed]) -> list[str]:
    """Return the files that differ from the bucket.

    With a new archive page this includes the page before it, which becomes immutable now.
    """
    wanted = {
        name for name, stamp in present.items() if name not in known or known[name].stamp != stamp
    }
    before = {page_before(name) or "" for name in wanted if name not in known}
    return [*wanted, *(before & present.keys() - wanted)]


def files_in(folder: Path) -> Iterator[tuple[str, FileStamp]]:
    """Yield the files of a site with their stamps, except hidden files.

    Hidden files are incomplete or private.
    """
    todo = [""]
    while todo:
        place = todo.pop()
        try:
            entries = os.scandir(folder / place)
        except FileNotFoundError:
            continue
        with entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    todo.append(f"{place}{entry.name}/")
                elif entry.is_file(follow_symlinks=False):
                    yield f"{place}{entry.name}", stamp_of(entry.stat(follow_symlinks=False))


def rank_of(name: str) -> int:
    """Return the rank of a file in the order of uploads: linked files precede linking files."""
    if name in UPLOADED_LAST:
        return 3
    if name.startswith(UPLOADED_FIRST) or name.endswith(WITHOUT_LINKS):
        return 0
    return 1 if page_after(name) else 2


def parts_of(names: Iterable[str], *, backwards: bool = False) -> Iterator[Sequence[str]]:
    """Yield file names in upload order, in batches of one rank each."""
    ranked: dict[int, list[str]] = {}
    for name in names:
        ranked.setdefault(rank_of(name), []).append(name)
    for rank in sorted(ranked, reverse=backwards):
        some = sorted(ranked[rank])
        for start in range(0, len(some), FILES_PER_CHECK):
            yield some[start : start + FILES_PER_CHECK]
