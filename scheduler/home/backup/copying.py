"""Durable copies of files, which are read back before they count, and dumps of databases."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from data.errors import CommuniqueError
from data.files import sync
from data.text.redaction import redacted

CHUNK_BYTES: Final = 1 << 20
"""Bytes that are copied at once."""


class CopyDamaged(CommuniqueError):
    """A copy that was read back differs from the original."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} differs from the data written to it: check its disk, or use another one"
        )
        self.path = path


class NotDumped(CommuniqueError):
    """A database could not be dumped."""

    def __init__(self, url: str, cause: str) -> None:
        super().__init__(f"the database {redacted(url)} was not dumped: {cause}")
        self.url = url
        self.cause = cause


def digest_of(path: Path, size: int | None = None) -> str:
    """The SHA-256 of a file, or of its first bytes. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for piece in _pieces(file.fileno(), size):
            digest.update(piece)
    return digest.hexdigest()


def copy_file(source: Path, target: Path, *, size: int | None = None, mode: int = 0o600) -> str:
    """Copy a file, or its first bytes, durably; return the SHA-256 of the data.

    ``target`` appears only when it is complete. Raises CopyDamaged and OSError.
    """
    digest = hashlib.sha256()
    with source.open("rb") as file, _written(target, mode) as handle:
        for piece in _pieces(file.fileno(), size):
            digest.update(piece)
            _write(handle, piece)
    return _checked(target, digest.hexdigest())


def write_file(content: bytes, target: Path) -> str:
    """Write a file for its owner, durably; return its SHA-256. Raises CopyDamaged and OSError."""
    with _written(target, 0o600) as handle:
        _write(handle, content)
    return _checked(target, hashlib.sha256(content).hexdigest())


def link_or_copy(source: Path, target: Path, *, mode: int = 0o600) -> str | None:
    """Hard-link a file that never changes, or copy it if that is impossible.

    Returns the SHA-256 of a copy, None for a link. Raises CopyDamaged and OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        # Another file system, a file system without links, or too many links.
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
            # Read from the disk, not from the cache of the system.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if digest_of(path) != digest:
        raise CopyDamaged(path)
    return digest


def _pieces(handle: int, size: int | None) -> Iterator[bytes]:
    left = size
    while left is None or left > 0:
        piece = os.read(handle, CHUNK_BYTES if left is None else min(CHUNK_BYTES, left))
        if not piece:
            return
        yield piece
        left = None if left is None else left - len(piece)


def _write(handle: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]


def can_dump() -> bool:
    """Whether pg_dump is installed."""
    return shutil.which("pg_dump") is not None


def dump(url: str, target: Path) -> None:
    """Dump the database at ``url`` into a file for pg_restore. Raises NotDumped."""
    address, environment = without_password(url)
    done = subprocess.run(  # noqa: S603 - the program of PostgreSQL, no shell
        ["pg_dump", "--format=custom", f"--file={target}", f"--dbname={address}"],  # noqa: S607
        env=os.environ | environment,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        (cause, *_) = [*done.stderr.strip().splitlines(), f"pg_dump ended with {done.returncode}"]
        raise NotDumped(url, f"{cause}; pg_dump must be as new as the server")


def without_password(url: str) -> tuple[str, dict[str, str]]:
    """A database URL for the command line of a process, and the environment with its password."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    password = asked.pop("password", unquote(parts.password or ""))
    user, _, place = parts.netloc.rpartition("@")
    user = user.partition(":")[0]
    shown = parts._replace(
        netloc=f"{user}@{place}" if user else place, query=urlencode(asked, quote_via=quote)
    )
    return shown.geturl(), {"PGPASSWORD": password} if password else {}
