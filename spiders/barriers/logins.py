"""Recognize logins, password forms, paywalls and maintenance notices in place of a page's text."""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

from lxml import etree

from data.models import Content
from data.text.words import tokens
from spiders.body.frames import own_names
from spiders.page.html_tree import line_of
from spiders.page.page import Page

MIN_RELEASE_WORDS: Final = 150
"""Minimum words of a text that is certainly a release's own, so that no barrier is possible."""

LOGIN: Final = re.compile(
    r"(?:please )?(?:sign|log) ?in|member login|anmelden|anmeldung|einloggen|connexion|se connecter"
    r"|iniciar sesi[oó]n|acceder|accedi|entrar|iniciar sessão|logga in|log ind|logg inn|kirjaudu"
    r"|inloggen|zaloguj(?: się)?|logowanie|přihlášení|prihlásenie|bejelentkezés|autentificare"
    r"|вход|войти|авторизация|вхід|увійти|пријава|пријавите се|giriş|oturum aç|daxil ol|σύνδεση"
    r"|登录|登入|ログイン|로그인|تسجيل الدخول|ورود|התחברות|लॉग इन",
    re.IGNORECASE,
)
"""Titles and headings of login pages."""

LOGIN_FIRST: Final = "the site shows a login instead, for users with an account"
"""Explains a login."""

TITLE_SEPARATOR: Final = re.compile(r"\s[-|–—·»:]\s|\|")
"""Separates the title of a page from the name of its site."""

MIN_WORDS_BEYOND_NOTICE: Final = 40
"""Minimum words of a text that is not a notice."""

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

PAYWALL_FIRST: Final = "the site shows a paywall instead, for subscribers"


class Barrier(NamedTuple):
    """An obstacle in place of a page: its ``kind``, and a sentence that describes it."""

    kind: Literal["challenge", "login", "maintenance"]
    says: str


def is_login_page(page: Page, titles: list[str]) -> bool:
    """Whether a page is a login: it has a password field, and one of its ``titles`` says so."""
    asks = any(node.get("type", "").lower() == "password" for node in page.tree.iter("input"))
    return asks and any(LOGIN.fullmatch(TITLE_SEPARATOR.split(text)[0].strip()) for text in titles)


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
            return Barrier("login", asks), MIN_RELEASE_WORDS
    if NOT_FREE.search(page.markup):
        return Barrier("login", PAYWALL_FIRST), MIN_RELEASE_WORDS
    if content.published or content.attachments:
        return None, 0
    return _notice(page, tokens(listed)), MIN_WORDS_BEYOND_NOTICE


def _notice(page: Page, expected: list[str]) -> Barrier | None:
    """Return a notice in a page's title or headings, or None.

    A page that has the ``expected`` title is not a notice.
    """
    for node in page.tree.iter("title", "h1", "h2"):
        line = line_of(node)
        if expected and tokens(line)[: len(expected)] == expected:
            return None
        if NOTICE.search(line):
            notice = f"the site shows a maintenance notice instead: {line[:80]!r}"
            return Barrier("maintenance", notice)
        if PAYWALL.search(line):
            return Barrier("login", f"the site shows a paywall instead: {line[:80]!r}")
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
        return "the page is protected by a password"
    own, words = set(tokens(line_of(form))), tokens(content.body_text)
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
