"""Archive the responses of one turn of the event loop together.

Archiving each response alone would need a lock, three file writes and a query per response.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TypeAlias

from data.archive.archive import Archive
from data.errors import ArchiveError
from data.models import Capture
from data.models.exchange import Exchange

Waiting: TypeAlias = tuple[Exchange, asyncio.Future[Capture]]

log = logging.getLogger(__name__)


class ExchangeBatch:
    """Responses of all visits of a crawl that wait for the end of the current turn."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._waiting: list[Waiting] = []

    async def add(self, exchange: Exchange) -> Capture:
        """Archive a response and return its capture. Raises ArchiveError if that fails."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._write)
        kept: asyncio.Future[Capture] = loop.create_future()
        self._waiting.append((exchange, kept))
        return await kept

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        while waiting:
            waiting = self._keep([one for one in waiting if not one[1].cancelled()])

    def _keep(self, waiting: list[Waiting]) -> list[Waiting]:
        """Archive some responses, and return the remaining ones."""
        try:
            captures = self._archive.exchanges(exchange for exchange, _ in waiting)
        except ArchiveError as error:
            for _, kept in waiting:
                kept.set_exception(error)
            return []
        except Exception as error:
            if len(waiting) > 1:
                log.exception("%d responses could not be archived together", len(waiting))
                # One response may be the cause, so archive each one separately.
                for one in waiting:
                    self._keep([one])
            else:
                waiting[0][1].set_exception(error)
            return []
        for (_, kept), capture in zip(waiting, captures, strict=False):
            kept.set_result(capture)
        return waiting[len(captures) :]
