"""communique run: the service."""

from __future__ import annotations

import sys

import click
import uvloop

from scheduler.cli import with_home
from scheduler.home import Home
from scheduler.logs import log_to
from scheduler.service.daemon import Service


@click.command()
@with_home
def run(home: Home) -> int:
    """Run the service: visit each source by its interval, publish changes, serve the site.

    It stops on SIGTERM or Ctrl-C, with nothing half done.
    """
    log_to(sys.stdout, home.settings.log)
    with home.lock("run", "communique run"):
        uvloop.run(Service(home).run())
    return 0
