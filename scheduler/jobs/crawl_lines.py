"""The lines of JSON that a crawl reads and writes; see scheduler.jobs.crawl.

Whoever starts a crawl needs these alone, and not Scrapy, which takes half a second to load.
"""

from __future__ import annotations

import msgspec

from data.models import Lease, Run


class CrawlStart(msgspec.Struct, frozen=True):
    """The first line: the HOME, and whether the crawl gets sources that need a browser.

    ``separate`` is for sources with suspicious pages, and ``note`` the path of the file that
    names the current page (scheduler.jobs.limits.page_limit). If a worker of several gives the
    jobs, ``until`` is as in a Renewal, and ``topics`` is the text of the leader's topics.toml.
    """

    home: str
    render: bool = False
    separate: bool = False
    note: str | None = None
    until: float | None = None
    topics: str | None = None


class VisitJob(msgspec.Struct, frozen=True):
    """A source to visit; see spiders.crawl.visit.Visit for ``explicit`` and ``backfill``.

    With ``accept`` it is read by its file and our code of today, whatever they change. A worker
    among many has a ``lease`` of the host, and is given the text of the source ``file``.
    """

    source: str
    explicit: bool = False
    backfill: bool = False
    accept: bool = False
    lease: Lease | None = None
    file: str | None = None


class Report(msgspec.Struct, frozen=True):
    """A line when a visit is over."""

    run: Run


class Refusal(msgspec.Struct, frozen=True):
    """A line of a crawl that can make no visit at all: why."""

    refused: str


class Progress(msgspec.Struct, frozen=True):
    """A line while a visit goes on: answers read, and answers awaited.

    ``reached`` is the day that the walk back to the first release has come to, or empty.
    """

    source: str
    pages: int
    awaited: int
    new: int
    changed: int
    reached: str = ""
