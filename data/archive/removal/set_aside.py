"""Excludes imported records that damage an archive, with a signed note."""

from __future__ import annotations

from data.archive.archive import Archive
from data.archive.log.removals import SET_ASIDE, Removal, runs
from data.archive.removal.take_out import write
from data.archive.verification.aside import damaging, numbers_aside
from data.archive.verification.tree import Leaves

WHY = "imported with the id of another record, or as a revisit record without its page"


def set_aside(archive: Archive) -> int:
    """Exclude all imported records that should have been skipped and return their number.

    The records remain in their files. Raises ArchiveError, also if the key of the log is missing.
    """
    archive.log.check_key()
    leaves = Leaves(archive.log)
    leaves.set_aside(numbers_aside(archive.folder, leaves))
    found = damaging(archive.folder, leaves)
    if found:
        write(archive, [Removal(SET_ASIDE, WHY, runs(found))])
        archive.seal()
    return len(found)
