"""Where Scrapy hands over what was found: each draft goes to its visit, which records it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.models import Draft

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from spiders.crawl.spider import PressRoomSpider


class RecordPipeline:
    """Scrapy's item pipeline: one draft, one transaction."""

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
            with self._spider.response(visit, draft.url):
                visit.record(draft)
        return draft
