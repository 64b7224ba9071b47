"""Result of a rebuild: contents, missing parts, and reasons for failure."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from data.errors import CommuniqueError


class NotEmpty(CommuniqueError):
    """Raised if the target folder of a rebuild is not empty."""

    exit_code = 2

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not empty; name a new folder with --to")
        self.path = path


class NotRebuilt(CommuniqueError):
    """Raised if a rebuild failed. No partial files were left behind."""

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(f"{path} could not be rebuilt ({cause}); no partial files were left")
        self.path = path
        self.cause = cause


class DamagedPlace(msgspec.Struct, frozen=True):
    """An unreadable part of the archive, and the reason."""

    file: str
    offset: int
    cause: str


class Unreadable(msgspec.Struct, frozen=True):
    """A damaged or missing record to which a release or file refers.

    ``release`` is the id of the release at ``url``, empty for a file. ``shows`` describes the
    content of the record: ``version 1``, ``last seen``, ``gone`` or ``file``. The record begins at
    the byte ``offset`` of ``file``. If only the ``leaf`` of the record is known, ``file`` is empty.
    """

    release: str
    url: str
    shows: str
    leaf: int
    file: str = ""
    offset: int = 0


class Rebuilt(msgspec.Struct, frozen=True):
    """The sources of a rebuilt home directory, and its missing parts.

    ``records`` is the number of records that were read. ``journal`` is the number of these records
    with decisions, and ``aside`` the number of further records with decisions of abandoned
    branches. ``damaged`` lists unreadable parts, ``missing`` the ids of records that the journal
    requires, and ``releases_lost`` the ids of releases that are therefore incomplete. ``refused``
    lists decisions that can't be applied. ``leaves_lost`` is the number of leaves whose records are
    unreadable or missing, and ``unreadable`` describes these records. ``unread`` lists URLs of
    captured pages that are in no release. ``files_lost`` lists missing files of the home directory,
    and ``secrets_cut`` files whose secrets are not in the archive. ``unpublished`` lists errors
    from publishing the site.
    """

    home: str
    records: int
    journal: int
    aside: int
    sources: int
    releases: int
    feeds: int
    damaged: Sequence[DamagedPlace] = ()
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
        """Return whether the rebuild is complete."""
        lacking = (self.damaged, self.missing, self.releases_lost, self.leaves_lost)
        return not any((*lacking, self.unreadable, self.refused, self.files_lost, self.unpublished))
