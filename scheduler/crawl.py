"""A crawl: a child process that visits a batch of sources.

It reads one line of JSON, the job, from its standard input, and writes lines of JSON to its
standard output: while it works ``{"source", "pages", "awaited", "new", "changed", "reached"}``, and
at the end
``{"runs": […]}``. It ends by itself when its standard input closes, so it never outlives its
parent. Exit code: 0 done, 1 something failed, 2 the job can't be read.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from scrapy.crawler import AsyncCrawlerProcess

from data.errors import CommuniqueError, HomeInUse
from data.models import Run, RunError
from data.topics import load_taxonomy
from scheduler.home import Home, open_home
from spiders.loader import LoadedSource, choose, load_sources
from spiders.page_errors import Tell, page_errors
from spiders.rendering import BrowserMissing, render_settings
from spiders.settings import scrapy_settings
from spiders.spider import PressRoomSpider
from spiders.visit import Visit, utc_now


class Job(msgspec.Struct, frozen=True):
    """What a crawl shall do; see spiders.visit.Visit for ``explicit`` and ``backfill``."""

    home: str
    sources: tuple[str, ...]
    explicit: bool = False
    backfill: bool = False


class Report(msgspec.Struct, frozen=True):
    """The last line of a crawl."""

    runs: tuple[Run, ...]


class Progress(msgspec.Struct, frozen=True):
    """A line while a crawl works: answers read, and answers awaited.

    ``reached`` is the day that the walk back to the first release has come to, or empty.
    """

    source: str
    pages: int
    awaited: int
    new: int
    changed: int
    reached: str = ""


READ = 65_536
"""Bytes read from standard input at a time."""

PAUSE = 0.1
"""Seconds between two lines on one visit: each wakes the parent, and nobody sees more of them."""

GARBAGE = 20_000
"""Objects made between two looks for garbage: a page is read by making thousands that all stay."""


def say(line: Report | Progress) -> None:
    """Write one line of JSON to standard output."""
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


def crawl(job: Job) -> tuple[Run, ...]:
    """Visit the sources of a job and return the report of each."""
    home = open_home(Path(job.home))
    sources, _ = load_sources(home.sources)
    with ExitStack() as locks:
        free, busy = [], []
        for loaded in choose(sources, job.sources):
            try:
                locks.enter_context(home.lock(f"source-{loaded.id}", "a visit to this source"))
                free.append(loaded)
            except HomeInUse as error:
                message = f"another visit to this source is under way; {error}"
                found = RunError(loaded.file.url, "busy", message)
                busy.append(Run(loaded.id, utc_now(), 0.0, errors=(found,)))
        return (*busy, *_visit(home, free, job))


def _visit(home: Home, sources: list[LoadedSource], job: Job) -> tuple[Run, ...]:
    browser: dict[str, Any] = {}
    failed: tuple[Run, ...] = ()
    if rendered := [loaded for loaded in sources if loaded.file.render]:
        try:
            browser = render_settings(home.settings.network)
        except BrowserMissing as error:
            failed = tuple(_without_browser(loaded, str(error)) for loaded in rendered)
            sources = [loaded for loaded in sources if not loaded.file.render]
    return (*failed, *_crawl(home, sources, job, browser))


def _without_browser(loaded: LoadedSource, message: str) -> Run:
    found = RunError(loaded.file.url, "browser", message)
    return Run(loaded.id, utc_now(), 0.0, errors=(found,))


def _crawl(
    home: Home, sources: list[LoadedSource], job: Job, browser: dict[str, Any]
) -> tuple[Run, ...]:
    if not sources:
        return ()
    store = home.store()
    taxonomy = load_taxonomy(home.topics)
    watch = Watch()
    visits: list[Visit] = []
    failed = Failures()
    for loaded in sources:
        with page_errors(loaded.file.url, failed.of(loaded.id)):
            visits.append(
                Visit(
                    loaded,
                    store,
                    taxonomy,
                    home.settings.collect,
                    explicit=job.explicit,
                    backfill=job.backfill,
                    watch=watch,
                )
            )
    urls = [loaded.file.feed or loaded.file.url for loaded in sources]
    process = AsyncCrawlerProcess(scrapy_settings(home.settings.network, urls) | browser)
    process.crawl(PressRoomSpider, visits=visits)
    process.start()
    for visit in visits:
        visit.leave()
    for visit in visits[:1]:
        # What is not entered now is entered after the next crawl.
        with page_errors(visit.file.url, visit.error):
            store.index()
    store.close()
    return (*failed.runs, *map(_report, visits))


class Failures:
    """The runs of sources whose visit could not even begin."""

    def __init__(self) -> None:
        self.runs: list[Run] = []

    def of(self, source: str) -> Tell:
        """What notes that the visit to a source could not begin, and why."""

        def tell(url: str, kind: str, message: str) -> None:
            self.runs.append(Run(source, utc_now(), 0.0, errors=(RunError(url, kind, message),)))

        return tell


class Watch:
    """Tells the parent of each visit: at its first answer, now and then, and when it is over."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    def __call__(self, visit: Visit) -> None:
        """Tell of a visit, if it is time."""
        now = time.monotonic()
        if visit.awaited and now < self._told.get(visit.id, -PAUSE) + PAUSE:
            return
        self._told[visit.id] = now
        run = visit.run
        reached = visit.frontier.reached
        say(Progress(visit.id, run.pages, visit.awaited, run.new, run.changed, reached))


def _report(visit: Visit) -> Run:
    if visit.awaited == 0:
        return visit.run
    cut = RunError(
        visit.file.url,
        "interrupted",
        "the visit was stopped before its end; what it had read is kept, the next goes on",
    )
    run = visit.report()
    return replace(run, errors=(*run.errors, cut))


def _first_line() -> bytes:
    # Not by sys.stdin: a thread that waits in it would hold its lock when the process ends.
    line = b""
    while not line.endswith(b"\n") and (more := os.read(0, READ)):
        line += more
    return line


def _end_with_parent() -> None:
    """Stop as if told by SIGTERM when the parent closes our standard input, or is no more."""
    while os.read(0, READ):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    """Run one crawl."""
    gc.freeze()
    gc.set_threshold(GARBAGE)
    try:
        job = msgspec.json.decode(_first_line(), type=Job)
    except msgspec.DecodeError as error:
        print(f"the job can't be read: {error}", file=sys.stderr)  # noqa: T201 - to the parent
        return 2
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        runs = crawl(job)
    except CommuniqueError as error:
        print(error, file=sys.stderr)  # noqa: T201 - to the parent
        return error.exit_code
    say(Report(runs))
    return 1 if any(run.errors for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
