"""Stop the database statements of a thread whose client has disconnected."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Interruption:
    """A switch with which one thread can stop the database work of another thread.

    Stopped queries raise Interrupted.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end: Callable[[], object] | None = None
        self.is_stopped = False

    def stop(self) -> None:
        """Stop the running statement, and refuse later statements.

        For PostgreSQL, this sends a cancel request over the network.
        """
        with self._lock:
            self.is_stopped = True
            if self._end:
                self._end()

    @contextmanager
    def ending(self, end: Callable[[], object]) -> Iterator[None]:
        """Call ``end`` if the work is stopped during the ``with`` block."""
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
    """Return the interruption that may stop the work of this thread, or None."""
    return _current.interruption


@contextmanager
def interruptible(by: Interruption) -> Iterator[None]:
    """Allow an interruption to stop the work of this thread in a ``with`` block."""
    before, _current.interruption = _current.interruption, by
    try:
        yield
    finally:
        _current.interruption = before
