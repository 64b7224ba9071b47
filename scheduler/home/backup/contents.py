"""Contents of a backup: the selected files, the dump of a PostgreSQL store, and the manifest.

All files that can't be generated from other files are selected. pg_dump dumps the store, and the
operator restores it with pg_restore. The manifest (backup.json) is replaced only after all files
are written.
"""

import datetime as dt
import os
import re
import stat
import subprocess
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Annotated, Final, Literal
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import msgspec

from data.errors import CommuniqueError
from data.files import rewrite
from data.sqlite_file import files_of
from data.text.masking import masked
from scheduler.home.errors import DUMP_FILE
from scheduler.home.home import Home

EXCLUDED_NAMES: Final = frozenset(
    [
        "site",
        "publication",
        "locks",
        "crawl.log",
        "crawl.log.1",
        "verified.json",
        "backed-up.json",
        "bot.key",
        DUMP_FILE,
        "archive",
    ]
)
"""Names of files and folders in HOME that are not copied here. They are caches, logs, locks, the
keys of signed requests (which can be replaced), and the archive (which archive_files copies)."""

UNFINISHED_FILE: Final = re.compile(r"\..+\.(?:part|[0-9a-f]{8})|\.snapshot-.+")
"""Pattern that matches the names of unfinished files from killed processes."""

SECRET_FILE_NAME: Final = re.compile(
    r"(?:log|witness)\.key(?:\.next)?|communique\.(?:toml|db)|tokens/.+|watches/.+"
)
"""Pattern for the names of files that may contain secrets. In a restored home directory,
only their owner can read them."""


def own_files(home: Home) -> Iterator[tuple[str, Path]]:
    """Yield the files that people wrote or that contain keys, by name in HOME, sorted.

    Links are followed: a backup contains the files to which they lead. Raises OSError if a folder
    can't be read.
    """
    caches = {
        path.name
        for file in ("communique.db", "rendered.db", "pushed.db")
        for path in files_of(Path(file))
    }
    yield from _files(home.path, "", EXCLUDED_NAMES | caches, set())


def _files(
    folder: Path, prefix: str, left_out: frozenset[str] | set[str], above: set[tuple[int, int]]
) -> Iterator[tuple[str, Path]]:
    state = folder.stat()
    here = state.st_dev, state.st_ino
    if here in above:
        # The link leads to a folder that contains the link.
        return
    for path in sorted(folder.iterdir()):
        if path.name in left_out or UNFINISHED_FILE.fullmatch(path.name):
            continue
        if path.is_dir():
            yield from _files(path, f"{prefix}{path.name}/", frozenset(), above | {here})
        elif path.is_file():
            yield f"{prefix}{path.name}", path


def rights_of(name: str, mode: int) -> int:
    """Return the permissions for a restored file, from the permissions of the original file."""
    rights = stat.S_IMODE(mode) & 0o777
    return rights & 0o700 if SECRET_FILE_NAME.fullmatch(name) else rights


def is_text(name: str) -> bool:
    """Return whether a file name is valid UTF-8. Some systems allow any bytes."""
    return os.fsencode(name).decode("utf-8", "replace") == name


class NotDumped(CommuniqueError):
    """Raised if a database could not be dumped."""

    def __init__(self, url: str, cause: str) -> None:
        super().__init__(f"the database {masked(url)} was not dumped: {cause}")
        self.url = url
        self.cause = cause


def dump(url: str, target: Path) -> None:
    """Dump the database at ``url`` to a file for pg_restore. Raises NotDumped."""
    address, environment = without_password(url)
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL, without a shell
        [  # noqa: S607
            "pg_dump",
            "--format=custom",
            # The private keys of signed requests. A new fleet creates its own.
            "--exclude-table-data=*.request_keys",
            f"--file={target}",
            f"--dbname={address}",
        ],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        (cause, *_) = [*done.stderr.strip().splitlines(), f"pg_dump ended with {done.returncode}"]
        raise NotDumped(url, f"{cause}; pg_dump must be at least as new as the server")


def without_password(url: str) -> tuple[str, dict[str, str]]:
    """Return a database URL without its password, and environment variables with the password.

    The URL is used on a command line, which other users can see.
    """
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    password = asked.pop("password", unquote(parts.password or ""))
    user, _, place = parts.netloc.rpartition("@")
    user = user.partition(":")[0]
    netloc = f"{user}@{place}" if user else place
    shown = parts._replace(netloc=netloc, query=urlencode(asked, quote_via=quote))
    return shown.geturl(), {"PGPASSWORD": password} if password else {}


