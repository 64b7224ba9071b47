"""The error of a page that takes too much CPU time, and its kinds in reports of visits."""

from __future__ import annotations

from typing import Final

SLOW: Final = "slow"
"""Error kind of a page that took too much CPU time."""

SLOW_VISIT: Final = "slow:visit"
"""Error kind of other work of a visit that took too much CPU time."""

MOVED: Final = "slow:moved"
"""Error kind of a slow page whose visit continues in a separate process."""

SKIPPED: Final = "slow:skipped"
"""Error kind of a page that was skipped because it was slow in a recent visit."""

CONTINUED: Final = "a page of this visit is too slow to be read beside other visits"
"""Message of a visit that ends early and continues in a separate process."""


class SlowPage(BaseException):
    """A page took too much CPU time.

    A signal handler raises it. It is not an Exception, because code that handles errors in parts of
    a page must not catch it. ``kind`` is one of the kinds above.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
