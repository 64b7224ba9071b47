"""Work for the store in threads."""

from __future__ import annotations

import asyncio
import threading
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from data.store.sqlite.store import SqliteStore
from feeds.sending_loop import in_thread

if TYPE_CHECKING:
    from data.store.core.store import Store
    from data.store.unit_of_work.unit import UnitOfWork


class Shared:
    """A journal that counts how often it is closed."""

    closed = 0

    def writing(self, store: Store, unit: UnitOfWork) -> AbstractContextManager[None]:
        """Write nothing."""
        del store, unit
        return nullcontext()

    def keep_file(self, store: Store, name: str, content: bytes | None) -> None:
        """Keep nothing."""

    def close(self, store: Store) -> None:
        """Count."""
        del store
        self.closed += 1


def test_the_end_of_a_call_in_a_thread_does_not_close_the_journal_of_all_threads(
    tmp_path: Path,
) -> None:
    journal = Shared()
    together = threading.Barrier(2, timeout=30)

    async def work(store: Store) -> None:
        await asyncio.gather(in_thread(store, together.wait), in_thread(store, together.wait))

    with closing(SqliteStore(tmp_path / "store.db")) as store:
        store.journal = journal
        asyncio.run(work(store))
        assert journal.closed == 0
    assert journal.closed == 1
