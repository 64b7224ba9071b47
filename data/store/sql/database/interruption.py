"""Ends the statements of a thread when no client waits for their answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Interruption:
    """Ends the work of one thread from another: what it asks of a store raises Interrupted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end: Callable[[], object] | None = None
        self.is_stopped = False

    def stop(self) -> None:
        """End the statement at work, and refuse later ones.

        A server of PostgreSQL is asked to do so over the network.
        """
        with self._lock:
            self.is_stopped = True
            if self._end:
                self._end()

    @contextmanager
    def ending(self, end: Callable[[], object]) -> Iterator[None]:
        """Have ``end`` called within the block if the work is stopped."""
        with self._lock:
            self._end = end
        try:
            yield
        finally:
            with self._lock:
                self._end = None


class _Current(threading.local):
    interruption: Interruption | None = None


_current = _Current()


def current() -> Interruption | None:
    """What may end the work of this thread, or None."""
    return _current.interruption


@contextmanager
def interruptible(by: Interruption) -> Iterator[None]:
    """Let the work of this thread within the block be ended."""
    before, _current.interruption = _current.interruption, by
    try:
        yield
    finally:
        _current.interruption = before
