"""A copy that has its name only when it is whole."""

from __future__ import annotations

import fcntl
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
    """A path beside ``to`` for a file or a folder; it gets that name at the end of the block.

    Where the block fails, or the process is killed, there is nothing at ``to``: what is half
    written goes, at the latest with the next attempt. Raises DestinationError where something is
    there already or somebody else writes it, and OSError.
    """
    if to.exists() or to.is_symlink():
        raise DestinationError(to, "there is something already; name another place, or move it")
    if not to.parent.is_dir():
        raise DestinationError(to, f"there is no folder {to.parent}; make it, or name another")
    temporary = to.with_name(f".{to.name}.part")
    lock = to.with_name(f".{to.name}.lock")
    with lock.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DestinationError(to, "another export writes it now; wait for it") from error
        try:
            _remove(temporary)
            yield temporary
            _sync(temporary)
            temporary.rename(to)
            sync(to.parent)
        finally:
            _remove(temporary)
            lock.unlink(missing_ok=True)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Make a file durable, or all of a folder."""
    for one in path.rglob("*") if path.is_dir() else ():
        # Some file systems know no durable folders.
        with suppress(OSError):
            sync(one)
    sync(path)
