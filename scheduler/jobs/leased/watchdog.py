"""Ends a process of visits before others may take its hosts, unless it is told that it has them.

It asks no database and waits for no event loop: a process that stood still, or whose database is
gone, ends all the same. Ended it asks for nothing more, and what it had not written yet is asked
for again by whoever has the host then.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

LATE: Final = 75
"""The exit code of a process that was ended so: it is to be tried again (EX_TEMPFAIL)."""

LOOK: Final = 0.25
"""Seconds between two looks at the clock at the most."""


class Renewal(msgspec.Struct, frozen=True):
    """A line that says until when the hosts are ours, by the monotonic clock of this machine."""

    until: float


class Watchdog:
    """Ends this process at a time of the monotonic clock that is put off again and again."""

    def __init__(self, until: float, end: Callable[[int], object] = os._exit) -> None:
        self._until = until
        self._end = end
        threading.Thread(target=self._watch, daemon=True).start()

    def put_off(self, until: float) -> None:
        """End it later, or sooner."""
        self._until = until

    def taking(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        """The lines but for each Renewal, which is taken where it is met, by whoever reads."""
        for line in lines:
            if line.startswith(b'{"until":'):
                self.put_off(msgspec.json.decode(line, type=Renewal).until)
            else:
                yield line

    def _watch(self) -> None:
        while (left := self._until - time.monotonic()) > 0:
            time.sleep(min(left, LOOK))
        self._end(LATE)
