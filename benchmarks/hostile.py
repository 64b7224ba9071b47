"""Measure the time and memory for pages that are made to be costly, compared with a usual page.

    python benchmarks/hostile.py [CASE …]

Each page is read as a release and as a listing, in a separate process. The benchmark prints the
seconds of CPU time, their ratio to those of a usual page, and the maximum additional memory.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from data.dates.context import DateContext
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.release.read import read_release

READING = DateContext("UTC", now=dt.datetime(2026, 11, 20, tzinfo=dt.UTC))
LARGE = 20_000_000
"""Bytes of the largest pages: the default of network.max_bytes."""

TEXT = "<p>The harbour board said today that a second lamp would be lit in winter, for ships.</p>"
ROW = '<li><a href="/news/{0}">Notice {0}: ships counted at the pier</a> <i>{1} March 2026</i></li>'
RECORD = {"title": "Notice of ships counted", "slug": "notice", "publishedAt": "2026-03-02"}


def page(inside: str) -> bytes:
    """A page with this in its body."""
    return f"<html><body><h1>A second lamp for the mole</h1>{inside}</body></html>".encode()


def script(value: object) -> bytes:
    """A page that carries a state."""
    return page(f'<script type="application/json">{json.dumps(value)}</script>')


def filled(part: str) -> bytes:
    """A page of LARGE bytes, of one part again and again."""
    return page(part * (LARGE // len(part)))


def rows(count: int) -> str:
    """A list of links with dates."""
    return f"<ul>{''.join(ROW.format(n, n % 28 + 1) for n in range(count))}</ul>"


CASES: dict[str, Callable[[], bytes]] = {
    "an ordinary page": lambda: page(TEXT * 20 + rows(20)),
    "20 MB of paragraphs": lambda: filled(TEXT),
    "20 MB of dated lines": lambda: filled(f"<p>2 March 2026: {TEXT[3:]}"),
    "20 MB of figures": lambda: filled(f"<p>lot 12.5 of 30.4: {TEXT[3:]}"),
    "20 MB in one text": lambda: page(f"<p>{'word ' * (LARGE // 5)}"),
    "20 MB of escapes": lambda: page(f"<p>{'&amp;' * (LARGE // 5)}"),
    "20 MB of '<'": lambda: filled("<"),
    "20 MB of empty tags": lambda: filled("<b></b>"),
    "20 MB of broken lines": lambda: filled("word<br>"),
    "20 MB of attributes": lambda: page(f"<p {' '.join(f'a{n}=x' for n in range(LARGE // 10))}>"),
    "20 MB of wide tags": lambda: filled(f"<p {' '.join(f'a{n}' for n in range(1_800))}>x</p>"),
    "20 MB of cells": lambda: filled("<td>x"),
    "20 MB of headings": lambda: filled("<h2>A lamp for the mole of the town</h2>"),
    "20 MB of times": lambda: filled("<time datetime=2026-03-02>2 March 2026</time>"),
    "20 MB of no-break spaces": lambda: filled("&nbsp;x "),
    "20 MB of nested lists": lambda: filled("<ul><li>"),
    "20 MB after the document": lambda: page(f"</html>{'<p>word</p>' * (LARGE // 11)}"),
    "20 MB of JSON-LD": lambda: filled(
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "x"}</script>'
    ),
    "20 MB of links": lambda: page(rows(LARGE // 90)),
    "20 MB of page numbers": lambda: filled('<a href="?page=1">1</a> '),
    "20 MB of bytes": lambda: random.Random(1).randbytes(LARGE),  # noqa: S311 - no secret
    "20 MB of nested tables": lambda: filled(
        f"{'<table><tr><td>' * 300}x{'</td></tr></table>' * 300}"
    ),
    "20 MB of marks": lambda: page("<p>a" + "\u0301\u0316" * (LARGE // 4)),
    "20 MB of alternating paragraphs": lambda: filled("<p>Yes.</p><p>No.</p>"),
    "10,000 links": lambda: page(rows(10_000)),
    "60,000 dates": lambda: page("<p>2 March 2026 and 03/04/2026</p>" * 60_000),
    "100,000 nested tags": lambda: page("<div>" * 100_000),
    "100,000 nested tables": lambda: page("<table><tr><td>" * 100_000),
    "100,000 scripts": lambda: page("<script>window.__A__ = {'a': [1]}</script>" * 100_000),
    "4 MB of state": lambda: script([RECORD | {"body": "<p>x</p>" * 9} for _ in range(20_000)]),
    "4 MB of lists in state": lambda: script([[RECORD] * 3 for _ in range(14_000)]),
    "JSON-LD of 100,000 levels": lambda: page(
        f'<script type="application/ld+json">{"[" * 100_000}</script>'
    ),
}


def measure(name: str) -> None:
    """Print what one page costs, as JSON."""
    body = CASES[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read_release(Page("http://warm.example/", CASES["an ordinary page"]()), READING)
    started = time.process_time()
    one = Page("http://harbour.example/news/", body)
    read_release(one, READING)
    read_listing(one, READING)
    seconds = time.process_time() - started
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"bytes": len(body), "seconds": seconds, "megabytes": grown / 1024}))


def main(names: list[str]) -> None:
    """Print the table."""
    table = Table("page", "MB", "seconds", "times an ordinary page", "memory, MB")
    usual = 0.0
    for name in dict.fromkeys(("an ordinary page", *(names or CASES))):
        child = subprocess.run(
            [sys.executable, __file__, "--measure", name], capture_output=True, check=True
        )
        found = json.loads(child.stdout)
        usual = usual or found["seconds"]
        table.add_row(
            name,
            f"{found['bytes'] / 1e6:.1f}",
            f"{found['seconds']:.2f}",
            f"{found['seconds'] / usual:.0f}",
            f"{found['megabytes']:.0f}",
        )
    Console(width=100).print(table)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2])
    else:
        main(sys.argv[1:])
