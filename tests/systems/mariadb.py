"""MariaDB in a folder of its own: no network, no passwords, another user's where we are root."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.systems.processes import done, needed, running


@contextlib.contextmanager
def database_server() -> Iterator[Path]:
    """A database server with its data in a temporary folder; gives its socket. Raises Absent."""
    needed("mariadbd", "mariadb-install-db", "mariadb")
    # Not in a test's own folder: only root may enter those, and a socket's path is to be short.
    with tempfile.TemporaryDirectory(prefix="db-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        user = "mysql" if os.geteuid() == 0 else getpass.getuser()
        if os.geteuid() == 0:
            shutil.chown(folder, user)
        data, socket = folder / "data", folder / "socket"
        options = ["--no-defaults", f"--user={user}", f"--datadir={data}"]
        done(["mariadb-install-db", *options, "--skip-test-db"], environment={"TMPDIR": name})
        command = [
            "/usr/sbin/mariadbd",
            *options,
            f"--socket={socket}",
            f"--pid-file={folder / 'pid'}",
            f"--tmpdir={folder}",
            "--skip-networking",
            "--skip-grant-tables",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=64M",
        ]
        with running(command, socket.exists, log=folder / "log"):
            yield socket


def create_database(socket: Path, name: str) -> None:
    """An empty database."""
    done(["mariadb", "--no-defaults", f"--socket={socket}", "-e", f"CREATE DATABASE {name}"])
