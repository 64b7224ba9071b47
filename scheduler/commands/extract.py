"""communique extract: read pages, many at a time, on all cores."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from typing import IO, get_args

import click
import msgspec

from data.store.public_view import without_secrets
from data.text.source_secrets import Secrets
from scheduler.children.fetch import PageFetcher
from scheduler.children.garbage import collect_garbage_rarely
from scheduler.cli import PATH_OR_URL, always_json, complain, with_any_home
from scheduler.home import Home
from scheduler.terminal.status import status_line
from spiders.discovery.fetcher import NEVER_FETCHED, OTHER, WEB, NotFetched, StatusReporter
from spiders.download.fetch_spider import FetchResult
from spiders.extract.page_values import Wanted
from spiders.extract.saved_page import Task, read_page
from spiders.page.page import is_web

AHEAD = 64
"""Pages a core that are read ahead of what is printed: bounded, whatever comes in."""


TOGETHER = 16
"""Addresses that are fetched at a time: what they answer is held in memory."""

READABLE = re.compile(r"^text/|html|xml|json")
"""Types of answers that may be a page or a listing."""


class Line(msgspec.Struct, frozen=True):
    """One line on standard input; ``html_path`` may be compressed by gzip."""

    id: str
    html_path: str
    url: str | None = None


@click.command()
@click.argument("pages", nargs=-1, type=PATH_OR_URL, metavar="[PATH|URL …]")
@click.option("--url", default="", help="The address that a saved page came from.")
@click.option("--kind", type=click.Choice(get_args(Wanted)), default="auto", help="What to read.")
@always_json
@with_any_home
def extract(home: Home, *, pages: tuple[str, ...], url: str, kind: Wanted) -> int:
    """Read pages, and print what they say as lines of JSON.

    Each is a saved page or an address, which is fetched with the manners of a visit. Without a
    page, lines of JSON {"id", "html_path", "url"} are read from standard input.
    """
    if url and not is_web(url):
        raise click.BadParameter(f"{url!r} is no web address", param_hint="--url")
    failed = False
    secrets = Secrets((url, *(page for page in pages if WEB.match(page))))
    with PageFetcher(home) as fetcher, status_line() as on_status:
        tasks = (
            named(pages, url, kind, fetcher, on_status)
            if pages
            else tasks_of(sys.stdin.buffer, kind)
        )
        for result in ordered(tasks):
            if isinstance(result, str):
                complain(secrets.hidden(result))
                failed = True
            else:
                sys.stdout.buffer.write(shown(result, secrets) + b"\n")
                sys.stdout.buffer.flush()
    return 1 if failed else 0


def shown(line: bytes, secrets: Secrets) -> bytes:
    """A line of JSON without the secrets of the addresses that the command line named."""
    if not secrets:
        return line
    return msgspec.json.encode(without_secrets(msgspec.json.decode(line), secrets))


def named(
    pages: Sequence[str], url: str, kind: Wanted, fetcher: PageFetcher, on_status: StatusReporter
) -> Iterator[Task]:
    """The pages that the command line names, in its order; ``url`` is where saved ones came from.

    Raises NotFetched where the child that fetches can't do its work.
    """
    for start in range(0, len(pages), TOGETHER):
        some = pages[start : start + TOGETHER]
        wanted = [page for page in some if WEB.match(page)]
        if wanted:
            on_status(
                f"reading {wanted[0]}" + (f" and {len(wanted) - 1} more" if wanted[1:] else "")
            )
        answers = {answer.asked: answer for answer in fetcher.fetch(wanted)}
        for page in some:
            answer = answers.get(page)
            if answer is not None:
                yield fetched(answer, kind)
            elif OTHER.match(page):
                why = str(NotFetched(page, NEVER_FETCHED))
                yield Task(page, page, url, kind, problem=why)
            else:
                yield Task(page, page, url, kind)


def fetched(answer: FetchResult, kind: Wanted) -> Task:
    """A page that was fetched, or why it can't be read."""
    page = answer.page
    media_type = page.content_type.partition(";")[0].strip().lower() if page else ""
    why = answer.why if page is None else ""
    if media_type and not READABLE.search(media_type):
        why = f"it is {media_type}, no page"
    problem = str(NotFetched(answer.asked, why)) if why else None
    return Task(answer.asked, answer.asked, answer.url, kind, problem, page)


def tasks_of(lines: IO[bytes], kind: Wanted) -> Iterator[Task]:
    """The pages that lines of JSON name; a bad line is a task that says so."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            said = msgspec.json.decode(line, type=Line)
        except msgspec.DecodeError as error:
            yield Task("", "", "", kind, problem=f"line {number} of the input: {error}")
            continue
        yield Task(said.id, said.html_path, said.url or "", kind)


def ordered(tasks: Iterable[Task]) -> Iterator[bytes | str]:
    """The results of the tasks in their order: JSON, or a sentence on what failed."""
    following = iter(tasks)
    first = list(islice(following, 2))
    if len(first) == 1:
        yield read_page(first[0])
        return
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores, initializer=collect_garbage_rarely) as pool:
        waiting = [pool.submit(read_page, task) for task in first]
        waiting += [pool.submit(read_page, task) for task in islice(following, cores * AHEAD)]
        while waiting:
            yield waiting.pop(0).result()
            waiting += [pool.submit(read_page, task) for task in islice(following, 1)]
