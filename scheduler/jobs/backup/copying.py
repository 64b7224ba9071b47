"""Copies of files that are durable, and were read back before they count."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from data.errors import CommuniqueError
from data.files import sync

AT_ONCE: Final = 1 << 20


class CopyDamaged(CommuniqueError):
    """What was read back is not what was written."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} does not hold what was written to it: look after the disk it is on, or choose "
            "another one"
        )
        self.path = path


def digest_of(path: Path, size: int | None = None) -> str:
    """The SHA-256 of a file, or of its first bytes. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for piece in _pieces(file.fileno(), size):
            digest.update(piece)
    return digest.hexdigest()


def copy_file(source: Path, target: Path, *, size: int | None = None, mode: int = 0o600) -> str:
    """Copy a file, or its first bytes, durably; gives the SHA-256 of what was read.

    ``target`` is there only when it is whole. Raises CopyDamaged, OSError.
    """
    digest = hashlib.sha256()
    with source.open("rb") as file, _written(target, mode) as handle:
        for piece in _pieces(file.fileno(), size):
            digest.update(piece)
            _write(handle, piece)
    return _checked(target, digest.hexdigest())


def write_file(content: bytes, target: Path) -> str:
    """Write a file for its owner, durably, and give its SHA-256. Raises CopyDamaged, OSError."""
    with _written(target, 0o600) as handle:
        _write(handle, content)
    return _checked(target, hashlib.sha256(content).hexdigest())


def link_or_copy(source: Path, target: Path, *, mode: int = 0o600) -> str | None:
    """Give a file that never changes a second name, or copy it where that can't be.

    The SHA-256 of a copy, None of a link. Raises CopyDamaged, OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        # Another file system, one without links, or too many of them.
        os.link(source.resolve(), target)
        return None
    return copy_file(source, target, mode=mode)


@contextmanager
def _written(target: Path, mode: int) -> Iterator[int]:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            yield handle
            os.fchmod(handle, mode)
            os.fsync(handle)
        finally:
            os.close(handle)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    sync(target.parent)


def _checked(path: Path, digest: str) -> str:
    with path.open("rb") as file:
        if hasattr(os, "posix_fadvise"):
            # What the disk holds is read, not what the system remembers of it.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if digest_of(path) != digest:
        raise CopyDamaged(path)
    return digest


def _pieces(handle: int, size: int | None) -> Iterator[bytes]:
    left = size
    while left is None or left > 0:
        piece = os.read(handle, AT_ONCE if left is None else min(AT_ONCE, left))
        if not piece:
            return
        yield piece
        left = None if left is None else left - len(piece)


def _write(handle: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]
