"""Recognize notices in place of a page's text: maintenance, an outage, a paywall."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, Literal

from data.languages.vocabulary import alternatives, pattern, words
from data.text.words import tokens
from spiders.barriers.soft_404 import NOUN, error_title_pattern, title_message
from spiders.page.html_tree import line_of
from spiders.page.page import Page

MIN_WORDS_BEYOND_NOTICE: Final = 40
"""Minimum number of words in a release whose title or heading contains the words of a notice.

Some releases are about maintenance. The minimum does not apply if the title is only a notice."""

NOT_FREE: Final = re.compile(rb'"isAccessibleForFree"\s*:\s*"?false\b', re.IGNORECASE)
"""Pattern of the markup of a page behind a paywall (schema.org)."""

PAYWALL_FIRST: Final = "the site shows a paywall instead, for subscribers"


def has_paywall_markup(page: Page) -> bool:
    """Whether a page's markup declares that its text is only for subscribers."""
    return NOT_FREE.search(page.markup) is not None


def notice_in(page: Page, listed: list[str]) -> tuple[Literal["maintenance", "login"], str] | None:
    """Return the kind and message of a notice in a page's title or headings, or None.

    ``listed`` contains the words of the page's title on the listing. A page with this title is not
    a notice.
    """
    for node in page.tree.iter("title", "h1", "h2"):
        line = line_of(node)
        if listed and tokens(line)[: len(listed)] == listed:
            return None
        if pattern("barriers.maintenance").search(line):
            return "maintenance", f"the site shows a maintenance notice instead: {line[:80]!r}"
        if pattern("barriers.paywall").search(line):
            return "login", f"the site shows a paywall instead: {line[:80]!r}"
    return None


def outage_message(page: Page, listed: str) -> str | None:
    """Return an error message if a page's title only reports an outage, else None.

    ``listed`` is the page's title on the listing, or "". A page with this title is a release.
    """
    outages = _outages()
    return None if outages.fullmatch(listed.strip()) else title_message(page, outages)


@cache
def _outages() -> re.Pattern[str]:
    """Return the pattern of titles that only report that the site is out of order."""
    maintenance = alternatives(words("barriers.maintenance"))
    return error_title_pattern(
        "50[0234]",
        rf"(?:{NOUN})? ?(?:is )?unavailable|internal server error|bad gateway|server error"
        r"|gateway time-?out|service (?:is )?(?:temporarily )?unavailable"
        r"|error establishing a database connection"
        rf"|(?:(?:this |our )?(?:web ?)?site (?:is )?)?(?:currently )?{maintenance}",
    )
