"""A real PostgreSQL for tests and benchmarks: in a folder of its own, on a socket and on loopback.

It keeps nothing of a power cut (``fsync`` is off, which makes tests quick); its own death loses
nothing that it had committed. Its databases sort text as English does, as an administrator's may:
what a store wants sorted by bytes it has to say.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Final, Literal

import psycopg
from psycopg.sql import SQL, Identifier

from tests.ports import free_port

OLDEST: Final = 15
"""The oldest version that Communique runs on."""

PATIENCE: Final = 60
"""Seconds that the server has to start or to stop."""

USER: Final = "communique"
PASSWORD: Final = "known-to-tests-alone"  # noqa: S105 - of a server that lives for a test

SETTINGS: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}


def missing() -> str:
    """Why no server can run here, or empty."""
    return "" if programs() else f"PostgreSQL {OLDEST} or newer is not installed (Debian has it)"


def programs() -> Path | None:
    """The folder of the newest PostgreSQL's programs: Debian's, or the one on PATH."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if found := shutil.which("postgres"):
        folders.append(Path(found).resolve().parent)
    versions = [(version_of(folder), folder) for folder in folders]
    version, folder = max(versions, default=(0, Path()))
    return folder if version >= OLDEST else None


def version_of(folder: Path) -> int:
    """The number before the point of a server's version."""
    said = subprocess.check_output([folder / "postgres", "--version"], text=True)  # noqa: S603
    return int(said.split()[2].partition(".")[0])


def owner() -> str | None:
    """Whom the server runs as where we are root: it refuses to run as that."""
    if os.geteuid():
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


class PostgresServer:
    """A server with its data in ``folder``; ``settings`` are of postgresql.conf.

    Port and addresses stay the same when it is started anew.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        found = programs()
        assert found, missing()
        self._programs = found
        self._folder = folder
        self._owner = owner()
        self._numbers = count(1)
        self.port = free_port()
        if self._owner:
            shutil.chown(folder, self._owner)
        secret = folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        self._run(
            "initdb", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8",
            "--locale-provider=icu", "--icu-locale=en", f"--username={USER}",
            "--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}",
        )  # fmt: skip
        lines = {**SETTINGS, "port": str(self.port), "unix_socket_directories": str(folder)}
        with (folder / "data/postgresql.conf").open("a", encoding="utf-8") as file:
            for name, value in {**lines, **settings}.items():
                print(f"{name} = '{value}'", file=file)

    def start(self) -> None:
        """Start it, and return once it answers."""
        self._run("pg_ctl", "-w", "-l", str(self._folder / "log"), "start")

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop it; ``immediate`` is as if it had died."""
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    def restart(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop it and start it anew."""
        self.stop(mode)
        self.start()

    @property
    def is_running(self) -> bool:
        """Whether it was started and not stopped since."""
        return (self._folder / "data/postmaster.pid").exists()

    @property
    def said(self) -> str:
        """The server's log."""
        return (self._folder / "log").read_text(encoding="utf-8", errors="replace")

    def url(self, name: str) -> str:
        """The address of a database on loopback, with its password."""
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{name}"

    def socket_url(self, name: str) -> str:
        """The address of a database on the Unix socket, without a password."""
        return f"postgresql://{USER}@/{name}?host={self._folder}&port={self.port}"

    def create(self, *, template: str = "template1") -> str:
        """The name of a new database, a copy of ``template``."""
        name = f"fresh_{next(self._numbers)}"
        self._administer("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected to it."""
        self._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _administer(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.socket_url("postgres"), autocommit=True) as db:
            db.execute(SQL(statement).format(*map(Identifier, names)))

    def _run(self, program: str, *options: str) -> None:
        command = [str(self._programs / program), "-D", str(self._folder / "data"), *options]
        # Not piped: the server would hold the pipe open.
        with (self._folder / "programs.log").open("ab") as said:
            subprocess.run(  # noqa: S603 - PostgreSQL's programs with our own words
                command,
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=self._folder,
                user=self._owner,
                extra_groups=[] if self._owner else None,
                timeout=PATIENCE,
            )


@contextlib.contextmanager
def postgres_running(**settings: str) -> Iterator[PostgresServer]:
    """A new server that runs until the block ends."""
    # Not in a test's own folder: only root may enter those, and a socket's path is to be short.
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        server = PostgresServer(Path(name), settings)
        server.start()
        try:
            yield server
        finally:
            if server.is_running:
                server.stop("immediate")
