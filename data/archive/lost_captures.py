"""Captures of the store that are not in the archive: their files are missing or too short.

Verification also checks the content of records.
"""

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
"""Maximum number of file names in an error message."""


class LostCaptures(msgspec.Struct, frozen=True):
    """An archive file that is missing or too short, and the number of captures lost with it."""

    file: str
    captures: int


def lost_captures(archive: Path, captures: Iterable[Capture]) -> list[LostCaptures]:
    """Return the archive files that lack captures of the store, sorted by name.

    Redacted captures don't count. Raises OSError.
    """
    # Read the store before the files: the records of all its captures are in the files by then.
    wanted = {one.record_id: one for one in captures if one.file}.values()
    sizes = {
        path.name.removesuffix(DOT_OPEN): archive_file_size(path) for path in own_files(archive)
    }
    lost = Counter(one.file for one in wanted if one.offset + one.length > sizes.get(one.file, 0))
    return [
        LostCaptures(path_of(archive, file).name, count) for file, count in sorted(lost.items())
    ]


def archive_file_size(path: Path) -> int:
    """Return the size in bytes of an archive file, even if it is renamed during the call."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return path.with_name(path.name.removesuffix(DOT_OPEN)).stat().st_size


def lost_text(lost: Sequence[LostCaptures]) -> str:
    """Describe the number of missing records and their files, or return an empty string."""
    if not lost:
        return ""
    files = ", ".join(f"{one.file} ({one.captures})" for one in lost[:MAX_NAMES])
    more = f" and {counted(len(lost) - MAX_NAMES, 'other file')}" if len(lost) > MAX_NAMES else ""
    every = counted(sum(one.captures for one in lost), "record")
    return (
        f"{every} that the store points to are not in the archive, whose files are missing or too "
        f"short: {files}{more}"
    )
