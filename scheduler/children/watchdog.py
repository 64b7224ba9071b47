"""Watchdog that ends a crawl when its leases expire, before other workers may visit its hosts.

The watchdog needs no database and no event loop. So it also ends a process that was suspended, or
whose database does not respond. Another worker then requests the pages that were not stored.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Final

import msgspec

from scheduler.children.crawl_lines import ParentLines

LEASES_EXPIRED_CODE: Final = 75
"""Exit code of a process that ended because its leases expired (EX_TEMPFAIL)."""


class Renewal(msgspec.Struct, frozen=True):
    """Line that extends all leases until a time of this machine's monotonic clock."""

    until: float


class Watchdog(Iterator[bytes]):
    """Iterator over the parent's lines, except renewals.

    The watchdog ends the process when its leases expire. A thread receives the lines from the
    start, so that renewals count while the process is still starting. The thread reads all waiting
    lines before it checks the clock. So a process that got no CPU time for longer than a lease
    continues if its parent has renewed the lease.
    """

    def __init__(
        self, until: float, lines: ParentLines, end: Callable[[int], object] = os._exit
    ) -> None:
        self._until = until
        self._lines = lines
        self._end = end
        self._queue = SimpleQueue[bytes | None]()
        threading.Thread(target=self._watch, daemon=True).start()

    def __next__(self) -> bytes:
        line = self._queue.get()
        if line is None:
            # Put the end marker back for the next call.
            self._queue.put(None)
            raise StopIteration
        return line

    def _watch(self) -> None:
        self._hand_on()
        while not self._lines.ended:
            if self._lines.receive(self._left()):
                self._hand_on()
            elif not self._left():
                break
        self._queue.put(None)
        # The last renewal is also valid after the last line.
        while left := self._left():
            time.sleep(left)
        self._end(LEASES_EXPIRED_CODE)

    def _hand_on(self) -> None:
        for line in self._lines.received():
            if line.startswith(b'{"until":'):
                self._until = msgspec.json.decode(line, type=Renewal).until
            else:
                self._queue.put(line)

    def _left(self) -> float:
        return max(self._until - time.monotonic(), 0.0)
