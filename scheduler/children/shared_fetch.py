"""Fetch pages for many threads, in one child process that observes the delays of each host."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Final, Self

from scheduler.children.child import Child, ChildEnded
from scheduler.children.fetch import FetchStart, PageFetcher, open_log_or_null
from scheduler.home.home import Home
from spiders.discovery.fetcher import Fetcher, NotFetched
from spiders.download.fetch_spider import FetchResult

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
