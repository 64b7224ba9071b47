"""Recognize notices in place of a page's text: maintenance, an outage, a paywall."""

from __future__ import annotations

import re
from typing import Final, Literal

from data.text.words import tokens
from spiders.barriers.soft_404 import NOUN, error_title_pattern, title_message
from spiders.page.html_tree import line_of
from spiders.page.page import Page

MIN_WORDS_BEYOND_NOTICE: Final = 40
"""Minimum words of a text whose title or heading contains a notice, but that is a release.

Releases about maintenance exist. A title that is only a notice has no such limit.
"""

MAINTENANCE: Final = (
    r"(?:under|down for|undergoing|scheduled) (?:\w+ )?maintenance"
    r"|be (?:right )?back (?:soon|shortly)"
    r"|temporarily (?:offline|unavailable|closed|down)|(?:site|page) is (?:currently )?offline"
    r"|wartungsarbeiten|wartungsmodus|en maintenance|en mantenimiento|in manutenzione"
    r"|em manutenção|in onderhoud|przerwa techniczna|prace konserwacyjne|v údržbě|karbantartás"
    r"|în mentenanță|underhåll pågår|vedlikehold pågår|huoltokatko|bakım (?:çalışması|modu|yapıl)"
    r"|технически[ея] работы|профилактические работы|технічні роботи|в режиме обслуживания"
    r"|メンテナンス中|维护中|維護中|점검 ?중|تحت الصيانة|في وضع الصيانة"
    r"|(?:web ?)?site (?:is )?(?:currently )?in maintenance"
)
"""Messages of a site that is in maintenance."""

NOTICE: Final = re.compile(MAINTENANCE, re.IGNORECASE)
"""Titles and headings that contain a maintenance notice."""

OUTAGE: Final = error_title_pattern(
    "50[0234]",
    rf"(?:{NOUN})? ?(?:is )?unavailable|internal server error|bad gateway|server error"
    r"|gateway time-?out|service (?:is )?(?:temporarily )?unavailable"
    r"|error establishing a database connection"
    rf"|(?:(?:this |our )?(?:web ?)?site (?:is )?)?(?:currently )?(?:{MAINTENANCE})",
)
"""Titles that report only that the site is out of order."""

NOT_FREE: Final = re.compile(rb'"isAccessibleForFree"\s*:\s*"?false\b', re.IGNORECASE)
"""Markup of a page behind a paywall (schema.org)."""

PAYWALL: Final = re.compile(
    r"(?:for|to) (?:our )?(?:subscribers|members)(?: only)?$|subscribers? only|members? only"
    r"|(?:subscribe|sign up|register|log in|sign in) to (?:continue|keep|read|view|unlock)"
    r"|nur für abonnent|réservé (?:aux|à nos) abonnés|(?:solo|sólo|exclusivo) para suscriptores"
    r"|riservato agli abbonati|exclusivo para assinantes|alleen voor abonnees"
    r"|tylko dla (?:subskrybentów|prenumeratorów)|только (?:для|по) подписчик|только по подписке"
    r"|会員限定|仅限(?:会员|订阅)|구독자 전용",
    re.IGNORECASE,
)
"""Messages of pages whose text is only for subscribers."""

PAYWALL_FIRST: Final = "the site shows a paywall instead, for subscribers"


def has_paywall_markup(page: Page) -> bool:
    """Whether the markup of a page marks its text as for subscribers."""
    return NOT_FREE.search(page.markup) is not None


def notice_in(page: Page, listed: list[str]) -> tuple[Literal["maintenance", "login"], str] | None:
    """Return the kind and the message of a notice in a page's title or headings, or None.

    ``listed`` are the words of the page's title on the listing. A page with them is not a notice.
    """
    for node in page.tree.iter("title", "h1", "h2"):
        line = line_of(node)
        if listed and tokens(line)[: len(listed)] == listed:
            return None
        if NOTICE.search(line):
            return "maintenance", f"the site shows a maintenance notice instead: {line[:80]!r}"
        if PAYWALL.search(line):
            return "login", f"the site shows a paywall instead: {line[:80]!r}"
    return None


def outage_message(page: Page, listed: str) -> str | None:
    """Return a sentence about a title that reports only an outage, or None.

    ``listed`` is the page's title on the listing, or "". A release may have such a title.
    """
    return None if OUTAGE.fullmatch(listed.strip()) else title_message(page, OUTAGE)
