"""Recognize pages whose text is missing: paywalls, notices, and pages without content."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from lxml import etree

from data.models import Content
from data.text.words import tokens
from spiders.body.frames import frame_texts, own_names
from spiders.crawl.barriers.blocked_page import LOGIN_FIRST, MOST_WORDS, Barrier, challenge_in
from spiders.page.page import Page

LEFTOVER_WORDS: Final = 25
LEFTOVER: Final = 500
"""Maximum characters of a text that may be a line on every page of a site."""

NAME_WORDS: Final = 8
"""Maximum words of a text that may be only an institution's name."""


def is_leftover(page: Page, text: str, names: Iterable[str]) -> bool:
    """Whether a text is not a release's own, but a line of the footer or the site's name.

    ``names`` are names of the institution.
    """
    words = tokens(text) if len(text) <= LEFTOVER else []
    if not words or len(words) > LEFTOVER_WORDS:
        return False
    called = {word for name in names for word in tokens(name)}
    if len(words) <= NAME_WORDS and sum(word in called for word in words) * 2 >= len(words):
        return True
    said = " ".join(words)
    return any(said in " ".join(tokens(text)) for text in frame_texts(page))


FEW_WORDS: Final = 40
"""Number of words from which a text is not a notice."""

MIN_FORM_SHARE: Final = 0.6
"""Minimum share of a text's words in a form, for the text to be the form itself."""

ASIDE: Final = frozenset(["header", "footer", "nav", "aside", "dialog"])
ASIDE_NAMES: Final = frozenset(
    "header footer sidebar aside nav navbar navigation menu modal popup offcanvas topbar toolbar "  # noqa: SIM905 - words are easier to read in a row
    "widget login-box loginbox".split()
)
"""Class names of elements that do not contain the main content of a page."""

NAME_FIELD_TYPES: Final = frozenset(["", "text", "email", "tel"])
"""Types of form fields in which users enter their name."""

NOT_FREE: Final = re.compile(rb'"isAccessibleForFree"\s*:\s*"?false\b', re.IGNORECASE)
"""Markup of a page behind a paywall (schema.org)."""

NOTICE: Final = re.compile(
    r"(?:under|down for|undergoing|scheduled) (?:\w+ )?maintenance"
    r"|be (?:right )?back (?:soon|shortly)"
    r"|temporarily (?:offline|unavailable|closed|down)|(?:site|page) is (?:currently )?offline"
    r"|wartungsarbeiten|wartungsmodus|en maintenance|en mantenimiento|in manutenzione"
    r"|em manutenção|in onderhoud|przerwa techniczna|prace konserwacyjne|v údržbě|karbantartás"
    r"|în mentenanță|underhåll pågår|vedlikehold pågår|huoltokatko|bakım (?:çalışması|modu|yapıl)"
    r"|технически[ея] работы|профилактические работы|технічні роботи|в режиме обслуживания"
    r"|メンテナンス中|维护中|維護中|점검 ?중|تحت الصيانة|في وضع الصيانة",
    re.IGNORECASE,
)
"""Messages of a site that is temporarily offline."""

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


PAYWALL_FIRST: Final = "a paywall stands before it: the site shows it to those who pay only"


NOTHING: Final = Content("")


def barrier_in(page: Page) -> Barrier | None:
    """Return the challenge, login or notice on a page without its own text, or None."""
    return challenge_in(page) or lock_reason(page, NOTHING, "")


def lock_reason(page: Page, content: Content, listed: str) -> Barrier | None:
    """Return the login, paywall or notice in place of a page's text, or None.

    ``listed`` is the page's title on the listing, or "". A page with this title is never a notice.
    """
    reason, most = _reason(page, content, listed)
    # Count the words last: this takes longest, and few pages have a possible obstacle.
    return reason if reason and len(tokens(content.body_text)) < most else None


def _reason(page: Page, content: Content, listed: str) -> tuple[Barrier | None, int]:
    """Return a possible obstacle, or None.

    The number is the minimum words of a text that rules the obstacle out.
    """
    for form in page.tree.iter("form"):
        if asks := _asks(form, content):
            return Barrier("login", asks), MOST_WORDS
    if NOT_FREE.search(page.markup):
        return Barrier("login", PAYWALL_FIRST), MOST_WORDS
    if content.published or content.attachments:
        return None, 0
    return _notice(page, tokens(listed)), FEW_WORDS


def _notice(page: Page, expected: list[str]) -> Barrier | None:
    """Return a notice in a page's title or headings, or None.

    A page that has the ``expected`` title is not a notice.
    """
    for node in page.tree.iter("title", "h1", "h2"):
        said = _said(node)
        if expected and tokens(said)[: len(expected)] == expected:
            return None
        if NOTICE.search(said):
            notice = f"a notice of maintenance stands before it: {said[:80]!r}"
            return Barrier("maintenance", notice)
        if PAYWALL.search(said):
            return Barrier("login", f"a paywall stands before it: {said[:80]!r}")
    return None


def _asks(form: etree._Element, content: Content) -> str | None:
    """Return a sentence about a password form in place of a text, or None.

    A form with only a password opens one page (WordPress's post_password, Drupal's protected
    pages). With a user name it is a login form, which may be on every page.
    """
    kinds = [node.get("type", "").lower() for node in form.iter("input")]
    if "password" not in kinds or _beside(form):
        return None
    if kinds.count("password") == 1 and NAME_FIELD_TYPES.isdisjoint(kinds):
        return "it is protected by a password"
    own, words = set(tokens(_said(form))), tokens(content.body_text)
    covered = sum(word in own for word in words) >= MIN_FORM_SHARE * len(words)
    if covered and content.published is None and not content.attachments:
        return LOGIN_FIRST
    return None


def _beside(form: etree._Element) -> bool:
    for node in (form, *form.iterancestors()):
        if node.tag in ("body", "html"):
            return False
        if node.tag in ASIDE or not ASIDE_NAMES.isdisjoint(own_names(node)):
            return True
    return False


def _said(node: etree._Element) -> str:
    return " ".join("".join(map(str, node.itertext())).split())
