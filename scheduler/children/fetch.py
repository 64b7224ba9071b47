"""Fetch pages on demand, in a child process that sends requests like a crawl.

``PageFetcher`` fetches pages for one thread. ``SharedFetcher`` fetches pages for many threads in
one child process, which observes the delays of each host.

The child receives lines of JSON: first a FetchStart, then arrays of URLs. For each URL it sends a
spiders.download.fetch_spider.FetchResult.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Self

import msgspec

# This import searches all loaded modules, so it saves 0.2 s to import it before ours.
from scrapy.core.downloader import contextfactory  # noqa: F401
from scrapy.crawler import AsyncCrawlerProcess

from data.errors import CommuniqueError
from data.text.masking import masked
from scheduler.children.child import Child, ChildEnded
from scheduler.children.crawl_lines import ParentLines, write_line
from scheduler.cli import complain
from scheduler.home.home import Home, home_at
from scheduler.logs import log_as, open_log
from spiders.discovery.fetcher import Fetcher, NotFetched
from spiders.download.fetch_spider import FetchResult, FetchSpider
from spiders.download.settings import render_settings, scrapy_settings


class FetchStart(msgspec.Struct, frozen=True):
    """First line for the child: the home directory, and whether to use a browser and an archive."""

    home: str
    render: bool = False
    archive: bool = False


class PageFetcher(Fetcher):
    """Fetches pages during a ``with`` block.

    With ``render``, a browser renders the pages. With ``archive``, the pages are archived if the
    home directory has an archive. Use ``archive`` if a lasting decision is based on the pages.
    """

    def __init__(self, home: Home, *, render: bool = False, archive: bool = False) -> None:
        self._home = home
        self._render = render
        self._archive = archive and home.settings.archive.enabled
        self._loop = asyncio.Runner()
        self._child: Child | None = None

    def __enter__(self) -> Self:
        """Return the fetcher. The child process is started at the first request."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the child."""
        try:
            if self._child:
                self._loop.run(self._child.end())
        finally:
            self._loop.close()

    def fetch(self, urls: Iterable[str]) -> tuple[FetchResult, ...]:
        """Fetch URLs and return the results in the order of ``urls``. Repeated URLs count once.

        Raises NotFetched if the child process fails.
        """
        wanted = tuple(dict.fromkeys(urls))
        answers = self._loop.run(self._fetch(wanted)) if wanted else {}
        if why := next(filter(None, (one.not_archived for one in answers.values())), ""):
            complain(f"the fetched pages are not archived: {masked(why)}")
        return tuple(answers[url] for url in wanted)

    async def _fetch(self, wanted: Sequence[str]) -> dict[str, FetchResult]:
        answers: dict[str, FetchResult] = {}
        limit = self._home.settings.collect.run_timeout
        try:
            child = self._child or await self._start()
            async with asyncio.timeout(limit):
                await child.say(wanted)
                while len(answers) < len(wanted):
                    answer = await child.hear(FetchResult)
                    answers[answer.asked] = answer
        except TimeoutError:
            child.kill()
            why = f"fetching took longer than [collect] run_timeout, {limit} seconds"
        except ChildEnded as error:
            log = self._home.crawl_log
            hint = f"; see {log}" if log.exists() else ""
            why = f"the process that fetches pages ended with code {error.code}{hint}"
        except OSError as error:
            why = f"fetching did not start ({error})"
        else:
            return answers
        raise NotFetched(next(url for url in wanted if url not in answers), why)

    async def _start(self) -> Child:
        if self._render:
            # This call raises BrowserMissing here, because the child could only log the error.
            render_settings(self._home.settings.network)
        with open_log_or_null(self._home.crawl_log) as log:
            self._child = await Child.start("scheduler.children.fetch", log=log)
        await self._child.say(FetchStart(str(self._home.path), self._render, self._archive))
        return self._child


def open_log_or_null(path: Path) -> IO[bytes]:
    """Return the log file for the child's standard error, open for appending.

    If the home directory is missing or read-only, this is /dev/null.
    """
    try:
        return open_log(path)
    except OSError:
        return open(os.devnull, "ab")  # noqa: PTH123 - the caller closes it


async def _asked(lines: Iterator[bytes]) -> AsyncIterator[str]:
    while line := await asyncio.to_thread(next, lines, b""):
        for url in msgspec.json.decode(line, type=list[str]):
            yield url


