"""Destination of an export, which has a temporary name until the export is complete."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from data.errors import CommuniqueError
from data.files import sync


class DestinationError(CommuniqueError):
    """The destination of an export can't be used."""

    exit_code = 2

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(f"{path}: {cause}")
        self.path = path
        self.cause = cause


class CopyError(CommuniqueError):
    """An export failed. The incomplete copy was deleted."""

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(
            f"the copy could not be written ({cause}); the incomplete copy was deleted"
        )
        self.path = path
        self.cause = cause


@contextmanager
def destination(to: Path) -> Iterator[Path]:
    """Context manager that yields a temporary path, which is renamed to ``to`` at the end.

    If the block fails or the process is killed, ``to`` does not exist. Incomplete files are in a
    folder next to ``to``, which the next attempt deletes if this process could not. Raises
    DestinationError if ``to`` exists or another process is writing it, and OSError.
    """
    if not to.parent.is_dir():
        raise DestinationError(
            to, f"the folder {to.parent} does not exist; create it, or choose another"
        )
    _must_be_free(to)
    with workplace(to) as folder:
        copy = folder / to.name
        yield copy
        _sync(copy)
        _must_be_free(to)
        copy.rename(to)
        sync(to.parent)


def _must_be_free(to: Path) -> None:
    if to.exists() or to.is_symlink():
        raise DestinationError(
            to, "the file or folder already exists; choose another path, or move it"
        )


@contextmanager
def workplace(to: Path) -> Iterator[Path]:
    """Context manager that yields an empty, locked temporary folder next to ``to``.

    The folder is deleted at the end. Raises DestinationError if another process uses the folder,
    and OSError.
    """
    folder = to.with_name(f".{to.name}.part")
    handle = _locked(folder)
    if handle is None:
        raise DestinationError(to, "another process is writing the export; wait until it is done")
    try:
        for left in folder.iterdir():
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left)
            else:
                left.unlink()
        yield folder
    finally:
        shutil.rmtree(folder)
        os.close(handle)


def _locked(folder: Path) -> int | None:
    """Create and lock a folder, and return its file descriptor.

    Returns None if another process has locked the folder.
    """
    folder.mkdir(exist_ok=True)
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The other process may have ended and deleted the folder before this lock.
        if os.path.samestat(os.fstat(handle), folder.stat()):
            return handle
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(handle)
    return None


def _sync(path: Path) -> None:
    """Sync a file, or a folder with all its files, to disk."""
    for one in path.rglob("*") if path.is_dir() else ():
        # Some file systems can't sync folders.
        with suppress(OSError):
            sync(one)
    sync(path)
