"""Where Scrapy hands over what was found: each draft goes to its visit, which records it.

A draft waits a moment for others, as each transaction waits for the disk.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from data.models import Draft

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from spiders.crawl.spider import PressRoomSpider


MOMENT: Final = 0.5
"""Seconds that a draft waits for others at the most, to be recorded with them."""


class RecordPipeline:
    """Scrapy's item pipeline."""

    def __init__(self, spider: PressRoomSpider) -> None:
        self._spider = spider

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RecordPipeline:
        """The pipeline of a crawl."""
        spider: PressRoomSpider = crawler.spider  # type: ignore[assignment]  # ours is the only one
        return cls(spider)

    def process_item(self, draft: Draft) -> Draft:
        """Record a draft; whatever goes wrong is an error of its page."""
        # A visit that was stopped passes over what it awaited.
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
