"""Combine several writes in one transaction, to wait for disk and archive only once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from data.store.store import Store
from spiders.crawl.page_errors import Tell, page_errors

WRITES_PER_TRANSACTION: Final = 16
"""Maximum number of writes per transaction, so that other processes can write in between."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Write:
    """A write for the page at ``url``.

    ``write`` performs it, and returns a function to call after the commit.
    """

    url: str
    write: Callable[[], Callable[[], None]]


class WriteBatch:
    """The pending writes of one visit, in order.

    A failed write is an error of its page, and does not affect other writes.
    """

    def __init__(self, store: Store, tell: Tell) -> None:
        self._store = store
        self._tell = tell
        self._waiting: list[Write] = []

    @property
    def last(self) -> Write | None:
        """The last pending write, or None."""
        return self._waiting[-1] if self._waiting else None

    def add(self, write: Write) -> None:
        """Add a write; it is executed in a full batch, or by `flush`."""
        self._waiting.append(write)
        if len(self._waiting) >= WRITES_PER_TRANSACTION:
            self.flush()

    def flush(self, one: Write | None = None) -> None:
        """Execute all pending writes; with ``one``, only if that write is still pending."""
        if one is not None and one not in self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            with self._store.transaction():
                written = self._write_all(waiting)
        except Exception:
            # The transaction was rolled back. One write may be the cause, so repeat each on its
            # own.
            log.exception("%d writes could not be made together", len(waiting))
            written = self._write_all(waiting)
        for url, done in written:
            with page_errors(url, self._tell):
                done()

    def _write_all(self, writes: Sequence[Write]) -> list[tuple[str, Callable[[], None]]]:
        written = []
        for one in writes:
            with page_errors(one.url, self._tell):
                written.append((one.url, one.write()))
        return written
