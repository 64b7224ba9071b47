"""The log of the archive, and what this HOME signs as a witness, copied into the site.

Tiles and bundles lie there as they do in the archive, and the checkpoint last: so whoever reads it
finds all that it tells. Only what is new is written.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from data.archive.log.attestations import Attestations
from data.archive.log.checkpoint import Checkpoint, parse_checkpoint
from data.archive.log.notes import InvalidNote
from data.archive.log.tiles import added_files, tidy
from data.archive.log.tree_log import TreeLog
from data.archive.log.witness import PUBLISHED
from data.errors import PublishError
from data.files import Writer, read_regular

LATEST: Final = 10
"""Attested checkpoints that are looked at again: somebody may still sign them."""

TOGETHER: Final = 1000
"""Files that wait for the disk at the most."""

ANOTHER: Final = (
    "another log was published here, {}; if this one shall take its place, delete the folder"
)
AHEAD: Final = (
    "the published log has {} leaves, and archive/log {}: the archive was put back from an older "
    "copy. Put the newest copy of archive/log back; the published one is one"
)
FORKED: Final = (
    "the published log had another tree of {} leaves than archive/log: who saw it takes the new "
    "one for forged. Put the newest copy of archive/log back; the published one is one"
)


def publish_log(log: TreeLog, site: Path, *, everything: bool = False) -> None:
    """Bring the copy of a log in the folder ``site`` up to date.

    With ``everything``, files that somebody deleted come back too. Raises ArchiveError, and
    PublishError where what was published is not the beginning of this log; nothing is written then.
    """
    if not (log.folder / "checkpoint").exists():
        return
    with log.settled() as present:
        if present is None:
            return
        folder = site / "log"
        try:
            old = published_size(log, present, folder)
            copy_log(log, present, folder, 0 if everything else old)
            tidy(folder, old, present.size)
        except OSError as error:
            raise PublishError(str(folder), error.strerror or str(error)) from error


def published_size(log: TreeLog, present: Checkpoint, folder: Path) -> int:
    """How many leaves the published log has. Raises PublishError where it is none of this one."""
    path = folder / "checkpoint"
    try:
        old = parse_checkpoint(read_regular(path))
    except FileNotFoundError:
        return 0
    except InvalidNote:
        # It is written anew.
        return 0
    if old.origin != present.origin:
        raise PublishError(str(folder), ANOTHER.format(old.origin))
    if old.size > present.size:
        raise PublishError(str(folder), AHEAD.format(old.size, present.size))
    if log.tree(present.size).root_of(old.size) != old.root:
        raise PublishError(str(folder), FORKED.format(old.size))
    return old.size


def copy_log(log: TreeLog, present: Checkpoint, folder: Path, old: int) -> None:
    """Write what a log has beyond the first ``old`` leaves. Raises OSError."""
    writer = Writer(folder)
    for file in (*added_files(old, present.size), *texts(log.folder, folder)):
        writer.write(file, log.read(file))
        if writer.waiting >= TOGETHER:
            writer.flush()
    writer.flush()
    writer.write("checkpoint", present.encode())
    writer.flush()


def texts(log: Path, copy: Path) -> list[str]:
    """The keys of a log, and the checkpoints that others attest: those that may be new."""
    kept = Attestations(log).sizes()
    there = set(Attestations(copy).sizes())
    sizes = [size for size in kept[:-LATEST] if size not in there] + kept[-LATEST:]
    places = [log / "key", *(log / "checkpoints" / str(size) for size in sizes)]
    found = [file for place in places if place.is_dir() for file in sorted(place.iterdir())]
    found += [log / "witnesses"] if (log / "witnesses").exists() else []
    # Hidden ones are half written.
    return [str(file.relative_to(log)) for file in found if not file.name.startswith(".")]


def publish_witness(witness: Path, site: Path) -> None:
    """Copy what a witness signed, and its key, so that logs find it. Raises PublishError."""
    if not (witness / "key").exists():
        return
    writer = Writer(site / "witness")
    try:
        for file in (witness / "key", *witness.glob("*/*")):
            if file.name in PUBLISHED and file.is_file():
                writer.write(str(file.relative_to(witness)), file.read_bytes())
        writer.flush()
    except OSError as error:
        raise PublishError(str(writer.folder), error.strerror or str(error)) from error
