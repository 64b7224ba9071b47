"""Errors about home directories that a command can't use."""

from pathlib import Path
from typing import Final

from data.errors import CommuniqueError, StoreError
from data.text.masking import masked

UNFINISHED_RESTORE_FILE: Final = "restore.unfinished"
"""Name of the file that marks a home directory as partially restored."""

DUMP_FILE: Final = "store.dump"
"""Name of the database dump that `communique restore` writes for pg_restore."""


class NoHome(CommuniqueError):
    """Raised if the home directory that a command requires does not exist."""

    exit_code = 2

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"there is no HOME at {path}; name the right folder with --home or COMMUNIQUE_HOME, or"
            " create one with `communique add URL --save`"
        )
        self.path = path


class FolderNotEmpty(CommuniqueError):
    """Raised if a folder that must be empty contains files. ``fix`` is the end of the message."""

    exit_code = 2

    def __init__(self, path: Path, fix: str) -> None:
        super().__init__(f"{path} is not empty{fix}")
        self.path = path


class HalfRestored(CommuniqueError):
    """Raised if a home directory is only partially restored."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is only partially restored: run `communique restore` once more with the "
            "same backup to continue, or empty the folder"
        )
        self.path = path


class DatabaseNotRestored(CommuniqueError):
    """Raised if the database of a restored home directory has not been restored yet."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"the store of {path} is still in its file {DUMP_FILE}: restore it with pg_restore "
            "into an empty database, set store.url to that database, and delete the file"
        )
        self.path = path


class UnwritableHome(CommuniqueError):
    """Raised if files can't be written to a home directory."""

    def __init__(self, path: Path, place: Path) -> None:
        super().__init__(
            f"nothing can be stored in {path}: {place} can't be written; run Communique as its "
            "owner, or choose another --home"
        )
        self.path = path


class LostStore(StoreError):
    """Raised if the store is missing or empty, although an archive or site was created from it."""

    def __init__(self, url: str, *, has_journal: bool) -> None:
        beside = "the archive has its journal" if has_journal else "a site was published from it"
        fixes = ["restore a backup (`communique restore`)"]
        if has_journal:
            fixes.insert(0, "rebuild it from the archive (`communique mirror rebuild --to HOME2`)")
        super().__init__(
            masked(url),
            f"it is missing or empty, but {beside}: {', '.join(fixes)}, or start a new one "
            "(`communique collect --new-store`)",
        )
        self.has_journal = has_journal
