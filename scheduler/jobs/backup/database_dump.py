"""A store in PostgreSQL as a file, by pg_dump, which copies one moment while others write."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from data.errors import CommuniqueError
from data.text.redaction import redacted


class NotDumped(CommuniqueError):
    """A database could not be copied."""

    def __init__(self, url: str, cause: str) -> None:
        super().__init__(f"the database {redacted(url)} was not copied: {cause}")
        self.url = url
        self.cause = cause


def can_dump() -> bool:
    """Whether pg_dump is on this machine."""
    return shutil.which("pg_dump") is not None


def dump(url: str, target: Path) -> None:
    """Write the database at ``url`` into a file, as pg_restore reads it. Raises NotDumped."""
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
        (said, *_) = [*done.stderr.strip().splitlines(), f"pg_dump ended with {done.returncode}"]
        raise NotDumped(url, f"{said}; pg_dump must be as new as the server")


def without_password(url: str) -> tuple[str, dict[str, str]]:
    """An address that others may see among the processes, and the environment with the rest."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    password = asked.pop("password", unquote(parts.password or ""))
    user, _, place = parts.netloc.rpartition("@")
    user = user.partition(":")[0]
    shown = parts._replace(
        netloc=f"{user}@{place}" if user else place, query=urlencode(asked, quote_via=quote)
    )
    return shown.geturl(), {"PGPASSWORD": password} if password else {}
