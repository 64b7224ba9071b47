"""Where Scrapy hands over what was found: each draft goes to its visit, which records it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from data.errors import CommuniqueError
from data.models import Draft

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from spiders.spider import PressRoomSpider

log = logging.getLogger(__name__)


class RecordPipeline:
    """Scrapy's item pipeline: one draft, one transaction."""

    def __init__(self, spider: PressRoomSpider) -> None:
        self._visits = spider.visits

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RecordPipeline:
        """The pipeline of a crawl."""
        spider: PressRoomSpider = crawler.spider  # type: ignore[assignment]  # ours is the only one
        return cls(spider)

    def process_item(self, draft: Draft) -> Draft:
        """Record a draft; an error of the store is noted and spoils no other draft."""
        visit = self._visits[draft.source]
        try:
            visit.record(draft)
        except CommuniqueError as error:
            visit.error(draft.url, "store", str(error))
        except Exception as error:
            log.exception("keeping %s failed", draft.url)
            visit.error(draft.url, "bug", f"{type(error).__name__}: {error}; see crawl.log")
        finally:
            visit.settle()
        return draft
