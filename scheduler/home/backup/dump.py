"""PostgreSQL store in a backup: pg_dump writes it, and a person restores it with pg_restore."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from data.errors import CommuniqueError
from data.text.masking import masked


class NotDumped(CommuniqueError):
    """A database could not be dumped."""

    def __init__(self, url: str, cause: str) -> None:
        super().__init__(f"the database {masked(url)} was not dumped: {cause}")
        self.url = url
        self.cause = cause


def dump(url: str, target: Path) -> None:
    """Dump the database at ``url`` into a file for pg_restore. Raises NotDumped."""
    address, environment = without_password(url)
    done = subprocess.run(  # noqa: S603 - the program of PostgreSQL, no shell
        ["pg_dump", "--format=custom", f"--file={target}", f"--dbname={address}"],  # noqa: S607
        env=os.environ | environment,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        (cause, *_) = [*done.stderr.strip().splitlines(), f"pg_dump ended with {done.returncode}"]
        raise NotDumped(url, f"{cause}; pg_dump must be as new as the server")


def without_password(url: str) -> tuple[str, dict[str, str]]:
    """Return a database URL without its password, and the environment with the password.

    The URL is for the command line of a process, which other users can see.
    """
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    password = asked.pop("password", unquote(parts.password or ""))
    user, _, place = parts.netloc.rpartition("@")
    user = user.partition(":")[0]
    netloc = f"{user}@{place}" if user else place
    shown = parts._replace(netloc=netloc, query=urlencode(asked, quote_via=quote))
    return shown.geturl(), {"PGPASSWORD": password} if password else {}
