"""Lines of JSON between a crawl and its parent, and the child's side of the pipes.

A parent imports only this module, and not Scrapy, which takes half a second to load.

On a machine with leases, a watchdog ends the crawl when its leases expire, before other workers may
visit its hosts. The watchdog needs no database and no event loop. So it also ends a process that
was suspended, or whose database does not respond. Another worker then requests the pages that were
not stored. If the parent dies, the child releases its leases, so that other workers do not have to
wait until they expire.
"""

import logging
import os
import select
import sys
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

import msgspec

from data.models import Lease, Run
from data.text.masking import masked

if TYPE_CHECKING:
    from data.store.postgres.fleet_state import Connection

log = logging.getLogger(__name__)

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


END_JOBS: Final = """
    DELETE FROM procrastinate_jobs WHERE args ->> 'host' = %s AND status = 'doing'
"""
"""SQL that deletes the running jobs of a host or duty, so that new jobs can be created for it."""


class OneConnection:
    """A single database connection that can be used like a connection pool."""

    def __init__(self, db: "Connection") -> None:
        self._db = db

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["Connection"]:
        """Context manager that yields the connection."""
        yield self._db


async def give_back(url: str, leases: Collection[Lease]) -> None:
    """Release the hosts and duties that a dead process has leased, unless the leases were lost.

    Hosts remain due if visits are due, and duties are due immediately. If the database does not
    respond, the leases expire later.
    """
    # Imported here: the libraries for PostgreSQL may not be installed.
    import psycopg  # noqa: PLC0415

    from data.store.postgres.fleet_state import Hosts  # noqa: PLC0415
    from data.store.postgres.pool import CONNECT_TIMEOUT_SECONDS  # noqa: PLC0415

    try:
        async with await psycopg.AsyncConnection.connect(
            url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_SECONDS
        ) as db:
            hosts = Hosts(OneConnection(db))
            for lease in leases:
                kept = lease.is_duty
                gap = 0.0 if kept else None
                async with db.transaction():
                    if await hosts.finish(lease, gap=gap, rest=0.0, kept=kept):
                        await db.execute(END_JOBS, [lease.host])
    except psycopg.Error as error:
        problem = masked(str(error))
        log.warning("leases of a process that died could not be released: %s", problem)
