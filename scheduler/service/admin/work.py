"""What the operator's room asks of the service that it is a part of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Protocol


class Work(Protocol):
    """A service at work."""

    @property
    def visiting(self) -> Collection[str]:
        """The sources that are being visited."""

    def due(self) -> Mapping[str, dt.datetime]:
        """When the others are visited next, the next first; aware UTC."""

    async def visit_now(self, source: str) -> bool:
        """Visit a source at once, be it paused; False where that is done already.

        Raises SourceError and UnknownSource.
        """

    async def reload_sources(self) -> None:
        """Take in now which source files are there, and which sources are paused."""
