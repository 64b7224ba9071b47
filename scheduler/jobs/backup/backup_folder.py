"""The folder of a backup: files come in, each only if it is another than the one that is there."""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from data.errors import CommuniqueError
from scheduler.jobs.backup.contents import LEFT
from scheduler.jobs.backup.copying import copy_file, digest_of, link_or_copy, write_file
from scheduler.jobs.backup.manifest import StoredFile

STATE: Final = "state-"
"""The beginning of the name of the folder of what may change."""

NO_MATTER: Final = frozenset(["lost+found"])
"""What a file system of its own has in its first folder."""


class BackupRefused(CommuniqueError):
    """A backup, or a HOME from one, can't be written where it was asked for."""

    exit_code = 2

    def __init__(self, to: Path, cause: str) -> None:
        super().__init__(f"{to}: {cause}")
        self.to = to
        self.cause = cause


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other runs off a folder. Raises BackupRefused, OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise BackupRefused(folder, "another process writes or reads it; wait for it") from error
    finally:
        os.close(handle)


def cause_of(error: OSError) -> str:
    """Why something can't be read or written, and what to do, for people."""
    where = f"{error.filename}: " if error.filename else ""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"{where}the disk is full: make room there"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"{where}{error.strerror}: run it as who owns that, or name another folder"
    return f"{where}{error.strerror or error}"


class BackupFolder:
    """The folder ``path``, which holds the files ``before``; ``files`` are those of this run.

    So many were ``copied``, of ``copied_bytes``, and ``linked``. All verbs raise OSError.
    """

    def __init__(self, path: Path, before: Mapping[str, StoredFile]) -> None:
        self.path = path
        self.before = before
        self.files: dict[str, StoredFile] = {}
        self.copied = self.linked = self.copied_bytes = 0
        self._state = ""

    def begin(self, at: dt.datetime, attempt: int) -> None:
        """Begin anew, without anything that another attempt or a run that was killed has left."""
        self.files = {}
        self._delete({one.at for one in self.before.values()}, kept=True)
        self._state = f"{STATE}{at:%Y%m%dT%H%M%S}-{attempt}-{os.getpid()}"
        (self.path / self._state).mkdir(mode=0o700)

    def finish(self) -> None:
        """Delete what the backup does not hold any more."""
        self._delete({one.at for one in self.files.values()}, kept=False)

    def new(self, name: str) -> Path:
        """An empty file to write to that its owner alone may read; ``take`` takes it in."""
        target = self.path / self._state / name
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        return target

    def keep(self, name: str, path: Path) -> None:
        """Take in a file that never changes: by another name of it, or a copy.

        Raises FileNotFoundError where it is gone.
        """
        there = path.stat()
        known = self.before.get(name)
        if known and is_same(known, there) and is_there(self.path / known.at, known):
            self.files[name] = known
            return
        target = self.path / name
        if is_copy(target, there):
            # A run that was killed came so far.
            digest = digest_of(target)
        else:
            target.unlink(missing_ok=True)
            made = link_or_copy(path, target)
            self.copied += made is not None
            self.linked += made is None
            self.copied_bytes += there.st_size if made else 0
            digest = made or digest_of(target)
        self.note(name, target, digest, there)

    def copy(self, name: str, path: Path) -> None:
        """Take in a file as it is now; one that did not change is not copied again."""
        self.copy_part(name, path, None)

    def copy_part(self, name: str, path: Path, size: int | None) -> None:
        """Take in the first ``size`` bytes of a file, or all; see ``copy``."""
        there = path.stat()
        target = self.path / self._state / name
        known = self.before.get(name)
        if known and is_same(known, there, size) and is_there(self.path / known.at, known):
            target.parent.mkdir(parents=True, exist_ok=True)
            with suppress(OSError):
                os.link(self.path / known.at, target)
                self.files[name] = msgspec.structs.replace(known, at=f"{self._state}/{name}")
                return
        digest = copy_file(path, target, size=size)
        self.copied += 1
        self.note(name, target, digest, there)
        self.copied_bytes += self.files[name].bytes

    def take(self, name: str, target: Path, there: os.stat_result) -> None:
        """Take in a file of ``new``, which is written by now; it counts where it is another one."""
        digest = digest_of(target)
        self.note(name, target, digest, there)
        known = self.before.get(name)
        if known is None or known.sha256 != digest:
            self.copied += 1
            self.copied_bytes += self.files[name].bytes

    def write(self, name: str, content: bytes) -> None:
        """Take in a file that holds this."""
        target = self.path / self._state / name
        self.note(name, target, write_file(content, target), None)

    def note(self, name: str, target: Path, digest: str, there: os.stat_result | None) -> None:
        """Note a file of the folder as the file ``name`` of HOME, where it is as ``there``."""
        if there and target.stat().st_mtime_ns != there.st_mtime_ns:
            os.utime(target, ns=(there.st_atime_ns, there.st_mtime_ns))
        self.files[name] = StoredFile(
            target.relative_to(self.path).as_posix(),
            target.stat().st_size,
            digest,
            there.st_mode & 0o777 if there else 0o600,
            there.st_mtime_ns if there else 0,
        )

    def _delete(self, used: set[str], *, kept: bool) -> None:
        """Delete all but what is ``used``; what never changes may be ``kept`` for the next run."""
        states = {place.split("/", 1)[0] for place in used}
        for path in self.path.iterdir():
            if path.name.startswith(STATE) and path.name not in states:
                shutil.rmtree(path)
            elif LEFT.fullmatch(path.name):
                path.unlink()
        for folder, _, names in os.walk(self.path / "archive"):
            for name in names:
                path = Path(folder, name)
                is_used = kept or path.relative_to(self.path).as_posix() in used
                if LEFT.fullmatch(name) or not is_used:
                    path.unlink()


def is_same(known: StoredFile, there: os.stat_result, size: int | None = None) -> bool:
    """Whether a file, or its first ``size`` bytes, is as it was when it was copied."""
    size = there.st_size if size is None else size
    return (known.bytes, known.changed) == (size, there.st_mtime_ns)


def is_there(path: Path, known: StoredFile) -> bool:
    """Whether a backup still holds a file, as its size tells."""
    with suppress(OSError):
        return path.stat().st_size == known.bytes
    return False


def is_copy(path: Path, there: os.stat_result) -> bool:
    """Whether a whole copy of a file is there already, as its size and time tell."""
    with suppress(OSError):
        copy = path.stat()
        return (copy.st_size, copy.st_mtime_ns) == (there.st_size, there.st_mtime_ns)
    return False
