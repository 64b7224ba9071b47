"""A copy that has its name only when it is whole."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from data.errors import CommuniqueError
from data.files import sync


class DestinationError(CommuniqueError):
    """Nothing can be written where a copy shall lie."""

    exit_code = 2

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(f"{path}: {cause}")
        self.path = path
        self.cause = cause


class CopyError(CommuniqueError):
    """A copy could not be written to its end; nothing of it bears its name."""

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(f"the copy could not be written ({cause}); nothing is left of it")
        self.path = path
        self.cause = cause


@contextmanager
def destination(to: Path) -> Iterator[Path]:
    """A path for a file or a folder, which gets the name ``to`` at the end of the block.

    Where the block fails, or the process is killed, there is nothing at ``to``. What is half
    written, and whatever else the block puts beside it, is in one folder beside ``to``, which goes
    at the latest with the next attempt. Raises DestinationError where something is there already or
    somebody else writes it, and OSError.
    """
    if not to.parent.is_dir():
        raise DestinationError(to, f"there is no folder {to.parent}; make it, or name another")
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
        raise DestinationError(to, "there is something already; name another place, or move it")


@contextmanager
def workplace(to: Path) -> Iterator[Path]:
    """The empty folder in which ``to`` is written, by this process alone; it goes at the end.

    It is beside ``to``. Raises DestinationError where another process has it, and OSError.
    """
    folder = to.with_name(f".{to.name}.part")
    handle = _locked(folder)
    if handle is None:
        raise DestinationError(to, "another process writes it now; wait for it")
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
    """The descriptor of a folder, made if it is not there; None where another process has it."""
    try:
        folder.mkdir(exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The other one may have ended, and taken it away, in between.
        if os.path.samestat(os.fstat(handle), folder.stat()):
            return handle
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(handle)
    return None


def _sync(path: Path) -> None:
    """Make a file durable, or all of a folder."""
    for one in path.rglob("*") if path.is_dir() else ():
        # Some file systems know no durable folders.
        with suppress(OSError):
            sync(one)
    sync(path)
