"""communique extract: read pages, many at a time, on all cores."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from typing import IO, get_args

import click
import msgspec

from scheduler.cli import complain, with_home
from scheduler.home import Home
from scheduler.reading_pages import Task, read_page
from spiders.extraction import Wanted

AHEAD = 64
"""Pages a core that are read ahead of what is printed: bounded, whatever comes in."""


class Line(msgspec.Struct, frozen=True):
    """One line on standard input; ``html_path`` may be compressed by gzip."""

    id: str
    html_path: str
    url: str | None = None


@click.command()
@click.argument("pages", nargs=-1, metavar="[PATH …]")
@click.option("--url", default="", help="The address that a saved page came from.")
@click.option("--kind", type=click.Choice(get_args(Wanted)), default="auto", help="What to read.")
@with_home
def extract(home: Home, *, pages: tuple[str, ...], url: str, kind: Wanted) -> int:
    """Read saved pages, and print what they say as lines of JSON.

    Without a page, lines of JSON {"id", "html_path", "url"} are read from standard input.
    """
    tasks = (
        (Task(page, page, url, kind) for page in pages)
        if pages
        else tasks_of(sys.stdin.buffer, kind)
    )
    del home
    failed = False
    for result in ordered(tasks):
        if isinstance(result, str):
            complain(result)
            failed = True
        else:
            sys.stdout.buffer.write(result + b"\n")
            sys.stdout.buffer.flush()
    return 1 if failed else 0


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
    with ProcessPoolExecutor(cores) as pool:
        waiting = [pool.submit(read_page, task) for task in first]
        waiting += [pool.submit(read_page, task) for task in islice(following, cores * AHEAD)]
        while waiting:
            yield waiting.pop(0).result()
            waiting += [pool.submit(read_page, task) for task in islice(following, 1)]
