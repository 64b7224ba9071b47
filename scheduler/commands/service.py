"""communique run: the service."""

from __future__ import annotations

import click
import structlog
import uvloop

from scheduler.cli import with_home
from scheduler.home import Home
from scheduler.service import Service


@click.command()
@with_home
def run(home: Home) -> int:
    """Run the service: visit each source by its interval, publish changes, serve the site.

    It stops on SIGTERM or Ctrl-C, with nothing half done.
    """
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(),
    )
    with home.lock("run", "communique run"):
        uvloop.run(Service(home).run())
    return 0
