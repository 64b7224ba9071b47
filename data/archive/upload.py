"""Copies an archive into a bucket: finished files, and the log that proves them.

A finished file never changes: it is there with its size, or not. Machines that share a log copy
to one place: each its own files, and the one that signs the log. The files of the log come
before its checkpoint, so that whoever reads that finds all that it tells; the checkpoint is written
over the one that was read, and only where that was of the beginning of this log. Growing files are
not copied, nor what is secret.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.archive.log.checkpoint import Checkpoint, parse_checkpoint
from data.archive.log.notes import InvalidNote
from data.archive.log.tiles import added_files
from data.archive.log.tree_log import TreeLog
from data.archive.warc.reader import OPEN
from data.archive.warc.warc_file import cdxj_path, own_files
from data.network.bucket import Bucket, BucketError, BucketObject, Replaced

CHECKPOINT: Final = "log/checkpoint"

TEXTS: Final = ("key/*", "checkpoints/*/*", "witnesses")
"""The files of a log beside its tiles that are for others."""

ANOTHER: Final = "another log lies there; give each archive a prefix of its own"
AHEAD: Final = (
    "the log there has {} leaves, and this one {}: the archive was put back from an older copy; "
    "fetch the newer one from there"
)
FORKED: Final = (
    "the log there had another tree of {} leaves than this one: one of them was put back from an "
    "older copy, and grew anew; keep both, and name another prefix"
)
MEANWHILE: Final = "another process copies this archive there; it is tried again"


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What was copied: files, their bytes, and the leaves of the log there.

    ``left`` are the files that this HOME copied and are here no more: they were taken out, or lost.
    """

    files: int
    bytes: int
    leaves: int
    left: tuple[str, ...]


def upload(
    folder: Path,
    log: TreeLog,
    bucket: Bucket,
    noted: Path,
    *,
    delete: bool = False,
    shared: bool = False,
) -> Uploaded:
    """Copy what the archive in ``folder`` has and the bucket has not.

    The file ``noted`` holds what this HOME copied, a name a line. With ``delete``, what of that is
    here no more is deleted there. Where the log is ``shared``, another machine may have
    signed it since: then that stays there. Killed at any point, the next one goes on. Raises
    BucketError, ArchiveError and OSError.
    """
    there = {name: size for name, _, size in bucket.tags()}
    leaves = upload_log(log, bucket, there, shared=shared)
    known = set(noted.read_text().split()) if noted.exists() else set[str]()
    copied = size = 0
    here = [*finished_files(folder)]
    with noted.open("a", encoding="utf-8") as notes:
        for path in here:
            if path.name not in known:
                # Before it is there: what is taken out here shall never be forgotten there.
                notes.write(f"{path.name}\n")
                notes.flush()
            if there.get(path.name) == (bytes_here := path.stat().st_size):
                continue
            bucket.upload(path.name, path, headers_of(path))
            copied, size = copied + 1, size + bytes_here
    left = sorted((known - {path.name for path in here}) & there.keys())
    if delete:
        bucket.delete(left)
        left = []
    return Uploaded(copied, size, leaves, tuple(left))


def headers_of(path: Path) -> dict[str, str]:
    """What a file of the archive is answered with, and its digest."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    kind = "application/warc" if path.name.endswith(".warc.gz") else "text/plain; charset=utf-8"
    return {"Content-Type": kind, "communique-sha256": digest}


def finished_files(folder: Path) -> Iterator[Path]:
    """WARC files that grow no more, each before its CDXJ file, which tells of it."""
    for path in own_files(folder):
        if not path.name.endswith(OPEN):
            yield path
            if cdxj_path(path).exists():
                yield cdxj_path(path)


def upload_log(log: TreeLog, bucket: Bucket, there: dict[str, int], *, shared: bool) -> int:
    """Copy a log; how many leaves the copy has. Raises BucketError and ArchiveError."""
    if not (log.folder / "checkpoint").exists():
        old = bucket.read(CHECKPOINT) if shared else None
        return checkpoint_of(old.body, bucket.place).size if old else 0
    with log.settled() as present:
        if present is None:
            return 0
        old = bucket.read(CHECKPOINT)
        before = checkpoint_of(old.body, bucket.place) if old else None
        if before and shared and before.origin == present.origin and before.size > present.size:
            return before.size
        if before:
            check_beginning(log, present, before, bucket.place)
        size = before.size if before else 0
        tiles = [name for name in added_files(size, present.size) if f"log/{name}" not in there]
        # A witness may sign a checkpoint again: what is a text is compared.
        texts = [str(path.relative_to(log.folder)) for path in texts_of(log.folder)]
        try:
            for name in (*tiles, *texts):
                write(bucket, f"log/{name}", log.read(name), bucket.read(f"log/{name}"))
            write(bucket, CHECKPOINT, present.encode(), old)
        except Replaced as error:
            raise BucketError(bucket.place, MEANWHILE) from error
        return present.size


def texts_of(folder: Path) -> list[Path]:
    """The files of a log beside its tiles; hidden ones are half written."""
    found = (path for pattern in TEXTS for path in folder.glob(pattern))
    return sorted(path for path in found if path.is_file() and not path.name.startswith("."))


def write(bucket: Bucket, name: str, content: bytes, found: BucketObject | None) -> None:
    """Have a small object hold this, of which this was ``found`` there.

    Raises Replaced where another process has it hold something else by now.
    """
    if found and found.body == content:
        return
    try:
        bucket.write(name, content, over=found.tag if found else None)
    except Replaced:
        # Another machine copies the same log, and may have written the same.
        found = bucket.read(name)
        if found is None or found.body != content:
            raise


def checkpoint_of(content: bytes, place: str) -> Checkpoint:
    """The checkpoint of a copied log. Raises BucketError where it is none."""
    try:
        return parse_checkpoint(content)
    except InvalidNote as error:
        raise BucketError(place, ANOTHER) from error


def check_beginning(log: TreeLog, present: Checkpoint, before: Checkpoint, place: str) -> None:
    """Raise BucketError where a copied log is not the beginning of this one."""
    if before.origin != present.origin:
        raise BucketError(place, ANOTHER)
    if before.size > present.size:
        raise BucketError(place, AHEAD.format(before.size, present.size))
    if log.tree(present.size).root_of(before.size) != before.root:
        raise BucketError(place, FORKED.format(before.size))
