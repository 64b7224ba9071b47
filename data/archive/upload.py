"""Copy an archive to a bucket: finished WARC files, and the transparency log.

A finished file never changes, so its name and size show whether the bucket has it. Machines that
share a log copy to the same place: each machine its own files, and the signing machine also the
log. Files of the log are written before the checkpoint that covers them. The bucket's checkpoint is
replaced only if it is an earlier state of the same log and nobody replaced it in the meantime.
Growing and secret files are not copied.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.archive.log.merkle_tree import added_files
from data.archive.log.notes import Checkpoint, InvalidNote, parse_checkpoint
from data.archive.log.tree_log import TreeLog
from data.archive.warc.reader import DOT_OPEN
from data.archive.warc.warc_file import cdxj_path, own_files
from data.network.bucket import Bucket, BucketError, BucketObject, Replaced

CHECKPOINT: Final = "log/checkpoint"

LOG_FILES: Final = ("key/*", "checkpoints/*/*", "witnesses")
"""Patterns of the paths of a log's public files, except tiles."""

OTHER_LOG_MESSAGE: Final = (
    "the prefix contains the log of another archive; use a separate prefix for each archive"
)
REMOTE_AHEAD_MESSAGE: Final = (
    "the log there has {} leaves, and this one {}: the archive was restored from an older copy; "
    "fetch the newer one from there"
)
FORKED: Final = (
    "the log there and this one differ in their first {} leaves: one of them was restored from an "
    "older copy and continued; keep both, and use another prefix"
)
MEANWHILE: Final = (
    "another process copies this archive to the same place; the next attempt will follow"
)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """Result of a copy: copied files, copied bytes, and leaves in the bucket's log.

    ``left`` lists files in the bucket that this home directory copied earlier and no longer has,
    because they were redacted, pruned or lost.
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
    """Copy the files of the archive in ``folder`` that the bucket does not have yet.

    The file ``noted`` lists the files that this home directory has copied, one name per line. With
    ``delete``, listed files that no longer exist here are deleted in the bucket. If the log is
    ``shared`` and the bucket has a longer log from another machine, that log is kept. The next call
    resumes an interrupted copy. Raises BucketError, ArchiveError and OSError.
    """
    there = {name: size for name, _, size in bucket.tags()}
    leaves = upload_log(log, bucket, there, shared=shared)
    known = set(noted.read_text().split()) if noted.exists() else set[str]()
    copied = size = 0
    finished = (path for path in own_files(folder) if not path.name.endswith(DOT_OPEN))
    files = (file for path in finished for file in (path, cdxj_path(path)))
    here = [file for file in files if file.exists()]
    with noted.open("a", encoding="utf-8") as notes:
        for path in here:
            if path.name not in known:
                # Write the name before copying the file: the bucket's copy is then never forgotten.
                notes.write(f"{path.name}\n")
                notes.flush()
            if there.get(path.name) == (bytes_here := path.stat().st_size):
                continue
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            is_warc = path.name.endswith(".warc.gz")
            kind = "application/warc" if is_warc else "text/plain; charset=utf-8"
            headers = {"Content-Type": kind, "communique-sha256": digest}
            bucket.upload(path.name, path, headers)
            copied, size = copied + 1, size + bytes_here
    left = sorted((known - {path.name for path in here}) & there.keys())
    if delete:
        bucket.delete(left)
        left = []
    return Uploaded(copied, size, leaves, tuple(left))


def upload_log(log: TreeLog, bucket: Bucket, there: dict[str, int], *, shared: bool) -> int:
    """Copy the log to a bucket and return the number of leaves in the bucket's log.

    ``there`` maps the names of the bucket's files to their sizes. If the log is ``shared`` and the
    bucket has a longer log, nothing is copied. Raises BucketError and ArchiveError.
    """
    if not (log.folder / "checkpoint").exists():
        old = bucket.read(CHECKPOINT) if shared else None
        return checkpoint_of(old.body, bucket.place).size if old else 0
    old = bucket.read(CHECKPOINT)
    before = checkpoint_of(old.body, bucket.place) if old else None
    # Locked only while local files are read, because signing waits for this lock.
    with log.settled() as present:
        if present is None:
            return 0
        if before and shared and before.origin == present.origin and before.size > present.size:
            return before.size
        if before:
            check_beginning(log, present, before, bucket.place)
        size = before.size if before else 0
        tiles = [name for name in added_files(size, present.size) if f"log/{name}" not in there]
        paths = sorted(path for pattern in LOG_FILES for path in log.folder.glob(pattern))
        # Hidden files are incomplete.
        files = (path for path in paths if path.is_file() and not path.name.startswith("."))
        texts = [str(path.relative_to(log.folder)) for path in files]
        # Full tiles never change, so they are read later.
        partial = [name for name in tiles if ".p/" in name]
        kept = {name: log.read(name) for name in (*partial, *texts)}
    try:
        for name in (*tiles, *texts):
            place = f"log/{name}"
            may_change = name.endswith(("cosignatures", "witnesses"))
            if before and not may_change and there.get(place) == len(kept.get(name, b"")):
                continue
            # A witness may sign a checkpoint again, so its file is compared by content.
            found = bucket.read(place) if place in there else None
            write(bucket, place, kept[name] if name in kept else log.read(name), found)
        write(bucket, CHECKPOINT, present.encode(), old)
    except Replaced as error:
        raise BucketError(bucket.place, MEANWHILE) from error
    return present.size


def write(bucket: Bucket, name: str, content: bytes, found: BucketObject | None) -> None:
    """Write a small object to a bucket if its current version is still ``found``.

    Raises Replaced if another process has replaced the object.
    """
    if found and found.body == content:
        return
    try:
        bucket.write(name, content, over=found.tag if found else None)
    except Replaced:
        # Another machine that copies the same log may have written the same content.
        found = bucket.read(name)
        if found is None or found.body != content:
            raise


def checkpoint_of(content: bytes, place: str) -> Checkpoint:
    """Parse the checkpoint of a log in a bucket. Raises BucketError if it is invalid."""
    try:
        return parse_checkpoint(content)
    except InvalidNote as error:
        raise BucketError(place, OTHER_LOG_MESSAGE) from error


def check_beginning(log: TreeLog, present: Checkpoint, before: Checkpoint, place: str) -> None:
    """Raise BucketError if the log in a bucket is not an earlier state of this log.

    ``present`` is this log's checkpoint, and ``before`` the checkpoint in the bucket.
    """
    if before.origin != present.origin:
        raise BucketError(place, OTHER_LOG_MESSAGE)
    if before.size > present.size:
        raise BucketError(place, REMOTE_AHEAD_MESSAGE.format(before.size, present.size))
    if log.tree(present.size).root_of(before.size) != before.root:
        raise BucketError(place, FORKED.format(before.size))
