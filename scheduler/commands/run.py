"""communique run: the service."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

import click
import uvloop

from data.errors import CommuniqueError
from scheduler.cli import PORT, with_home
from scheduler.home import Home, home_at
from scheduler.logs import log_to
from scheduler.service.daemon import Service
from scheduler.terminal.new_store import with_new_store


class ReadOnlyHome(CommuniqueError):
    """The service can't work on a HOME into which it can write nothing."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"nothing can be written into {path}: mount its disk for writing, or run this as the "
            "owner of that folder; `communique serve` serves what was published there"
        )
        self.path = path


PORT_VARIABLE: Final = "COMMUNIQUE_SITE__PORT"
"""The environment variable of the setting site.port."""


def service_of(home: Home) -> Service:
    """The service for a home directory: alone, or one of several on a database."""
    if not home.has_fleet:
        return Service(home)
    # Imported here: the libraries for PostgreSQL may not be installed.
    from scheduler.fleet.service import FleetService  # noqa: PLC0415

    return FleetService(home)


@click.command()
@click.option("--port", type=PORT, default=None, help="Port to listen on (default: site.port).")
@with_home
@with_new_store
def run(home: Home, *, port: int | None) -> int:
    """Run the service: visit each source by its interval, publish changes, serve the site.

    It stops on SIGTERM or Ctrl-C, with nothing half done.
    """
    if port is not None:
        # As a variable it also reaches child processes, which write the address into feeds.
        os.environ.pop(f"{PORT_VARIABLE}_FILE", None)
        os.environ[PORT_VARIABLE] = str(port)
        home = home_at(home.path)
    if not os.access(home.path, os.W_OK):
        raise ReadOnlyHome(home.path)
    log_to(sys.stdout, home.settings.log)
    with home.lock("run", "communique run"):
        uvloop.run(service_of(home).run())
    return 0
