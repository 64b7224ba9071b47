"""WARC files of an archive, growing and finished, with their CDXJ files and their total size.

While the files grow, their names end in ``.open``, and the process locks the WARC file. The
operating system releases the lock when the process ends, and the next process cuts off incomplete
records. Other programs, such as pywb, need a sorted index: ``….open.cdxj`` lists the records
written before the lock was last released.
"""

import datetime as dt
import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from data.archive.warc.archive_record import ArchiveRecord
from data.archive.warc.cdxj import CdxjEntry, decode_entry, last_entry, surt, write_sorted
from data.archive.warc.reader import DOT_OPEN, Damage, read_file
from data.errors import ArchiveError
from data.files import sync, write_at

NAME: Final = re.compile(r"communique-(\d{14})-[0-9a-f]{8}\.warc\.gz")
"""Pattern of the names of our WARC files, which contain the time of their creation (UTC)."""

COUNT_AFTER_BYTES: Final = 16_000_000
"""Number of bytes to write before the archive's size is measured again."""

FILE_NAMES: Final = re.compile(r"\.(?:warc\.gz|cdxj)(?:\.open)?\Z")
"""Pattern of the names of files that count toward the size. The log's small files don't count."""

USED_UP: Final = (
    "its budget of {} bytes is used up, and nothing more is archived: raise archive.budget, or "
    "remove old records with `communique mirror prune`"
)


class WarcFile:
    """A growing WARC file, locked for this process. Methods raise OSError.

    ``name`` is the file's name without ``.open``. ``size`` is the size of the WARC file in bytes,
    and ``listed`` the size of the CDXJ file. ``mended`` is true if the file had to be repaired.
    """

    def __init__(self, folder: Path, name: str, handle: int) -> None:
        self.folder = folder
        self.name = name
        self._made = dt.datetime.strptime(f"{name.split('-')[1]}+0000", "%Y%m%d%H%M%S%z")
        self._handle = handle
        self._index = os.open(cdxj_path(self.path), os.O_RDWR | os.O_CREAT, 0o644)
        self.size = os.fstat(handle).st_size
        self.mended = False
        self.listed = os.fstat(self._index).st_size

    @property
    def path(self) -> Path:
        """Path of the file while it is being written; its name ends in ``.open``."""
        return self.folder / (self.name + DOT_OPEN)

    def age(self, now: dt.datetime) -> dt.timedelta:
        """Return the time since the file was created, or 0 if that time is in the future."""
        return max(now - self._made, dt.timedelta(0))

    def append(self, members: bytes) -> int:
        """Append compressed records and return their offset.

        After an error, no record is appended.
        """
        offset = self.size
        try:
            write_at(self._handle, members, offset)
        except OSError:
            self.cut(offset)
            raise
        self.size += len(members)
        return offset

    def cut(self, size: int) -> None:
        """Truncate the file to ``size`` bytes."""
        os.ftruncate(self._handle, size)
        self.size = size

    def list(self, lines: bytes) -> None:
        """Append lines to the CDXJ file. After an error, no line is appended."""
        try:
            write_at(self._index, lines, self.listed)
        except OSError:
            os.ftruncate(self._index, self.listed)
            raise
        self.listed += len(lines)

    def mend(self) -> Iterator[ArchiveRecord]:
        """Cut off an incomplete record at the end, and yield all records without a CDXJ line.

        Raises BrokenFile if the file is damaged before a complete record. Such a file is never
        changed again.
        """
        last, end = None, 0
        try:
            last, end = last_entry(self._index)
        except ValueError:
            end = 0
        start = last.offset + last.length if last else 0
        if start > self.size:
            # After a power failure, listed records are missing in the WARC file, so list all
            # records again.
            start = end = 0
        self.mended = end != self.listed
        os.ftruncate(self._index, end)
        self.listed = end
        damage: Damage | None = None
        for found in read_file(self.path, start):
            self.mended = True
            if damage is not None:
                raise BrokenFile(damage)
            if isinstance(found, Damage):
                damage = found
            else:
                yield found
        if damage is not None:
            self.cut(damage.offset)

    def write_sorted_index(self) -> None:
        """Write the sorted CDXJ file for other programs.

        Its lines contain the file's current name.
        """
        own, growing = (f'"filename": "{name}"'.encode() for name in (self.name, self.path.name))
        with cdxj_path(self.path).open("rb") as lines:
            write_sorted((line.replace(own, growing) for line in lines), sorted_path(self.path))

    def finish(self) -> None:
        """Sync the WARC file, sort its CDXJ file, and rename both to their final names."""
        os.fsync(self._handle)
        path = self.path
        with cdxj_path(path).open("rb") as lines:
            write_sorted(lines, cdxj_path(self.folder / self.name))
        sorted_path(path).unlink(missing_ok=True)
        path.rename(self.folder / self.name)
        cdxj_path(path).unlink(missing_ok=True)
        sync(self.folder)
        self.close()

    def close(self) -> None:
        """Release the file, so that another process may append to it."""
        for handle in (self._index, self._handle):
            os.close(handle)


