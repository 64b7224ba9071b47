"""What a store points to that the files of an archive do not hold, as names and sizes tell it.

Nothing is read: that the records are what they should be is for verification to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from data.archive.warc.reader import OPEN, path_of
from data.archive.warc.warc_file import own_files
from data.models.capture import Capture
from data.wording import counted

NAMED: Final = 3
"""Files that a sentence names."""


class Lost(msgspec.Struct, frozen=True):
    """A file of the archive that is not there or ends too early, and how many captures it lacks."""

    file: str
    captures: int


def lost_captures(archive: Path, captures: Iterable[Capture]) -> list[Lost]:
    """The files that lack some of these captures of a store, by their names.

    What was taken out lacks nothing. Raises OSError.
    """
    # The store first: what it points to was there by then.
    wanted = {one.record_id: one for one in captures if one.file}.values()
    sizes = {path.name.removesuffix(OPEN): size_of(path) for path in own_files(archive)}
    lost = Counter(one.file for one in wanted if one.offset + one.length > sizes.get(one.file, 0))
    return [Lost(path_of(archive, file).name, count) for file, count in sorted(lost.items())]


def size_of(path: Path) -> int:
    """The size of a file that may be finished at this moment, which takes an end off its name."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return path.with_name(path.name.removesuffix(OPEN)).stat().st_size


def lost_text(lost: Sequence[Lost]) -> str:
    """Which files lack how many captures, for people to read; empty where none does."""
    if not lost:
        return ""
    told = ", ".join(f"{one.file} ({one.captures})" for one in lost[:NAMED])
    more = f" and {counted(len(lost) - NAMED, 'other file')}" if len(lost) > NAMED else ""
    every = counted(sum(one.captures for one in lost), "record")
    return (
        f"{every} that the store points to are not in the archive, whose files are missing or too "
        f"short: {told}{more}"
    )
