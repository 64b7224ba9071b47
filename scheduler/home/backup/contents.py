"""Selection of the files to back up, and dump of a PostgreSQL store.

All files that can't be generated from other files are selected. pg_dump dumps the store, and the
operator restores it with pg_restore.
"""

import os
import re
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from data.errors import CommuniqueError
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