def main() -> int:
    """Fetch pages until the parent closes the input."""
    lines = ParentLines()
    try:
        start = msgspec.json.decode(next(lines, b""), type=FetchStart)
        home = home_at(Path(start.home))
        settings = scrapy_settings(home.settings, home.request_signer())
        if start.render:
            settings |= render_settings(home.settings.network)
    except (msgspec.DecodeError, CommuniqueError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - goes to the log of the parent
        return 2
    process = AsyncCrawlerProcess(settings)
    log_as(home.settings.log)
    archive = home.open_archive() if start.archive else None
    process.crawl(
        FetchSpider, urls=_asked(lines), report=write_line, render=start.render, archive=archive
    )
    try:
        process.start()
    finally:
        if archive:
            archive.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())


ENDED_KIND: Final = "crawl"
"""Kind of the error in the result of a request whose child process ended."""


class SharedFetcher:
    """Fetches pages for all threads during a ``with`` block.

    With ``archive``, pages are stored in the archive if it is enabled.
    """

    def __init__(self, home: Home, *, archive: bool) -> None:
        self._home = home
        self._archive = archive
        self._start = FetchStart(str(home.path), archive=archive and home.settings.archive.enabled)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._child: Child | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._rendering = threading.Lock()
        self._waiting: dict[str, Future[FetchResult]] = {}
        self._closing = threading.Lock()
        self._is_open = True

    def __enter__(self) -> Self:
        """Start the thread that exchanges lines with the child."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the child. Threads that wait for pages get NotFetched."""
        with self._closing:
            self._is_open = False
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @contextmanager
    def opened(
        self, seconds: float, *, render: bool = False
    ) -> Iterator[SiteFetcher | PageFetcher]:
        """Yield a fetcher for one site, which waits at most ``seconds`` for each response.

        With ``render``, a browser loads the pages. Only one browser runs at a time.
        """
        if render:
            with (
                self._rendering,
                PageFetcher(self._home, render=True, archive=self._archive) as browser,
            ):
                yield browser
        else:
            yield SiteFetcher(self, seconds)

    def request(self, url: str) -> Future[FetchResult]:
        """Request a URL, and return its future result. Requests for the same URL share it."""
        future = Future[FetchResult]()
        with self._closing:
            if self._is_open:
                asyncio.run_coroutine_threadsafe(self._request(url, future), self._loop)
            else:
                future.set_result(_ended(url))
        return future

    async def _request(self, url: str, future: Future[FetchResult]) -> None:
        if earlier := self._waiting.get(url):
            earlier.add_done_callback(lambda done: _copy(done, future))
            return
        self._waiting[url] = future
        try:
            async with self._starting:
                if self._child is None:
                    with open_log_or_null(self._home.crawl_log) as log:
                        child = await Child.start("scheduler.children.fetch", log=log)
                    try:
                        await child.say(self._start)
                    except (ChildEnded, OSError):
                        await child.end()
                        raise
                    self._child = child
                    self._hearing = asyncio.create_task(self._hear(child))
                child = self._child
            await child.say([url])
        except (ChildEnded, OSError):
            self._fail()

    async def _hear(self, child: Child) -> None:
        try:
            while True:
                answer = await child.hear(FetchResult)
                if future := self._waiting.pop(answer.asked, None):
                    future.set_result(answer)
        except (ChildEnded, ValueError):
            # A hostile page may end the child. The next request starts another one.
            self._child = None
            self._fail()
            await child.end()

    def _fail(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for url, future in waiting.items():
            future.set_result(_ended(url))

    async def _end(self) -> None:
        if self._hearing:
            self._hearing.cancel()
        if self._child:
            await self._child.end()
        self._fail()


def _ended(url: str) -> FetchResult:
    return FetchResult(url, url, kind=ENDED_KIND, message="the process that fetches pages ended")


def _copy(done: Future[FetchResult], future: Future[FetchResult]) -> None:
    future.set_result(done.result())


class SiteFetcher(Fetcher):
    """Fetches the pages of one site with a SharedFetcher."""

    def __init__(self, shared: SharedFetcher, seconds: float) -> None:
        self._shared = shared
        self._seconds = seconds

    def fetch(self, urls: Iterable[str]) -> tuple[FetchResult, ...]:
        """Fetch URLs and return the results in the order of ``urls``. Repeated URLs count once.

        Raises NotFetched if a response takes too long.
        """
        given = tuple(urls)
        futures = {url: self._shared.request(url) for url in dict.fromkeys(given)}
        return tuple(self._result(url, future) for url, future in futures.items())

    def _result(self, url: str, future: Future[FetchResult]) -> FetchResult:
        try:
            answer = future.result(self._seconds)
            if answer.kind == ENDED_KIND:
                # Another site's page may have ended the child.
                answer = self._shared.request(url).result(self._seconds)
        except TimeoutError as error:
            raise NotFetched(url, f"no response within {self._seconds:g} seconds") from error
        return answer
