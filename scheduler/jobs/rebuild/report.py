"""What a rebuild wrote and what is missing of it, and why it wrote nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from data.errors import CommuniqueError
from scheduler.jobs.rebuild.captures import Unreadable


class NotEmpty(CommuniqueError):
    """The folder that a HOME is to be written into holds something."""

    exit_code = 2

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not empty; name a folder with --to that is not there yet")
        self.path = path


class NotRebuilt(CommuniqueError):
    """A HOME could not be written to its end; there is nothing of it."""

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(f"{path} could not be written ({cause}); nothing is left of it")
        self.path = path
        self.cause = cause


class Damaged(msgspec.Struct, frozen=True):
    """A place of the archive that can't be read, and why."""

    file: str
    offset: int
    cause: str


class Rebuilt(msgspec.Struct, frozen=True):
    """What a HOME was written from, and what is missing of it.

    ``records`` of the archive were read, ``journal`` of them tell what was decided, and ``aside``
    more tell of what never came to be. ``damaged`` are places that can't be read, ``missing`` the
    ids of records that the journal needs, ``releases_lost`` the ids of releases of which something
    is therefore missing, and ``refused`` are events that can't be written. So many ``leaves_lost``
    are those whose records can't be read or are not here, ``unreadable`` what of it shows releases.
    ``unread`` are addresses of pages that were captured and are in no release since. ``files_lost``
    are names of files of HOME, ``secrets_cut`` those whose secrets are not in the
    archive, and ``unpublished`` says what failed when the site was written.
    """

    home: str
    records: int
    journal: int
    aside: int
    sources: int
    releases: int
    feeds: int
    damaged: Sequence[Damaged] = ()
    missing: Sequence[str] = ()
    releases_lost: Sequence[str] = ()
    leaves_lost: int = 0
    unreadable: Sequence[Unreadable] = ()
    unread: Sequence[str] = ()
    refused: Sequence[str] = ()
    files_lost: Sequence[str] = ()
    secrets_cut: Sequence[str] = ()
    unpublished: Sequence[str] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        lacking = (self.damaged, self.missing, self.releases_lost, self.leaves_lost)
        return not any((*lacking, self.unreadable, self.refused, self.files_lost, self.unpublished))
