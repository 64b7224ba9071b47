"""What a page shows of a stored release, wherever on the page it stands."""

from __future__ import annotations

from data.dedup import file_name
from data.sanitize import absolute
from spiders.page import Page
from spiders.phrases import squash
from spiders.redesign import Shown
from spiders.survey import survey


def shown_on(page: Page) -> Shown:
    """The lines of a page, and the files that it links to."""
    seen = survey(page.tree)
    links = (absolute(page.base, link.get("href") or "") for link in page.tree.iter("a"))
    files = frozenset(file_name(url) for url in links if url)
    return Shown(frozenset(squash(block.text) for block in seen.blocks), files)
