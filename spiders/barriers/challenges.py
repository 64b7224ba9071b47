"""Recognize challenges, captchas and login pages that are served in place of a page.

A page counts as one of these only if it has little text, no date, and a sign that releases do not
have. Pages with a captcha for another purpose, such as a newsletter, are not affected.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from data.models import Content
from data.text.words import tokens
from spiders.barriers.logins import (
    LOGIN_FIRST,
    MIN_RELEASE_WORDS,
    Barrier,
    is_login_page,
    lock_reason,
)
from spiders.page.html_tree import line_of
from spiders.page.page import Page

CHALLENGE: Final = re.compile(
    r"_cf_chl_opt|cf-chl-|/challenge-platform/h/\w/orchestrate|cf-browser-verification|captcha-delivery\.com"
    r"|px-captcha|awsWafCookieDomainList|gokuProps|sucuri_cloudproxy_js|/_sec/cp_challenge"
    r"|ddos-guard/js-challenge|/\.well-known/sgcaptcha"
    # Imperva adds another `_Incapsula_Resource` script to ordinary pages too.
    r"|_Incapsula_Resource\?[SC]WUDNSAI|Incapsula incident ID|anubis_challenge"
    r"|The requested URL was rejected\.\s+Please\s+consult with your administrator"
)
"""Markup of challenges from Cloudflare, DataDome, HUMAN, AWS, Sucuri, Akamai, Imperva, Anubis, F5
and others."""

WAITING_PAGE_TEXT: Final = re.compile(
    r"just a moment|attention required|checking (?:if|your browser)|ddos protection|security check"
    r"|pardon our interruption"
    r"|(?:are you|not|you are|you're) (?:a |an? )?(?:robots?|bots?|humans?)\b"
    r"|one moment, please|human verification|client challenge|security checkpoint"
    r"|verify (?:that )?you are|unusual traffic|access denied|please enable (?:js|cookies)"
    r"|захист від|проверка браузера|не робот|人机验证|安全验证|您是否是机器人"
    r"|ロボットではありません",
    re.IGNORECASE,
)
"""Texts in the title or a heading of a challenge page."""

CAPTCHA: Final = re.compile(r"""\b(?:g-recaptcha|h-captcha|cf-turnstile|captcha)\b""")
"""Markup of captchas."""

MAX_CHALLENGE_HEADINGS: Final = 3
"""Maximum number of headings on a challenge page, including the page's title."""

CHALLENGED: Final = "the site shows a challenge instead, to keep programs out"
"""Explains a challenge."""

CHALLENGE_STATUSES: Final = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""Status codes of responses that may contain a challenge."""

NO_CONTENT: Final = Content("")


def barrier_in(page: Page) -> Barrier | None:
    """Return the challenge, login, paywall or notice on a page without its own text, or None."""
    return challenge_in(page) or lock_reason(page, NO_CONTENT, "")


def block_reason(page: Page, content: Content) -> Barrier | None:
    """Return the obstacle on a page in place of a release, or None.

    ``content`` was extracted from the page, without a date from the listing.
    """
    if content.published is not None or len(tokens(content.body_text)) >= MIN_RELEASE_WORDS:
        return None
    return challenge_in(page)


def challenge_in(page: Page) -> Barrier | None:
    """Return the challenge or login that a page without its own text shows, or None."""
    titles = [text for node in page.tree.iter("title", "h1") if (text := line_of(node))]
    headings = titles + [text for node in page.tree.iter("h2") if (text := line_of(node))]
    waits = any(map(WAITING_PAGE_TEXT.search, headings))
    if CHALLENGE.search(page.text) or (waits and len(headings) <= MAX_CHALLENGE_HEADINGS):
        return Barrier("challenge", CHALLENGED)
    if is_login_page(page, titles):
        return Barrier("login", LOGIN_FIRST)
    if waits and CAPTCHA.search(page.text):
        return Barrier("challenge", "the site shows a captcha instead, to keep programs out")
    return None


def refusal(status: int, page: Page) -> tuple[str, str]:
    """Return a short code and a description for a response with an error status."""
    if status in CHALLENGE_STATUSES and CHALLENGE.search(page.text):
        return "blocked:challenge", f"answered {status}: {CHALLENGED}"
    return f"http:{status}", f"answered {status}"
