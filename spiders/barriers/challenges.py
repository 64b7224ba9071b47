"""Recognize challenges and captchas that a server sends in place of a page.

A page is a challenge or captcha only if it has little text, no date, and markup or words that
releases do not have. Pages with a captcha for another purpose, such as a newsletter form, do not
count.
"""

import re
from http import HTTPStatus
from typing import Final

from data.health.run_errors import ErrorKind, http_kind
from data.languages.vocabulary import pattern
from spiders.page.html_tree import element_line
from spiders.page.page import Page

CHALLENGE: Final = re.compile(
    r"_cf_chl_opt|cf-chl-|/challenge-platform/h/\w/orchestrate|cf-browser-verification|captcha-delivery\.com"
    r"|px-captcha|awsWafCookieDomainList|gokuProps|sucuri_cloudproxy_js|/_sec/cp_challenge"
    r"|ddos-guard/js-challenge|/\.well-known/sgcaptcha"
    # Imperva also adds a different `_Incapsula_Resource` script to ordinary pages.
    r"|_Incapsula_Resource\?[SC]WUDNSAI|Incapsula incident ID|anubis_challenge"
    r"|The requested URL was rejected\.\s+Please\s+consult with your administrator"
)
"""Pattern of the markup of challenges from Cloudflare, DataDome, HUMAN, AWS, Sucuri, Akamai,
Imperva, Anubis, F5 and others."""

CAPTCHA: Final = re.compile(r"""\b(?:g-recaptcha|h-captcha|cf-turnstile|captcha)\b""")
"""Pattern that matches the markup of captchas."""

MAX_CHALLENGE_HEADINGS: Final = 3
"""Maximum number of headings on a challenge page, including the page's title."""

CHALLENGED: Final = "the site shows a challenge instead, to keep programs out"
"""Error message for a page replaced by a challenge."""

CAPTCHA_SHOWN: Final = "the site shows a captcha instead, to keep programs out"

CHALLENGE_STATUSES: Final = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""Status codes of responses that may contain a challenge."""


def is_challenge(page: Page) -> bool:
    """Whether a page has the markup of a challenge, or a waiting message and few headings."""
    if CHALLENGE.search(page.text):
        return True
    headings = _headings(page)
    return len(headings) <= MAX_CHALLENGE_HEADINGS and _waits(headings)


def has_captcha(page: Page) -> bool:
    """Whether a page has the markup of a captcha and the words of a challenge."""
    return bool(CAPTCHA.search(page.text)) and _waits(_headings(page))


def _headings(page: Page) -> list[str]:
    return [text for node in page.tree.iter("title", "h1", "h2") if (text := element_line(node))]


def _waits(headings: list[str]) -> bool:
    return any(map(pattern("barriers.challenge").search, headings))


def error_status(status: int, page: Page) -> tuple[ErrorKind, str]:
    """Return the error kind and a description of a response with an error status."""
    if status in CHALLENGE_STATUSES and CHALLENGE.search(page.text):
        return "blocked:challenge", f"responded with {status}: {CHALLENGED}"
    return http_kind(status), f"responded with {status}"
