"""The pages of a source that took too long in recent visits: they are skipped for a while."""

from __future__ import annotations

from data.store.protocol import Store
from scheduler.jobs.limits.page_limit import PageLimit
from spiders.crawl.page_errors import noted_url
from spiders.download.slow_page import SKIPPED, SLOW, SlowPage

MAX_VISITS = 20
"""Maximum visits that skip a slow page before one reads it again."""

SKIP = (
    f"the page is skipped, as reading it took too long in one of the last {MAX_VISITS} visits; "
    "`communique collect` with the source's id reads it again"
)


class SlowPages:
    """Refuses the slow pages of one source. The reports of its last visits name them.

    A visit that a person requested reads them, in the separate process.
    """

    def __init__(self, source: str, store: Store, limit: PageLimit, *, explicit: bool) -> None:
        self._limit = limit
        self._explicit = explicit
        self._slow = frozenset(
            error.url
            for run in store.runs(source, limit=MAX_VISITS)
            for error in run.errors
            if error.kind == SLOW
        )

    def check(self, url: str) -> None:
        """Raise SlowPage to skip a page, or to move the visit to the separate process."""
        if self._slow and noted_url(url) in self._slow:
            if not self._explicit:
                raise SlowPage(SKIPPED, SKIP)
            if not self._limit.separate:
                raise self._limit.error(url)
