"""Limit for the CPU time of one page in a crawl, enforced by kernel timers.

A crawl processes one page after another in one thread, and all other visits wait for it. Two
timers measure CPU time while a page is processed:

- after ``seconds``, SIGPROF raises SlowPage in the processing code, and the visit continues;
- after HARD_FACTOR times as much, SIGVTALRM ends the process, because Python does not run signal
  handlers during C code, such as a regular expression or a normalization.

The crawl writes its current page to a file that the parent holds open. If the process ends, this
file identifies the page. The limit does not count wall-clock time, because pages take longer on a
busy machine. Pages that were too slow in recent visits are skipped for a while.
"""

import gc
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import msgspec

from data.health.run_errors import SLOW, SLOW_MOVED, SLOW_SKIPPED, SLOW_VISIT, SlowPage
from data.store.core.store import Store
from spiders.crawl.page_errors import reported_url

SHARED_SECONDS: Final = 10.0
"""CPU seconds per page before SlowPage is raised, in a process that visits many sources."""

SEPARATE_SECONDS: Final = 60.0
"""CPU seconds per page before SlowPage is raised, in the process for suspicious sources."""

HARD_FACTOR: Final = 1.5
"""CPU time after which the kernel ends the process, as a multiple of the page's CPU limit."""

REPEAT_SECONDS: Final = 1.0
"""CPU seconds between repeated SlowPage exceptions, in case the code has caught the first one."""

SLOW_PAGE_CODE: Final = -signal.SIGVTALRM
"""Exit code of a crawl that the kernel ended because a page was too slow."""

ALLOCATIONS_PER_COLLECTION: Final = 20_000
"""Number of allocated objects between two garbage collections.

The extraction of a page allocates thousands of objects, which are all in use until its end.
"""

MAX_URL: Final = 2_000
"""Maximum number of characters of the URL in the file that records the current page."""

UNSAFE_MODULES: Final = (
    "data.store",
    "data.archive",
    "psycopg",
    "sqlite_utils",
    "logging",
    "scheduler.children.page_limit",
)
"""Modules that the page limit never interrupts with an exception.

An exception could leave a statement or a limit in an inconsistent state.
"""


MAX_VISITS = 20
"""Maximum number of consecutive visits that skip a slow page. The next visit tries it again."""

SKIPPED_PAGE_MESSAGE = (
    f"the page is skipped, as reading it took too long in one of the last {MAX_VISITS} visits; "
    "`communique collect` with the source's id reads it again"
)


class PageNote(msgspec.Struct, frozen=True):
    """The page that a crawl is processing. ``url`` is empty during other work of the visit."""

    source: str
    url: str


class NoteFile:
    """The parent's side of the file to which a crawl writes its current page.

    Methods raise OSError if the file can't be read or written.
    """

    def __init__(self) -> None:
        self._file, self.path = tempfile.mkstemp(prefix="communique-page-")

    def read(self) -> PageNote | None:
        """Return the page that the crawl is processing, or None if it is between two pages.

        Raises msgspec.DecodeError if the file is invalid.
        """
        line = os.pread(self._file, 16 * MAX_URL, 0).partition(b"\n")[0]
        return msgspec.json.decode(line, type=PageNote) if line else None

    def close(self) -> None:
        """Close the file, and delete it if it still exists."""
        os.close(self._file)
        # The crawl also deletes the file, after opening it.
        Path(self.path).unlink(missing_ok=True)


def opened_note(path: str) -> int:
    """Open the file for the current page, delete its name, and return the descriptor.

    Without a name, the file disappears when its processes end. Raises OSError.
    """
    file = os.open(path, os.O_WRONLY)
    Path(path).unlink(missing_ok=True)
    return file


class PageLimit:
    """Limits the CPU time per page in this process.

    ``note`` is the descriptor of the file to which the current page is written, or None.
    ``separate`` is true in the process that visits suspicious sources. Use this class only in the
    main thread.
    """

    def __init__(self, seconds: float, note: int | None, *, separate: bool) -> None:
        self.separate = separate
        self._seconds = seconds
        self._note = note
        self._pages: list[PageNote] = []
        self._began = 0.0
        signal.signal(signal.SIGPROF, self._stop_page)
        # A process that forked this one may have installed a handler.
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)

    @contextmanager
    def __call__(self, source: str, url: str) -> Iterator[None]:
        """Context manager that limits the CPU time of one page.

        If ``url`` is empty, it limits other work of the visit. Raises SlowPage within the block.
        The time of an inner page does not count for the outer page.
        """
        self._pages.append(PageNote(source, url[:MAX_URL]))
        self._begin()
        try:
            yield
        finally:
            self._pages.pop()
            self._begin()

    def _begin(self) -> None:
        """Restart the CPU timers for the current page, and write its URL to the note file.

        If no page is being processed, stop the timers. Pages may be nested; the current page is the
        one that began last.
        """
        seconds = self._seconds if self._pages else 0.0
        signal.setitimer(signal.ITIMER_PROF, seconds, REPEAT_SECONDS)
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds * HARD_FACTOR)
        self._began = time.process_time()
        if self._note is not None:
            line = msgspec.json.encode(self._pages[-1]) if self._pages else b""
            os.pwrite(self._note, line + b"\n", 0)

    def _stop_page(self, number: int, frame: FrameType | None) -> None:
        del number
        # A signal for the previous page may arrive late.
        if not self._pages or time.process_time() - self._began < self._seconds:
            return
        if not is_safe(frame):
            return
        raise self.error(self._pages[-1].url)

    def error(self, url: str) -> SlowPage:
        """Return the error for a page that exceeded the CPU limit."""
        what = "reading this page" if url else "work on the whole visit"
        took = f"{what} took longer than {self._seconds:g} s of CPU time"
        if not self.separate:
            return SlowPage(SLOW_MOVED, f"{took}: the visit continues in a separate process")
        if url:
            return SlowPage(SLOW, f"{took}; the next visits skip the page")
        return SlowPage(SLOW_VISIT, f"{took}; releases that it had read are stored")


class SlowPages:
    """Skips pages of one source that were slow according to the reports of its last visits.

    A visit that a person requested reads these pages in the separate process.
    """

    def __init__(self, source: str, store: Store, limit: PageLimit, *, explicit: bool) -> None:
        self._limit = limit
        self._explicit = explicit
        self._slow = frozenset(
            error.url
            for run in store.runs(source, limit=MAX_VISITS)
            for error in run.errors
            if error.kind == SLOW
        )

    def check(self, url: str) -> None:
        """Raise SlowPage if a page must be skipped or read in the separate process."""
        if self._slow and reported_url(url) in self._slow:
            if not self._explicit:
                raise SlowPage(SLOW_SKIPPED, SKIPPED_PAGE_MESSAGE)
            if not self._limit.separate:
                raise self._limit.error(url)


def is_safe(frame: FrameType | None) -> bool:
    """Return whether an exception may interrupt the code that runs in a frame."""
    # If the exit of a context manager is interrupted, the limit does not end.
    if frame and frame.f_globals.get("__name__") == "contextlib":
        return False
    while frame:
        if frame.f_globals.get("__name__", "").startswith(UNSAFE_MODULES):
            return False
        frame = frame.f_back
    return True


def collect_garbage_rarely() -> None:
    """Make garbage collections rare, which saves 10 % of the CPU time of extraction.

    Objects that already exist are never collected. New objects are collected after
    ALLOCATIONS_PER_COLLECTION allocations, instead of Python's default of 700.
    """
    gc.freeze()
    gc.set_threshold(ALLOCATIONS_PER_COLLECTION)
