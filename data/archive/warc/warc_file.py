"""One WARC file that grows, and the CDXJ file beside it.

Both bear ``.open`` at the end of their names while they grow. A lock on the WARC file keeps other
processes off; the system takes it away from a process that ends, however it ends. What such a
process left half written is cut off by the next one. Readers such as pywb want an index that is
sorted: ``….open.cdxj`` lists what was there when a process last let go of the file.
"""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from data.archive.warc.cdxj import Entry, decode_entry, last_entry, write_sorted
from data.archive.warc.reader import OPEN, Damage, Record, read_file
from data.archive.warc.surt import surt
from data.files import sync

NAME: Final = re.compile(r"communique-(\d{14})-[0-9a-f]{8}\.warc\.gz")
"""The name of a file of ours, which begins with when it was made (UTC)."""


class WarcFile:
    """A file of the archive that this process alone appends to. Raises OSError.

    ``name`` is that of the file without ``.open``, ``size`` how many bytes of records it holds,
    ``listed`` how many its CDXJ file holds, and ``mended`` whether anything had to be mended.
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
        """Where it is while it grows."""
        return self.folder / (self.name + OPEN)

    def age(self, now: dt.datetime) -> dt.timedelta:
        """How long ago it was made; nothing where the clock went back since."""
        return max(now - self._made, dt.timedelta(0))

    def append(self, members: bytes) -> int:
        """Append records, and return where they begin; all of them or, where it raises, none."""
        offset = self.size
        try:
            _write(self._handle, members, offset)
        except OSError:
            self.cut(offset)
            raise
        self.size += len(members)
        return offset

    def cut(self, size: int) -> None:
        """Take away again what was appended after so many bytes."""
        os.ftruncate(self._handle, size)
        self.size = size

    def list(self, lines: bytes) -> None:
        """Append lines to the CDXJ file; all of them or, where it raises, none."""
        try:
            _write(self._index, lines, self.listed)
        except OSError:
            os.ftruncate(self._index, self.listed)
            raise
        self.listed += len(lines)

    def mend(self) -> Iterator[Record]:
        """Cut off what is half written, and give the records that the CDXJ file does not list yet.

        Raises BrokenFile where something before a whole record can't be read: nothing is appended
        to such a file, and nothing cut off it.
        """
        last, end = None, 0
        try:
            last, end = last_entry(self._index)
        except ValueError:
            end = 0
        start = last.offset + last.length if last else 0
        if start > self.size:
            # A loss of power took records that are listed: they are listed anew.
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
        """Write what its index lists for readers of others: sorted, and with its present name."""
        own, growing = (f'"filename": "{name}"'.encode() for name in (self.name, self.path.name))
        with cdxj_path(self.path).open("rb") as lines:
            write_sorted((line.replace(own, growing) for line in lines), sorted_path(self.path))

    def finish(self) -> None:
        """Make it durable and sort its index; both get the names that they keep."""
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
        """Let go of it; another process may go on with it."""
        for handle in (self._index, self._handle):
            os.close(handle)


class BrokenFile(Exception):
    """Something in the middle of a file can't be read."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(f"{damage.file}: byte {damage.offset}: {damage.cause}")
        self.damage = damage


def new_file(folder: Path, now: dt.datetime) -> WarcFile:
    """A new file, which this process holds. Raises OSError."""
    while True:
        name = f"communique-{now:%Y%m%d%H%M%S}-{secrets.token_hex(4)}.warc.gz"
        how = os.O_RDWR | os.O_CREAT | os.O_EXCL
        handle = os.open(folder / (name + OPEN), how, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return WarcFile(folder, name, handle)
        except BlockingIOError:
            # Another process took it over at once.
            os.close(handle)


def take_over(path: Path) -> WarcFile | None:
    """A file that grew in another process, or None where that one still holds it or is done."""
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Its writer may have finished it in between: then its name is another.
        if os.path.samestat(os.fstat(handle), path.stat()):
            return WarcFile(path.parent, path.name.removesuffix(OPEN), handle)
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError:
        os.close(handle)
        raise
    os.close(handle)
    return None


def cdxj_path(path: Path) -> Path:
    """The CDXJ file beside a WARC file, growing or not."""
    name = path.name.removesuffix(OPEN)
    end = OPEN if path.name.endswith(OPEN) else ""
    return path.with_name(name.removesuffix(".warc.gz") + ".cdxj" + end)


def sorted_path(path: Path) -> Path:
    """The sorted CDXJ file beside a WARC file that grows."""
    return path.with_name(path.name.removesuffix(f".warc.gz{OPEN}") + f"{OPEN}.cdxj")


def own_files(folder: Path) -> list[Path]:
    """The WARC files of ours in a folder, growing or not, by their names.

    What others put there is none of them. Raises OSError.
    """
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(one for one in found if NAME.fullmatch(one.name.removesuffix(OPEN)))


def listed_at(folder: Path, uri: str) -> Iterator[Entry]:
    """What the CDXJ files of a folder list of an address. Raises OSError."""
    begin = f"{surt(uri)} ".encode()
    for path in own_files(folder):
        for line in _listed_in(path):
            # A last line without an end is not whole.
            if line.startswith(begin) and line.endswith(b"\n"):
                with suppress(ValueError):
                    entry = decode_entry(line)
                    if entry.uri == uri:
                        yield entry


def _listed_in(path: Path) -> Iterator[bytes]:
    """The lines of the CDXJ file beside a WARC file; none where it has none. Raises OSError."""
    kept = path.with_name(path.name.removesuffix(OPEN))
    # One that is finished just now has lost its first name, and has the one that it keeps.
    for name in (path, kept):
        with suppress(FileNotFoundError), cdxj_path(name).open("rb") as lines:
            yield from lines
            return


def _write(handle: int, content: bytes, offset: int) -> None:
    """Write all of it from a byte on; a disk that is nearly full takes a part at first."""
    rest = memoryview(content)
    while rest:
        written = os.pwrite(handle, rest, offset)
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        rest, offset = rest[written:], offset + written
