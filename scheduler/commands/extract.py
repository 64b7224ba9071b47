"""communique extract: extract pages to JSON lines, on all CPU cores."""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from typing import IO, get_args

import click
import msgspec

from data.text.masked_values import without_secrets
from data.text.source_secrets import Secrets
from data.text.urls import is_web
from scheduler.children.fetch import PageFetcher
from scheduler.children.page_limit import collect_garbage_rarely
from scheduler.cli import PATH_OR_URL, always_json, complain, with_any_home_only
from scheduler.home.home import Home
from scheduler.terminal.progress_and_tables import status_line
from spiders.discovery.fetcher import NEVER_FETCHED, OTHER_URL, WEB_URL, NotFetched, StatusReporter
from spiders.download.fetch_spider import FetchResult
from spiders.extract.page_values import Task, Wanted, read_page

MAX_PAGES_AHEAD = 64
"""Maximum number of pages per CPU core that are queued before their results are printed."""

MAX_FETCHES = 16
"""Maximum number of addresses fetched at the same time. Their responses are kept in memory."""

READABLE_TYPE = re.compile(r"^text/|html|xml|json")
"""Pattern that matches the media types of pages and listings."""


class InputLine(msgspec.Struct, frozen=True):
    """A line of standard input. The file at ``html_path`` may be compressed with gzip."""

    id: str
    html_path: str
    url: str | None = None


@click.command()
@click.argument("pages", nargs=-1, type=PATH_OR_URL, metavar="[PATH|URL …]")
@click.option("--url", default="", help="Original address of the saved pages.")
@click.option(
    "--kind",
    type=click.Choice(get_args(Wanted)),
    default="auto",
    help="What to extract (default auto).",
)
@always_json
@with_any_home_only
def extract(home: Home, *, pages: tuple[str, ...], url: str, kind: Wanted) -> int:
    """Extract pages to JSON lines.

    Pass paths of saved pages, or URLs. URLs are fetched as in a visit. Without
    arguments, JSON lines {"id", "html_path", "url"} are read from standard input.
    """
    if url and not is_web(url):
        raise click.BadParameter(f"{url!r} is not a web address", param_hint="--url")
    failed = False
    secrets = Secrets((url, *(page for page in pages if WEB_URL.match(page))))
    with PageFetcher(home) as fetcher, status_line() as on_status:
        tasks = (
            page_tasks(pages, url, kind, fetcher, on_status)
            if pages
            else line_tasks(sys.stdin.buffer, kind)
        )
        for result in results_of(tasks):
            if isinstance(result, str):
                complain(secrets.masked(result))
                failed = True
            else:
                if secrets:
                    hidden = without_secrets(msgspec.json.decode(result), secrets)
                    result = msgspec.json.encode(hidden)  # noqa: PLW2901 - the same line
                sys.stdout.buffer.write(result + b"\n")
                sys.stdout.buffer.flush()
    return 1 if failed else 0


def page_tasks(
    pages: Sequence[str], url: str, kind: Wanted, fetcher: PageFetcher, on_status: StatusReporter
) -> Iterator[Task]:
    """Yield a task for each page on the command line, in order.

    ``url`` is the address of saved pages. Raises NotFetched if the child process that fetches pages
    fails.
    """
    for start in range(0, len(pages), MAX_FETCHES):
        some = pages[start : start + MAX_FETCHES]
        wanted = [page for page in some if WEB_URL.match(page)]
        if wanted:
            on_status(
                f"fetching {wanted[0]}" + (f" and {len(wanted) - 1} more" if wanted[1:] else "")
            )
        results = {result.asked: result for result in fetcher.fetch(wanted)}
        for page in some:
            result = results.get(page)
            if result is not None:
                yield fetched_task(result, kind)
            elif OTHER_URL.match(page):
                why = str(NotFetched(page, NEVER_FETCHED))
                yield Task(page, page, url, kind, problem=why)
            else:
                yield Task(page, page, url, kind)


def fetched_task(result: FetchResult, kind: Wanted) -> Task:
    """Return the task for a fetched page. If fetching failed, the task is an error message."""
    page = result.page
    media_type = page.content_type.partition(";")[0].strip().lower() if page else ""
    why = result.why if page is None else ""
    if media_type and not READABLE_TYPE.search(media_type):
        why = f"the file is {media_type}, not a page"
    problem = str(NotFetched(result.asked, why)) if why else None
    return Task(result.asked, result.asked, result.url, kind, problem, page)


def line_tasks(lines: IO[bytes], kind: Wanted) -> Iterator[Task]:
    """Yield a task for each line of JSON. The task for an invalid line is an error message."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            given = msgspec.json.decode(line, type=InputLine)
        except msgspec.DecodeError as error:
            yield Task("", "", "", kind, problem=f"line {number} of the input: {error}")
            continue
        yield Task(given.id, given.html_path, given.url or "", kind)


def results_of(tasks: Iterable[Task]) -> Iterator[bytes | str]:
    """Yield the results of tasks in order. A result is JSON, or an error message."""
    following = iter(tasks)
    first = list(islice(following, 2))
    if len(first) == 1:
        yield read_page(first[0])
        return
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores, initializer=collect_garbage_rarely) as pool:
        waiting = [pool.submit(read_page, task) for task in first]
        waiting += [
            pool.submit(read_page, task) for task in islice(following, cores * MAX_PAGES_AHEAD)
        ]
        while waiting:
            yield waiting.pop(0).result()
            waiting += [pool.submit(read_page, task) for task in islice(following, 1)]
