"""The error of a page that takes too much CPU time."""

from __future__ import annotations

from typing import Final

from data.health.run_errors import ErrorKind

CONTINUED: Final = "a page of this visit is too slow to be read beside other visits"
"""Message of a visit that ends early and continues in a separate process."""


class SlowPage(BaseException):
    """A page took too much CPU time.

    A signal handler raises this exception. It is not an Exception, because code that handles errors
    in parts of a page must not catch it. ``kind`` is one of the ``slow`` kinds.
    """

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
