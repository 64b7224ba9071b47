"""Base class of outboxes: consumers of events that send messages to other servers.

For one home directory, only one process at a time works as an outbox.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from typing import ClassVar, Final

import structlog

from data.errors import CommuniqueError, HomeInUse, LeaseLost, StoreError
from data.models import Consumer, Lease
from data.store.core.store import Store
from feeds.backoff import POLL_SECONDS
from feeds.store_thread import in_thread
from scheduler.home.home import Home
from scheduler.service.background import in_background

log = structlog.get_logger()

RETRY_SECONDS: Final = 60.0
"""Time in seconds after which a store that failed is used again."""


class Outbox(ABC):
    """Sends messages for the events of one ``consumer`` while it runs."""

    consumer: ClassVar[Consumer]

    def __init__(self, home: Home) -> None:
        self._home = home

    @abstractmethod
    def open_store(self) -> Store:
        """Open the store of the home directory for this outbox."""

    @abstractmethod
    async def send(self, store: Store) -> None:
        """Send messages until cancelled."""

    async def run(self, lease: Lease | None = None) -> None:
        """Send messages until cancelled. Only one process per home directory sends them.

        If several services share a database, the service with the ``lease`` sends them. Raises
        LeaseLost.
        """
        name = self.consumer.name
        while True:
            try:
                with self._home.lock(name, "another process"):
                    await self._work(lease)
            except HomeInUse:
                await asyncio.sleep(POLL_SECONDS)
            except LeaseLost:
                raise
            except (OSError, CommuniqueError) as error:
                # The disk is full or the folder unreadable. The rest of the service continues.
                log.warning("outbox failed", outbox=name, problem=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                # This is a bug. Visits and the site continue, and messages are tried again.
                log.exception("outbox failed", outbox=name)
                await asyncio.sleep(RETRY_SECONDS)

    async def _work(self, lease: Lease | None) -> None:
        with closing(self.open_store().leased(lease)) as store:
            try:
                await self.send(store)
            except (LeaseLost, StoreError):
                raise
            except Exception as error:
                await in_thread(store, store.note_failure, self.consumer, error)
                raise

    @asynccontextmanager
    async def at_work(self, on_end: Callable[[], object]) -> AsyncIterator[None]:
        """Context manager that sends messages during its block.

        ``on_end`` is called when sending ends.
        """
        async with in_background(self.run(), on_end):
            yield
