"""Fetch a few pages on demand, in a child process that sends requests like a crawl.

The child receives lines of JSON: first a FetchStart, then arrays of URLs. For each URL it sends a
spiders.download.fetch_spider.FetchResult.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Self

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