class BrokenFile(Exception):
    """The WARC file is damaged in the middle: complete records follow the damage."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(f"{damage.file}: byte {damage.offset}: {damage.cause}")
        self.damage = damage


def new_file(folder: Path, now: dt.datetime) -> WarcFile:
    """Create a WARC file and lock it for this process. Raises OSError."""
    while True:
        name = f"communique-{now:%Y%m%d%H%M%S}-{secrets.token_hex(4)}.warc.gz"
        how = os.O_RDWR | os.O_CREAT | os.O_EXCL
        handle = os.open(folder / (name + DOT_OPEN), how, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return WarcFile(folder, name, handle)
        except BlockingIOError:
            # Another process locked the new file first.
            os.close(handle)
        except OSError:
            os.close(handle)
            raise


def take_over(path: Path) -> WarcFile | None:
    """Lock a growing file that another process created, and open it for appending.

    Returns None if that process still holds the lock or has finished the file.
    """
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The other process may have finished and renamed the file before this lock.
        if os.path.samestat(os.fstat(handle), path.stat()):
            return WarcFile(path.parent, path.name.removesuffix(DOT_OPEN), handle)
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError:
        os.close(handle)
        raise
    os.close(handle)
    return None


def cdxj_path(path: Path) -> Path:
    """Return the path of the CDXJ file of a growing or finished WARC file."""
    name = path.name.removesuffix(DOT_OPEN)
    end = DOT_OPEN if path.name.endswith(DOT_OPEN) else ""
    return path.with_name(name.removesuffix(".warc.gz") + ".cdxj" + end)


def sorted_path(path: Path) -> Path:
    """Return the path of the sorted CDXJ file of a growing WARC file."""
    return path.with_name(path.name.removesuffix(f".warc.gz{DOT_OPEN}") + f"{DOT_OPEN}.cdxj")


def own_files(folder: Path) -> list[Path]:
    """Return our growing and finished WARC files in a folder, sorted by name.

    Files of other programs are ignored. Raises OSError.
    """
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(one for one in found if NAME.fullmatch(one.name.removesuffix(DOT_OPEN)))


def listed_at(folder: Path, uri: str) -> Iterator[CdxjEntry]:
    """Yield all CDXJ entries of an address from the WARC files in a folder. Raises OSError."""
    begin = f"{surt(uri)} ".encode()
    for path in own_files(folder):
        for line in _listed_in(path):
            # A last line without a line feed is incomplete.
            if line.startswith(begin) and line.endswith(b"\n"):
                with suppress(ValueError):
                    entry = decode_entry(line)
                    if entry.uri == uri:
                        yield entry


def _listed_in(path: Path) -> Iterator[bytes]:
    """Yield the CDXJ lines of a WARC file, or nothing if it has no CDXJ file. Raises OSError."""
    kept = path.with_name(path.name.removesuffix(DOT_OPEN))
    # The file may be finished at the same time and then have its final name.
    for name in (path, kept):
        with suppress(FileNotFoundError), cdxj_path(name).open("rb") as lines:
            yield from lines
            return


class ArchiveBudget:
    """Size limit for the archive in ``folder``: at most ``limit`` bytes, or no limit if 0."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._size = 0
        self._since_count = COUNT_AFTER_BYTES

    def add(self, size: int) -> None:
        """Count ``size`` bytes as written to the archive."""
        self._since_count += size

    def check(self) -> None:
        """Raise ArchiveError if the archive has reached its size limit.

        Raises OSError if the folder can't be read.
        """
        if not self._limit:
            return
        if self._since_count >= COUNT_AFTER_BYTES:
            with os.scandir(self._folder) as found:
                self._size = sum(one.stat().st_size for one in found if FILE_NAMES.search(one.name))
            self._since_count = 0
        if self._size + self._since_count >= self._limit:
            raise ArchiveError(str(self._folder), USED_UP.format(self._limit))
