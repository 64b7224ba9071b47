"""Scrapy's item pipeline, which passes each draft to its visit.

A draft waits briefly for others, since each transaction waits for the disk.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from data.models import Draft

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from spiders.crawl.visits.spider import PressRoomSpider


MOMENT: Final = 0.5
"""Maximum time that a draft waits for others to be recorded with (seconds)."""


class RecordPipeline:
    """Scrapy item pipeline that records drafts."""

    def __init__(self, spider: PressRoomSpider) -> None:
        self._spider = spider

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RecordPipeline:
        """Create the pipeline of a crawler."""
        spider: PressRoomSpider = crawler.spider  # type: ignore[assignment]  # the only spider here
        return cls(spider)

    def process_item(self, draft: Draft) -> Draft:
        """Record a draft; a failure is an error of its page."""
        # A stopped visit ignores the drafts that it was waiting for.
        if visit := self._spider.visits.get(draft.source):
            with (
                visit.limit(draft.url),
                self._spider.response(visit, draft.url),
            ):
                visit.check_page(draft.url)
                visit.record(draft)
                if last := visit.last_waiting:
                    asyncio.get_running_loop().call_later(MOMENT, visit.flush, last)
        return draft
