"""Fetches a few pages on demand, in a child process with the manners of a crawl.

The child reads the job as one line of JSON from its standard input, then lines that are arrays of
addresses; for each address it writes one line of JSON to its standard output, a
spiders.download.fetch_spider.FetchResult. It ends when its standard input closes.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, BinaryIO, Self

import msgspec
from scrapy.crawler import AsyncCrawlerProcess

from data.errors import CommuniqueError
from scheduler.home import Home, home_at
from scheduler.logs import redact_logs
from spiders.discovery.fetcher import NotFetched
from spiders.download.browser import render_settings
from spiders.download.fetch_spider import FetchResult, FetchSpider
from spiders.download.settings import scrapy_settings
from spiders.page.page import Page

GRACE = 15.0
"""Seconds that the child has to end once there is nothing more to fetch."""


class Job(msgspec.Struct, frozen=True):
    """What the child needs to know: its HOME, and whether to use a browser."""

    home: str
    render: bool = False


class PageFetcher:
    """Fetches pages for the length of a ``with`` block.

    With ``render`` pages come as a browser shows them.
    """

    def __init__(self, home: Home, *, render: bool = False) -> None:
        self._home = home
        self._render = render
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Nothing is started before the first address is asked for."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the child."""
        if self._child is None:
            return
        with suppress(OSError):
            _pipe(self._child.stdin).close()
        try:
            self._child.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        _pipe(self._child.stdout).close()

    def fetch(self, urls: Iterable[str]) -> tuple[FetchResult, ...]:
        """The answers to these addresses, in their order, each asked for once.

        Raises NotFetched where the child can't do its work.
        """
        wanted = tuple(dict.fromkeys(urls))
        if not wanted:
            return ()
        child = self._child or self._start()
        limit = self._home.settings.collect.run_timeout
        deadline = threading.Timer(limit, child.kill)
        deadline.daemon = True
        deadline.start()
        answers: dict[str, FetchResult] = {}
        try:
            _send(child, wanted)
            while len(answers) < len(wanted) and (line := _pipe(child.stdout).readline()):
                answer = msgspec.json.decode(line, type=FetchResult)
                answers[answer.asked] = answer
        except (OSError, msgspec.DecodeError) as error:
            raise NotFetched(wanted[0], f"fetching ended ({error})") from error
        finally:
            deadline.cancel()
        if len(answers) < len(wanted):
            missing = next(url for url in wanted if url not in answers)
            log = self._home.crawl_log
            told = f"; see {log}" if log.exists() else ""
            raise NotFetched(missing, f"the child that fetches ended too soon{told}")
        return tuple(answers[url] for url in wanted)

    def page(self, url: str) -> Page:
        """One page. Raises NotFetched."""
        (answer,) = self.fetch([url])
        if answer.page is None:
            raise NotFetched(url, answer.why)
        return answer.page

    def _start(self) -> subprocess.Popen[bytes]:
        if self._render:
            # What is missing is told here: the child would say it to the log.
            render_settings(self._home.settings.network)
        with _log(self._home.crawl_log) as log:
            self._child = subprocess.Popen(
                # -P: a folder named data where the user stands is none of ours.
                [sys.executable, "-P", "-m", "scheduler.jobs.fetch"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # A Ctrl-C is for us: we end the child in good order.
                start_new_session=True,
            )
        _send(self._child, Job(str(self._home.path), self._render))
        return self._child


def fetch_page(home: Home, url: str, *, render: bool = False) -> Page:
    """One page, fetched with the settings of a HOME. Raises NotFetched."""
    with PageFetcher(home, render=render) as fetcher:
        return fetcher.page(url)


def _log(path: Path) -> IO[bytes]:
    """Where the child complains: nowhere if there is no HOME, or none that can be written."""
    try:
        return path.open("ab")
    except OSError:
        return open(os.devnull, "ab")  # noqa: PTH123 - the caller closes it


def _send(child: subprocess.Popen[bytes], line: Job | tuple[str, ...]) -> None:
    stdin = _pipe(child.stdin)
    stdin.write(msgspec.json.encode(line) + b"\n")
    stdin.flush()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise RuntimeError("a fetcher was started without pipes")
    return pipe


async def _asked(stdin: BinaryIO) -> AsyncIterator[str]:
    while line := await asyncio.to_thread(stdin.readline):
        for url in msgspec.json.decode(line, type=list[str]):
            yield url


def _tell(answer: FetchResult) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


def main() -> int:
    """Fetch until nobody asks any more."""
    stdin = sys.stdin.buffer
    try:
        job = msgspec.json.decode(stdin.readline(), type=Job)
        network = home_at(Path(job.home)).settings.network
        settings = scrapy_settings(network) | {"ITEM_PIPELINES": {}}
        if job.render:
            settings |= render_settings(network)
    except (msgspec.DecodeError, CommuniqueError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - to the log of the parent
        return 2
    process = AsyncCrawlerProcess(settings)
    redact_logs()
    process.crawl(FetchSpider, asked=_asked(stdin), tell=_tell, render=job.render)
    process.start()
    return 0


if __name__ == "__main__":
    sys.exit(main())
