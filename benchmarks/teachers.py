"""What other extractors take for the text of a page: teachers where no person has marked it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial

import newspaper
import trafilatura
from lxml import html
from readability import Document
from resiliparse.extract.html2text import (
    extract_plain_text,
)

LEAST = 200
"""Characters from which an answer is a text."""

log = logging.getLogger(__name__)


def read_newspaper(url: str, page: str) -> str:
    """The text that newspaper4k finds."""
    article = newspaper.Article(url, fetch_images=False)
    article.download(input_html=page)
    article.parse()
    return str(article.text)


def read_readability(page: str) -> str:
    """The text that readability-lxml finds."""
    return "".join(map(str, html.fromstring(Document(page).summary()).itertext()))


def texts(url: str, body: bytes) -> Iterator[str]:
    """What each teacher finds in a page; one that fails at it says nothing."""
    page = body.decode("utf-8", "replace")
    teachers: tuple[Callable[[], str | None], ...] = (
        partial(trafilatura.extract, body),
        partial(trafilatura.extract, body, favor_recall=True, include_comments=False),
        partial(read_readability, page),
        partial(extract_plain_text, page, main_content=True, alt_texts=False),
        partial(read_newspaper, url, page),
    )
    for teacher in teachers:
        try:
            text = teacher() or ""
        except Exception as error:  # noqa: BLE001 - whatever stops a teacher, the others go on
            log.warning("%s on %s: %s", teacher, url, error)
            continue
        if len(text) > LEAST:
            yield text
