"""Deposit the new versions of one home directory at other archives."""

import asyncio
from typing import ClassVar

from data.models import Consumer
from data.store.core.store import Store
from data.store.shared_sql.events import DEPOSITS
from feeds.deposits.worker import DepositPace, DepositWorker
from scheduler.home.home import Home
from scheduler.service.outbox import Outbox
from scheduler.service.websub import outbound_of


class DepositService(Outbox):
    """Requests that the archives in the settings save each new version, while it runs."""

    consumer: ClassVar[Consumer] = DEPOSITS

    def __init__(self, home: Home, pace: DepositPace | None = None) -> None:
        super().__init__(home)
        self._pace = pace or DepositPace()

    @property
    def is_configured(self) -> bool:
        """Return whether the settings list an archive."""
        return bool(self._home.settings.archive.deposits)

    def open_store(self) -> Store:
        """Open the store with its journal, because receipts are archived."""
        return self._home.store()

    async def send(self, store: Store) -> None:
        """Deposit versions until cancelled.

        Without archives in the settings, nothing is deposited.
        """
        home = self._home
        if not self.is_configured:
            await asyncio.Event().wait()
        archives = home.settings.archive.deposits
        is_public = home.settings.site.access == "open"
        await DepositWorker(
            store, archives, outbound_of(home), self._pace, is_public=is_public
        ).run()
