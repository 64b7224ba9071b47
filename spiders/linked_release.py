"""Scrapy's callbacks for a page that another one links to as a release."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from data.models import Draft, Link
from data.words import tokens
from spiders.answers import asked_of, page_of, validator_of
from spiders.drafting import NotARelease, draft_release
from spiders.named import belongs
from spiders.page_errors import page_errors
from spiders.visit import Visit
from spiders.witnesses import family

log = logging.getLogger(__name__)

SHARED: Final = 0.7
"""Part of the shorter title's words that a page must share with the name it was given."""


def parse_named(response: Response, visit: Visit, link: Link) -> Iterator[Draft]:
    """Draft the release on a page that another one names, if it surely is one."""
    with page_errors(response.url, visit.error):
        visit.page_read()
        draft = draft_named(response, visit, link)
        if draft and belongs(draft.content.section, visit.store.sections(visit.id)):
            visit.expect()
            yield draft
    visit.settle()


def failed_named(failure: Failure) -> None:
    """Note that there is no answer where a page names a release: a later visit asks again."""
    request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it
    log.info("%s, which another page names, gave no release: %s", request.url, failure.value)
    visit: Visit = request.cb_kwargs["visit"]
    visit.settle()


def draft_named(response: Response, visit: Visit, link: Link) -> Draft | None:
    """The release at an address that another names, or None where it surely isn't one.

    No listing vouches for it: it must have a date, a body and the title that it was named by.
    """
    if response.status != HTTPStatus.OK or family(response.url) != family(link.url):
        return None
    try:
        draft = draft_release(
            visit.id,
            visit.file,
            page_of(response),
            visit.reading,
            aliases=(asked_of(response),),
            item=None,
            validator=validator_of(response),
            read_page=visit.read,
        )
    except NotARelease:
        return None
    content = draft.content
    told = content.published and content.body_text and same_title(content.title, link.title)
    return draft if told else None


def same_title(title: str, name: str) -> bool:
    """Whether a page has the title that it was named by, perhaps cut short."""
    left, right = set(tokens(title)), set(tokens(name))
    least = min(len(left), len(right))
    return bool(least) and len(left & right) >= SHARED * least
