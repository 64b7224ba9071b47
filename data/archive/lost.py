"""Find captures of a store whose archive files are missing or too short.

Only names and sizes are compared; verification checks the content of records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from data.archive.warc.reader import DOT_OPEN, path_of
from data.archive.warc.warc_file import own_files
from data.models.capture import Capture
from data.wording import counted

MAX_NAMES: Final = 3
"""Maximum number of file names in a message."""


class Lost(msgspec.Struct, frozen=True):
    """An archive file that is missing or too short, and the number of captures that it lost."""

    file: str
    captures: int


def lost_captures(archive: Path, captures: Iterable[Capture]) -> list[Lost]:
    """Return the archive files with missing captures of a store, by name.

    Redacted captures don't count as missing. Raises OSError.
    """
    # Read the store first: everything it points to was written by then.
    wanted = {one.record_id: one for one in captures if one.file}.values()
    sizes = {path.name.removesuffix(DOT_OPEN): size_of(path) for path in own_files(archive)}
    lost = Counter(one.file for one in wanted if one.offset + one.length > sizes.get(one.file, 0))
    return [Lost(path_of(archive, file).name, count) for file, count in sorted(lost.items())]


def size_of(path: Path) -> int:
    """Return the size of a file. The file may be renamed meanwhile because it is finished."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return path.with_name(path.name.removesuffix(DOT_OPEN)).stat().st_size


def lost_text(lost: Sequence[Lost]) -> str:
    """Describe how many captures are missing in which files, or return an empty string."""
    if not lost:
        return ""
    files = ", ".join(f"{one.file} ({one.captures})" for one in lost[:MAX_NAMES])
    more = f" and {counted(len(lost) - MAX_NAMES, 'other file')}" if len(lost) > MAX_NAMES else ""
    every = counted(sum(one.captures for one in lost), "record")
    return (
        f"{every} that the store points to are not in the archive, whose files are missing or too "
        f"short: {files}{more}"
    )
