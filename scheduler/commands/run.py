"""communique run and worker: the service, and more machines that visit sources for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click
import uvloop

from data.errors import CommuniqueError, SettingsError
from scheduler.cli import PORT_TYPE, with_home_only
from scheduler.home.home import Home, home_at
from scheduler.logs import log_to
from scheduler.terminal.new_store_option import with_new_store

PORT_VARIABLE: Final = "COMMUNIQUE_SITE__PORT"
"""Environment variable for the setting site.port."""


class ReadOnlyHome(CommuniqueError):
    """Raised if the service can't write to its home directory."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"nothing can be written into {path}: mount its disk for writing, or run this as the "
            "owner of that folder; `communique serve` serves the published site read-only"
        )
        self.path = path


class NoFleet(SettingsError):
    """Raised if a worker is started, but the settings contain no shared database."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            str(path),
            "run.executor",
            'a worker needs run.executor = "procrastinate", and in store.url the PostgreSQL '
            "database of the services",
        )


@click.command()
@click.option("--port", type=PORT_TYPE, help="Port to listen on (default site.port).")
@with_home_only
@with_new_store
def run(home: Home, *, port: int | None) -> int:
    """Run the service: collect, publish and serve.

    The service visits each source at its interval, publishes changes and serves the site. SIGTERM
    or Ctrl-C stops it cleanly.
    """
    if port is not None:
        # As an environment variable, the port also reaches child processes, which write it into
        # feeds.
        os.environ.pop(f"{PORT_VARIABLE}_FILE", None)
        os.environ[PORT_VARIABLE] = str(port)
        home = home_at(home.path)
    if not os.access(home.path, os.W_OK):
        raise ReadOnlyHome(home.path)
    log_to(sys.stdout, home.settings.log)
    with home.lock("run", "communique run"):
        # Imported here, because workers do not need it.
        from scheduler.service.daemon import Role, Service  # noqa: PLC0415

        role: Callable[[Service], Role] = Role
        if home.has_fleet:
            # Imported here: the libraries for PostgreSQL may not be installed.
            from scheduler.fleet.leader import FleetRole  # noqa: PLC0415

            role = FleetRole
        uvloop.run(Service(home, role).run())
    return 0


@click.command()
@with_home_only
@with_new_store
def worker(home: Home) -> int:
    """Run a worker that visits sources for all services on one database.

    The home directory needs only communique.toml. On SIGTERM or Ctrl-C, the worker stops its
    visits, and other workers restart them. The worker exits with an error if the database stops
    responding.
    """
    if not home.has_fleet:
        raise NoFleet(home.path / "communique.toml")
    # If the libraries for PostgreSQL are missing, the error message explains how to install them.
    home.plain_store().close()
    from scheduler.fleet.worker import Worker  # noqa: PLC0415 - needs these libraries

    log_to(sys.stdout, home.settings.log)
    uvloop.run(Worker(home).run())
    return 0
