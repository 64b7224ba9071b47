"""Interface of the running service for operations."""

import asyncio
import datetime as dt
from collections.abc import Collection, Mapping
from typing import Final, Protocol

from data.errors import CommuniqueError
from scheduler.children.child import run_command
from scheduler.home.home import Home
from spiders.sources.source_file import load_source

VISIT_SECONDS: Final = 3600.0
"""Maximum duration of a visit in seconds, if the service does not run in this process."""


class RunningService(Protocol):
    """Interface of the service for operations: visits, and notices of changes."""

    @property
    def visiting(self) -> Collection[str]:
        """Return the ids of the sources that are being visited."""

    def due(self) -> Mapping[str, dt.datetime]:
        """Return the times of planned visits (aware UTC) by source id, soonest first."""

    async def visit_now(self, source: str) -> asyncio.Task[None] | None:
        """Begin a visit to a source, even if it is paused. Returns None if a visit is running.

        Raises SourceError if the source file is invalid, and UnknownSource if no source has this
        id.
        """

    async def reload_sources(self) -> None:
        """Reload the source files and the list of paused sources."""


class FailedVisit(CommuniqueError):
    """Raised if a visit ends without a report."""


class CommandService:
    """Replaces the service in other processes: `communique collect` visits sources.

    A running service notices changed files by itself.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self.visiting: set[str] = set()

    def due(self) -> Mapping[str, dt.datetime]:
        """Return no planned visits: only the service plans them."""
        return {}

    async def visit_now(self, source: str) -> asyncio.Task[None] | None:
        """Begin a visit to a source. Returns None if this process already visits it.

        Raises SourceError if the source file is invalid, and UnknownSource if no source has this
        id.
        """
        await asyncio.to_thread(load_source, self._home.sources, source)
        if source in self.visiting:
            return None
        self.visiting.add(source)
        return asyncio.create_task(self._visit(source))

    async def _visit(self, source: str) -> None:
        try:
            command = ("collect", "--json", source)
            result = await run_command(self._home, *command, seconds=VISIT_SECONDS)
        finally:
            self.visiting.discard(source)
        if not isinstance(result.printed, dict):
            raise FailedVisit(" ".join(result.errors) or f"the visit to {source} failed")

    async def reload_sources(self) -> None:
        """Do nothing."""
