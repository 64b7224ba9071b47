"""communique worker: one node of many."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import uvloop

from data.errors import SettingsError
from scheduler.cli import with_home
from scheduler.home import Home
from scheduler.logs import log_to
from scheduler.terminal.new_store import with_new_store


class NoFleet(SettingsError):
    """A worker was started where nobody hands out visits."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            str(path),
            "run.executor",
            'write executor = "procrastinate", and in [store] the url of the database of the '
            "services that this worker is to visit for",
        )


@click.command()
@with_home
@with_new_store
def worker(home: Home) -> int:
    """Visit sources for the services that share a database, on this machine.

    It needs a HOME with communique.toml alone. SIGTERM or Ctrl-C ends it, and gives back what it
    has; it ends with an error where the database is gone.
    """
    if not home.has_fleet:
        raise NoFleet(home.path / "communique.toml")
    # It says what to install where the libraries for PostgreSQL are missing, and opens the store.
    home.plain_store().close()
    from scheduler.fleet.worker import Worker  # noqa: PLC0415

    log_to(sys.stdout, home.settings.log)
    uvloop.run(Worker(home).run())
    return 0
