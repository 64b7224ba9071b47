"""Writes that are made together: several wait for the disk, and for the archive, only once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from data.store.protocol import Store
from spiders.crawl.page_errors import Tell, page_errors

TOGETHER: Final = 16
"""Writes of one transaction at the most: other processes write in between."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Write:
    """What is to be written of the page at ``url``.

    ``write`` writes it, and gives what is to be done once it is committed.
    """

    url: str
    write: Callable[[], Callable[[], None]]


class WriteBatch:
    """What one visit is about to write, in its order.

    What goes wrong with one write is an error of its page, and spoils no other.
    """

    def __init__(self, store: Store, tell: Tell) -> None:
        self._store = store
        self._tell = tell
        self._waiting: list[Write] = []

    @property
    def last(self) -> Write | None:
        """What came last of what waits, or None where nothing does."""
        return self._waiting[-1] if self._waiting else None

    def add(self, write: Write) -> None:
        """Have something written: with others, as soon as there are enough, or by `flush`."""
        self._waiting.append(write)
        if len(self._waiting) >= TOGETHER:
            self.flush()

    def flush(self, one: Write | None = None) -> None:
        """Write what waits; with ``one``, where that still does."""
        if one is not None and one not in self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            with self._store.transaction():
                written = self._write_all(waiting)
        except Exception:
            # Nothing of it is kept. It may be the fault of one of them: each for itself.
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
