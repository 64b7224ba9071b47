"""Lines of JSON between a crawl and its parent, and the child's side of the pipes.

A parent imports only this module, and not Scrapy, which takes half a second to load.
"""

import os
import select
import sys
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from data.models import Lease, Run

CHUNK_BYTES: Final = 65_536
"""Maximum number of bytes per read from standard input."""


class CrawlStart(msgspec.Struct, frozen=True):
    """First line for a crawl: the home directory, and whether its sources need a browser.

    ``separate`` is true for sources with slow or crashing pages. ``note`` is the path of the file
    in which the crawl records its current page (scheduler.children.page_limit). If the parent works
    under leases, ``until`` has the same meaning as in a Renewal, and ``topics`` is the text of the
    leader's topics.toml.
    """

    home: str
    render: bool = False
    separate: bool = False
    note: str | None = None
    until: float | None = None
    topics: str | None = None


class VisitJob(msgspec.Struct, frozen=True):
    """Line that requests a visit to a source. Visit explains ``explicit`` and ``backfill``.

    With ``accept``, the current source file and code are used even if they make releases worse.
    Under a ``lease`` of the host, ``file`` is the text of the source file.
    """

    source: str
    explicit: bool = False
    backfill: bool = False
    accept: bool = False
    lease: Lease | None = None
    file: str | None = None


class ReportLine(msgspec.Struct, frozen=True):
    """Line with the report of a visit that has ended."""

    run: Run


class Refusal(msgspec.Struct, frozen=True):
    """Line that a crawl sends if it can't make any visits, with the reason."""

    refused: str


class Progress(msgspec.Struct, frozen=True):
    """Line that a crawl sends during a visit: the numbers of processed and pending responses.

    ``reached`` is the day that backfill has reached, or an empty string.
    """

    source: str
    pages: int
    awaited: int
    new: int
    changed: int
    reached: str = ""


class ParentLines(Iterator[bytes]):
    """Lines from the parent process. An empty line marks the end.

    ``parent_died`` is true if the input ended without an empty line. ``os.getppid`` would detect
    the parent's death too late: the system closes the pipes of a killed process before it assigns
    its children to another parent.
    """

    def __init__(self, file: int = 0) -> None:
        self.parent_died = False
        self.ended = False
        self._file = file
        self._rest = b""
        self._lines = deque[bytes]()

    def __next__(self) -> bytes:
        while not self._lines:
            if self.ended:
                raise StopIteration
            self.receive(None)
        return self._lines.popleft()

    def received(self) -> Iterator[bytes]:
        """Yield and remove the complete lines that have been received."""
        while self._lines:
            yield self._lines.popleft()

    def receive(self, seconds: float | None) -> bool:
        """Wait at most ``seconds`` for input or its end. Returns False after a timeout."""
        # Not sys.stdin: a thread that waits for input would hold the lock of sys.stdin at exit.
        if not select.select([self._file], [], [], seconds)[0]:
            return False
        more = os.read(self._file, CHUNK_BYTES)
        *whole, self._rest = (self._rest + more).split(b"\n")
        for line in whole:
            if not line:
                self.ended = True
                return True
            self._lines.append(line)
        if not more:
            self.ended = self.parent_died = True
        return True


def write_line(line: Any) -> None:
    """Send a line of JSON to the parent. Do nothing if the parent has ended."""
    try:
        sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # When this process ends, the rest of the buffer must be written somewhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