MANIFEST_FILE: Final = "backup.json"

MANIFEST_FORMAT: Final = 1
"""Version of the manifest's format. Higher versions are rejected."""

UNREADABLE_TEXT: Final = "{} can't be read ({}); use another copy of the backup"

MAX_NUMBER: Final = 2**62
"""Maximum of the numbers in a manifest: sizes in bytes, and times in nanoseconds since 1970.
Operating systems support no larger values.
"""

MAX_NAME_BYTES: Final = 255
"""Maximum length of a file name in bytes."""

RESERVED_NAMES: Final = frozenset(["restore.unfinished", "locks"])
"""Names of files in HOME that a backup must not contain, because restoring creates them."""


class BackupRefused(CommuniqueError):
    """Raised if a folder contains no readable backup, or can't be used for a backup."""

    exit_code = 2

    def __init__(self, folder: Path, cause: str) -> None:
        super().__init__(f"{folder}: {cause}")
        self.folder = folder
        self.cause = cause


class StoredFile(msgspec.Struct, frozen=True):
    """A file of HOME in a backup: its path in the backup, its size in bytes, and its SHA-256.

    ``mode`` contains its permissions in HOME, and ``changed`` its modification time in nanoseconds
    since 1970.
    """

    at: str
    bytes: Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]
    sha256: str
    mode: Annotated[int, msgspec.Meta(ge=0, le=0o7777)]
    changed: Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]


class Manifest(msgspec.Struct, frozen=True):
    """Description of a backup.

    ``at`` is the time of the backup, ``home`` the folder that was copied, and ``version`` the
    version of Communique. ``store`` is the kind of store. ``schema`` is the schema of a SQLite
    store, or empty. ``log`` is the origin of the archive's log, which had ``leaves`` leaves.
    ``files`` maps names in HOME to files.
    """

    home: str
    at: dt.datetime
    version: str = msgspec.field(default_factory=lambda: version("communique"))
    format: int = MANIFEST_FORMAT
    finished: bool = False
    store: Literal["sqlite", "postgresql"] = "sqlite"
    schema: str = ""
    log: str = ""
    leaves: int = 0
    files: Mapping[str, StoredFile] = msgspec.field(default_factory=dict)


class _Format(msgspec.Struct):
    format: int = MANIFEST_FORMAT
    version: str = "unknown"


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest in a folder, or None if it has none.

    Raises BackupRefused if the manifest is invalid, and OSError if it can't be read.
    """
    path = folder / MANIFEST_FILE
    if not path.is_file():
        if path.exists():
            # Reading a pipe or device may never end.
            raise BackupRefused(folder, UNREADABLE_TEXT.format(path, "the manifest is not a file"))
        return None
    content = path.read_bytes()
    try:
        known = msgspec.json.decode(content, type=_Format)
        if known.format > MANIFEST_FORMAT:
            raise BackupRefused(
                folder,
                f"the backup was written by a newer version of Communique ({known.version}); "
                "restore it with that version or a newer one",
            )
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise BackupRefused(folder, UNREADABLE_TEXT.format(path, error)) from error
    folders = {str(above) for name in manifest.files for above in PurePosixPath(name).parents}
    for name, file in manifest.files.items():
        wrong = next((place for place in (name, file.at) if not is_name(place)), None)
        if name in folders or name.split("/")[0] in RESERVED_NAMES:
            wrong = wrong or name
        if wrong is not None:
            raise BackupRefused(
                folder, UNREADABLE_TEXT.format(path, f"{wrong!r} is not a valid file name")
            )
    return manifest


def is_name(place: str) -> bool:
    """Return whether a text is the normalized relative path of a file in a folder."""
    parts = PurePosixPath(place).parts
    return (
        str(PurePosixPath(*parts)) == place
        and not {"/", ".", ".."} & {*parts}
        and "\0" not in place
        and all(len(os.fsencode(part)) <= MAX_NAME_BYTES for part in parts)
    )


def finished_manifest(folder: Path) -> Manifest:
    """Return the manifest of a complete backup.

    Raises BackupRefused if the folder has no complete backup, and OSError if it can't be read.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        cause = "there is no backup in this folder; name the folder that `communique backup` wrote"
        raise BackupRefused(folder, cause)
    if not manifest.finished:
        cause = f"no backup was ever finished here; run `communique backup {folder}` once more, or "
        raise BackupRefused(folder, f"{cause}use another copy")
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, which makes the backup valid. Raises OSError if this fails."""
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    rewrite(folder / MANIFEST_FILE, content.decode() + "\n")
