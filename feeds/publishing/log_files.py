"""Copy the archive's log, and the checkpoints that this site signed as a witness, into the site.

Tiles and bundles have the same paths as in the archive. The checkpoint is written last, so clients
find all files to which it refers. Only new files are written.
"""

from pathlib import Path
from typing import Final

from data.archive.log.attestations import Attestations
from data.archive.log.merkle_tree import added_files, tidy
from data.archive.log.notes import Checkpoint, InvalidNote, parse_checkpoint
from data.archive.log.tree_log import TreeLog
from data.archive.log.witness import PUBLISHED
from data.errors import PublishError
from data.files import FileWriter, read_regular

RECENT_CHECKPOINTS: Final = 10
"""Number of the newest cosigned checkpoints that are copied again, because they may get more
signatures."""

FILES_PER_SYNC: Final = 1000
"""Maximum number of files written between two syncs to disk."""

OTHER_LOG: Final = "another log, {}, is published here; to replace it, delete this folder"
PUBLISHED_IS_LONGER: Final = (
    "the published log has {} leaves, archive/log only {}: the archive was restored from an older "
    "copy. Restore the newest copy of archive/log; the published log is such a copy"
)
FORKED_LOG_MESSAGE: Final = (
    "the published log and archive/log differ in the first {} leaves: clients would treat the new "
    "log as forged. Restore the newest copy of archive/log; the published log is such a copy"
)


def publish_log(log: TreeLog, site: Path, *, everything: bool = False) -> None:
    """Update the copy of a log in the folder ``site``.

    With ``everything``, files that were deleted from the copy are also restored. Raises
    ArchiveError if the log can't be read. Raises PublishError, and writes nothing, if the published
    log is not the beginning of this log.
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
    """Return the number of leaves in the published log.

    Raises PublishError if the published log is not the beginning of this log.
    """
    path = folder / "checkpoint"
    try:
        old = parse_checkpoint(read_regular(path))
    except FileNotFoundError:
        return 0
    except InvalidNote:
        # An invalid checkpoint is overwritten.
        return 0
    if old.origin != present.origin:
        raise PublishError(str(folder), OTHER_LOG.format(old.origin))
    if old.size > present.size:
        raise PublishError(str(folder), PUBLISHED_IS_LONGER.format(old.size, present.size))
    if log.tree(present.size).root_of(old.size) != old.root:
        raise PublishError(str(folder), FORKED_LOG_MESSAGE.format(old.size))
    return old.size


def copy_log(log: TreeLog, present: Checkpoint, folder: Path, old: int) -> None:
    """Write all tiles and bundles that were added to a log after its first ``old`` leaves.

    Raises OSError if a file can't be written.
    """
    writer = FileWriter(folder)
    for file in (*added_files(old, present.size), *texts(log.folder, folder)):
        writer.write(file, log.read(file))
        if writer.waiting >= FILES_PER_SYNC:
            writer.flush()
    writer.flush()
    writer.write("checkpoint", present.encode())
    writer.flush()


def texts(log: Path, copy: Path) -> list[str]:
    """Return the key files and recent cosigned checkpoints of a log, by name.

    They may be missing or outdated in the copy.
    """
    kept = Attestations(log).sizes()
    there = set(Attestations(copy).sizes())
    sizes = [size for size in kept[:-RECENT_CHECKPOINTS] if size not in there] + kept[
        -RECENT_CHECKPOINTS:
    ]
    places = [log / "key", *(log / "checkpoints" / str(size) for size in sizes)]
    found = [file for place in places if place.is_dir() for file in sorted(place.iterdir())]
    found += [log / "witnesses"] if (log / "witnesses").exists() else []
    # Files that start with a dot are incomplete.
    return [str(file.relative_to(log)) for file in found if not file.name.startswith(".")]


def publish_witness(witness: Path, site: Path) -> None:
    """Copy the key and signed checkpoints of this witness into the site.

    Raises PublishError if a file can't be copied.
    """
    if not (witness / "key").exists():
        return
    writer = FileWriter(site / "witness")
    try:
        for file in (witness / "key", *witness.glob("*/*")):
            if file.name in PUBLISHED and file.is_file():
                writer.write(str(file.relative_to(witness)), file.read_bytes())
        writer.flush()
    except OSError as error:
        raise PublishError(str(writer.folder), error.strerror or str(error)) from error
