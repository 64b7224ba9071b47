"""Remember which files the last complete verification read, so that `--new` skips them."""

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, NamedTuple, TypeAlias

import msgspec

from data.archive.log.removals import runs
from data.archive.verification.report import ArchiveProblem
from data.archive.verification.tree import Leaves
from data.archive.warc.warc_file import cdxj_path
from data.errors import ArchiveError

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class Stamp(NamedTuple):
    """Size of a file in bytes, and times of its last changes in nanoseconds since 1970.

    Programs can set ``modified``, but not ``changed``.
    """

    size: int
    modified: int
    changed: int


class Read(NamedTuple):
    """Stamps of a WARC file and its CDXJ file, taken before reading, and the leaves read."""

    stamps: tuple[Stamp, Stamp]
    leaves: set[int]


class CheckedFile(msgspec.Struct, frozen=True):
    """A finished WARC file without problems, its CDXJ file, and ranges of its leaves."""

    warc: Stamp
    index: Stamp
    leaves: list[tuple[Count, Count]]


class CheckedArchive(msgspec.Struct, frozen=True):
    """A complete verification that began at the time ``at`` (aware UTC).

    The log had ``size`` signed leaves and the root hash ``root`` (hexadecimal). ``files`` maps the
    names of files without problems to their facts.
    """

    at: dt.datetime
    size: Count
    root: str
    files: dict[str, CheckedFile]


def stamps(path: Path) -> tuple[Stamp, Stamp] | None:
    """Return the stamps of a WARC file and its CDXJ file, or None if one is missing."""
    try:
        found = [one.stat() for one in (path, cdxj_path(path))]
    except FileNotFoundError:
        return None
    warc, index = (Stamp(one.st_size, one.st_mtime_ns, one.st_ctime_ns) for one in found)
    return warc, index


def unchanged(checked: CheckedArchive, paths: Iterable[Path]) -> list[Path]:
    """Return the files that have not changed since a complete verification.

    Files whose leaves are not in the log of that verification are left out.
    """
    known = checked.files
    return [
        path
        for path in paths
        if (one := known.get(path.name))
        and stamps(path) == (one.warc, one.index)
        and all(first <= last < checked.size for first, last in one.leaves)
    ]


def fault(checked: CheckedArchive, leaves: Leaves) -> ArchiveProblem | None:
    """Return a problem if the log does not continue the log of a complete verification."""
    when = f"{checked.at:%Y-%m-%d %H:%M} UTC"
    try:
        if checked.size > leaves.vouched:
            cause = f"on {when}, {checked.size} leaves were signed, but now only {leaves.vouched}"
        elif leaves.tree.root_of(checked.size).hex() == checked.root:
            return None
        else:
            cause = f"the first {checked.size} leaves differ from those verified on {when}"
    except (ArchiveError, OSError) as error:
        cause = str(error)
    return ArchiveProblem("log", None, cause)


def checked_archive(
    at: dt.datetime,
    leaves: Leaves,
    read: Mapping[str, Read],
    problems: Iterable[ArchiveProblem],
) -> CheckedArchive:
    """Return facts about a complete verification, so that the next verification can skip files.

    ``read`` contains finished files by name. Files with ``problems`` or unsigned leaves are left
    out.
    """
    faulty = {one.file for one in problems}
    size = leaves.vouched
    files = {
        name: CheckedFile(*one.stamps, runs(sorted(one.leaves)))
        for name, one in read.items()
        if name not in faulty and max(one.leaves, default=-1) < size
    }
    root = leaves.tree.root_of(size).hex() if size else ""
    return CheckedArchive(at, size, root, files)
