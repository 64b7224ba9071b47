"""The error of a page that takes too much CPU time, and its kinds in reports of visits."""

from __future__ import annotations

from typing import Final

SLOW: Final = "slow"
"""The kind of error of a page that took too much CPU time."""

SLOW_VISIT: Final = "slow:visit"
"""The kind of error of other work of a visit that took too much CPU time."""

MOVED: Final = "slow:moved"
"""The kind of error of a slow page whose visit continues in a separate process."""

SKIPPED: Final = "slow:skipped"
"""The kind of error of a page that was slow in a recent visit and is not read."""

CONTINUED: Final = "a page of this visit is too slow to be read beside other visits"
"""Why a visit ends before it continues in a separate process."""


class SlowPage(BaseException):
    """A page took too much CPU time.

    A signal handler raises it. It is not an Exception, because code that handles errors in parts of
    a page must not catch it. ``kind`` is one of the kinds above.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
