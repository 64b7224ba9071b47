"""The lines of JSON that a crawl receives and sends; see scheduler.children.crawl.

A parent imports only this module, and not Scrapy, which takes half a second to load.
"""

from __future__ import annotations

import msgspec

from data.models import Lease, Run


class CrawlStart(msgspec.Struct, frozen=True):
    """The first line: the home directory, and whether the crawl visits sources that need a browser.

    ``separate`` is for sources with suspicious pages. ``note`` is the path of the file that names
    the current page (scheduler.children.page_limit). If the parent works under leases, ``until`` is
    as in a Renewal, and ``topics`` is the text of the leader's topics.toml.
    """

    home: str
    render: bool = False
    separate: bool = False
    note: str | None = None
    until: float | None = None
    topics: str | None = None


class VisitJob(msgspec.Struct, frozen=True):
    """A source to visit; see spiders.crawl.visits.visit.Visit for ``explicit`` and ``backfill``.

    With ``accept``, the current source file and code are used, whatever they change. Under a
    ``lease`` of the host, ``file`` is the text of the source file.
    """

    source: str
    explicit: bool = False
    backfill: bool = False
    accept: bool = False
    lease: Lease | None = None
    file: str | None = None


class Report(msgspec.Struct, frozen=True):
    """The line at the end of a visit."""

    run: Run


class Refusal(msgspec.Struct, frozen=True):
    """The line of a crawl that can't make any visit, with the reason."""

    refused: str


class Progress(msgspec.Struct, frozen=True):
    """A line during a visit: responses processed and responses awaited.

    ``reached`` is the day that backfill has reached, or empty.
    """

    source: str
    pages: int
    awaited: int
    new: int
    changed: int
    reached: str = ""
