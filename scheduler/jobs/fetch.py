"""Fetches a few pages on demand, in a child process with the manners of a crawl.

The child reads lines of JSON: first a FetchStart, then arrays of addresses. For each address it
writes a line, a spiders.download.fetch_spider.FetchResult.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Self

import msgspec

# Looks through all modules that are loaded, so it takes 0.2 s less before ours are.
from scrapy.core.downloader import contextfactory  # noqa: F401
from scrapy.crawler import AsyncCrawlerProcess

from data.errors import CommuniqueError
from data.text.redaction import redacted
from scheduler.cli import complain
from scheduler.home import Home, home_at
from scheduler.jobs.child import Child, ChildEnded
from scheduler.logs import log_as, open_log
from scheduler.parent_lines import ParentLines, write_line
from spiders.discovery.fetcher import NotFetched
from spiders.download.browser import render_settings
from spiders.download.fetch_spider import FetchResult, FetchSpider
from spiders.download.settings import scrapy_settings
from spiders.page.page import Page


class FetchStart(msgspec.Struct, frozen=True):
    """The first line: the HOME, whether to use a browser, and whether to archive what comes."""

    home: str
    render: bool = False
    archive: bool = False


class PageFetcher:
    """Fetches pages for the length of a ``with`` block.

    With ``render`` pages come as a browser shows them. With ``archive`` they go into the archive of
    the HOME, where its settings want one: what something is decided by that stays.
    """

    def __init__(self, home: Home, *, render: bool = False, archive: bool = False) -> None:
        self._home = home
        self._render = render
        self._archive = archive and home.settings.archive.enabled
        self._loop = asyncio.Runner()
        self._child: Child | None = None

    def __enter__(self) -> Self:
        """Nothing is started before the first address is asked for."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the child."""
        try:
            if self._child:
                self._loop.run(self._child.end())
        finally:
            self._loop.close()

    def fetch(self, urls: Iterable[str]) -> tuple[FetchResult, ...]:
        """The answers to these addresses, in their order, each asked for once.

        Raises NotFetched where the child can't do its work.
        """
        wanted = tuple(dict.fromkeys(urls))
        answers = self._loop.run(self._fetch(wanted)) if wanted else {}
        if why := next(filter(None, (one.not_archived for one in answers.values())), ""):
            complain(f"what was fetched is not archived: {redacted(why)}")
        return tuple(answers[url] for url in wanted)

    def page(self, url: str) -> Page:
        """One page. Raises NotFetched."""
        (answer,) = self.fetch([url])
        if answer.page is None:
            raise NotFetched(url, answer.why)
        return answer.page

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
            told = f"; see {log}" if log.exists() else ""
            why = f"the child that fetches ended too soon, with code {error.code}{told}"
        except OSError as error:
            why = f"fetching did not start ({error})"
        else:
            return answers
        raise NotFetched(next(url for url in wanted if url not in answers), why)

    async def _start(self) -> Child:
        if self._render:
            # What is missing is told here: the child would say it to the log.
            render_settings(self._home.settings.network)
        with _log(self._home.crawl_log) as log:
            self._child = await Child.start("scheduler.jobs.fetch", log=log)
        await self._child.say(FetchStart(str(self._home.path), self._render, self._archive))
        return self._child


def _log(path: Path) -> IO[bytes]:
    """Where the child complains: nowhere if there is no HOME, or none that can be written."""
    try:
        return open_log(path)
    except OSError:
        return open(os.devnull, "ab")  # noqa: PTH123 - the caller closes it


async def _asked(lines: Iterator[bytes]) -> AsyncIterator[str]:
    while line := await asyncio.to_thread(next, lines, b""):
        for url in msgspec.json.decode(line, type=list[str]):
            yield url


def main() -> int:
    """Fetch until nobody asks any more."""
    lines = ParentLines()
    try:
        start = msgspec.json.decode(next(lines, b""), type=FetchStart)
        home = home_at(Path(start.home))
        network = home.settings.network
        settings = scrapy_settings(network)
        if start.render:
            settings |= render_settings(network)
    except (msgspec.DecodeError, CommuniqueError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - to the log of the parent
        return 2
    process = AsyncCrawlerProcess(settings)
    log_as(home.settings.log)
    archive = home.open_archive() if start.archive else None
    process.crawl(
        FetchSpider, asked=_asked(lines), tell=write_line, render=start.render, archive=archive
    )
    try:
        process.start()
    finally:
        if archive:
            archive.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
