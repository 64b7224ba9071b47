"""Decide whether a page is a barrier: shown in place of a release or listing, and of which kind.

The first of these rules that applies decides:

1. A challenge, a login page or a captcha (challenges and logins), if the page has no date.
2. A password form (logins) or a paywall in the page's markup, with or without a date.
3. A notice of maintenance or a paywall within the title or a heading, if the page has no date, no
   attachment and fewer than ``MIN_WORDS_BEYOND_NOTICE`` words.
4. A title that only reports that the page is missing (soft_404), if the page has no date.
5. A title that only reports that the site is out of order, if the page has no date.

A page with at least ``MIN_RELEASE_WORDS`` words of its own text is not a barrier. An error page at
the URL of a stored release may show the current day. It is compared with the release
(``soft_404.missing_release_message``).
"""

import re
from functools import cache
from typing import Final, Literal, NamedTuple, TypeAlias

from data.health.run_errors import FixedErrorKind
from data.languages.vocabulary import alternatives, pattern, words
from data.models import Content
from data.text.words import tokens
from spiders.barriers.challenges import CAPTCHA_SHOWN, CHALLENGED, has_captcha, is_challenge
from spiders.barriers.logins import (
    LOGIN_FIRST,
    MIN_RELEASE_WORDS,
    is_login_page,
    password_form_message,
)
from spiders.barriers.soft_404 import NOUN, error_title_pattern, missing_page_message, title_message
from spiders.page.html_tree import element_line
from spiders.page.page import Page

NO_CONTENT: Final = Content("")

MIN_WORDS_BEYOND_NOTICE: Final = 40
"""Minimum number of words in a release whose title or heading contains the words of a notice.

Some releases are about maintenance. A title that is only a notice always counts.
"""

NOT_FREE: Final = re.compile(rb'"isAccessibleForFree"\s*:\s*"?false\b', re.IGNORECASE)
"""Pattern that matches the markup of a page behind a paywall (schema.org)."""

PAYWALL_FIRST: Final = "the site shows a paywall instead, for subscribers"


BarrierKind: TypeAlias = Literal["challenge", "login", "maintenance", "missing"]

ERROR_KINDS: Final[dict[BarrierKind, FixedErrorKind]] = {
    "challenge": "blocked:challenge",
    "login": "blocked:login",
    "maintenance": "blocked:maintenance",
    "missing": "soft-404",
}
"""Error kinds in a visit's report, by kind of barrier."""


class Barrier(NamedTuple):
    """The kind of page shown in place of a release or listing, and a sentence about it.

    The kind ``maintenance`` includes any outage of the site.
    """

    kind: BarrierKind
    message: str

    @property
    def error_kind(self) -> FixedErrorKind:
        """The error kind of this barrier in a visit's report."""
        return ERROR_KINDS[self.kind]


def barrier_to_listing(page: Page) -> Barrier | None:
    """Return the barrier that a page shows in place of a list of releases, or None."""
    return barrier_to_release(page, NO_CONTENT, "")


def barrier_to_release(page: Page, content: Content, listed: str) -> Barrier | None:
    """Return the barrier that a page shows in place of a release, or None.

    ``content`` was extracted from the page, without the listing's date. ``listed`` is the page's
    title on the listing, or "". A page with this title is never a notice.
    """
    lock = _lock(page, content)
    if lock is None and content.published is not None:
        return None
    words = len(tokens(content.body_text))
    if words >= MIN_RELEASE_WORDS:
        return None
    if content.published is not None:
        return lock
    found = barrier_to_programs(page) or lock or _notice(page, content, listed, words)
    if found:
        return found
    if message := missing_page_message(page):
        return Barrier("missing", message)
    message = outage_message(page, listed)
    return Barrier("maintenance", message) if message else None


def barrier_to_programs(page: Page) -> Barrier | None:
    """Return the challenge, login page or captcha that a page shows to programs, or None."""
    if is_challenge(page):
        return Barrier("challenge", CHALLENGED)
    if is_login_page(page):
        return Barrier("login", LOGIN_FIRST)
    return Barrier("challenge", CAPTCHA_SHOWN) if has_captcha(page) else None


def _lock(page: Page, content: Content) -> Barrier | None:
    if message := password_form_message(page, content):
        return Barrier("login", message)
    return Barrier("login", PAYWALL_FIRST) if NOT_FREE.search(page.markup) else None


def _notice(page: Page, content: Content, listed: str, words: int) -> Barrier | None:
    if words >= MIN_WORDS_BEYOND_NOTICE or content.attachments:
        return None
    found = notice_in(page, tokens(listed))
    return Barrier(*found) if found else None


def notice_in(page: Page, listed: list[str]) -> tuple[Literal["maintenance", "login"], str] | None:
    """Return the kind and message of a notice in a page's title or headings, or None.

    ``listed`` contains the words of the page's title on the listing. A page with this title is not
    a notice.
    """
    for node in page.tree.iter("title", "h1", "h2"):
        line = element_line(node)
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
