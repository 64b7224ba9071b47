"""The error that is raised if a page takes too much CPU time."""

from typing import Final

from data.health.run_errors import ErrorKind

CONTINUED: Final = "a page of this visit is too slow to be read beside other visits"
"""Message of a visit that ends early and continues in a separate process."""


class SlowPage(BaseException):
    """Raised if a page takes too much CPU time.

    A signal handler raises this error. It is not a subclass of Exception, so that code that handles
    errors in parts of a page can't catch it. ``kind`` is one of the ``slow`` error kinds.
    """

    def __init__(self, kind: ErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
