"""Which files of a site are written to a bucket or deleted there, and in which order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from feeds.http_headers import page_after, page_before
from feeds.publishing.bucket.pushed_files import Pushed
from feeds.urls import FileStamp, stamp_of

CHECKPOINT: Final = "log/checkpoint"
"""The file that tells how far the log of the archive came."""

TOGETHER: Final = 200
"""Files that are written before it is looked whether somebody else has begun, and all is noted."""

LAST: Final = {"index.html", "feeds/index.html", "sitemap.xml", CHECKPOINT}
FIRST: Final = ("releases/", "stories/", "log/", "witness/")
UNNAMING: Final = (".css", ".js", ".svg", ".ico", ".txt")


def changed(present: Mapping[str, FileStamp], known: Mapping[str, Pushed]) -> list[str]:
    """The files that are not in the bucket as they are here.

    With a new archive page comes the one before it: it may be kept for ever now.
    """
    wanted = {
        name for name, stamp in present.items() if name not in known or known[name].stamp != stamp
    }
    before = {page_before(name) or "" for name in wanted if name not in known}
    return [*wanted, *(before & present.keys() - wanted)]


def files_in(folder: Path) -> Iterator[tuple[str, FileStamp]]:
    """The files of a site, as names below its folder; hidden ones are half written, or our own."""
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
    """When a file is written: what others name comes before them."""
    if name in LAST:
        return 3
    if name.startswith(FIRST) or name.endswith(UNNAMING):
        return 0
    return 1 if page_after(name) else 2


def parts_of(names: Iterable[str], *, backwards: bool = False) -> Iterator[Sequence[str]]:
    """Names in the order in which they are written, some at a time, none with others' ranks."""
    ranked: dict[int, list[str]] = {}
    for name in names:
        ranked.setdefault(rank_of(name), []).append(name)
    for rank in sorted(ranked, reverse=backwards):
        some = sorted(ranked[rank])
        for start in range(0, len(some), TOGETHER):
            yield some[start : start + TOGETHER]
