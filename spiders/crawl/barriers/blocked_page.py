"""Recognize challenges, captchas, logins and error messages that are served with status 200.

A page counts as one of these only if it has little text, no date, and a sign that releases do not
have. Pages with a captcha for another purpose, such as a newsletter, are not affected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Final, Literal, NamedTuple

from lxml import etree

from data.identity.decision import REPLACED_SIMILARITY
from data.models import Content
from data.revisions.edits import DOCUMENT
from data.text.similarity import jaccard, signature
from data.text.words import tokens
from spiders.page.page import Page

MOST_WORDS: Final = 150
"""Minimum words of a text that is a release's own, so that the page is not checked for
obstacles."""

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
CAPTCHA: Final = re.compile(r"""\b(?:g-recaptcha|h-captcha|cf-turnstile|captcha)\b""")
LOGIN: Final = re.compile(
    r"(?:please )?(?:sign|log) ?in|member login|anmelden|anmeldung|einloggen|connexion|se connecter"
    r"|iniciar sesi[oó]n|acceder|accedi|entrar|iniciar sessão|logga in|log ind|logg inn|kirjaudu"
    r"|inloggen|zaloguj(?: się)?|logowanie|přihlášení|prihlásenie|bejelentkezés|autentificare"
    r"|вход|войти|авторизация|вхід|увійти|пријава|пријавите се|giriş|oturum aç|daxil ol|σύνδεση"
    r"|登录|登入|ログイン|로그인|تسجيل الدخول|ورود|התחברות|लॉग इन",
    re.IGNORECASE,
)
THING: Final = (
    r"(?:the |this |requested )*"
    r"(?:page|file|document|article|url|content|resource|(?:press )?release|news item|story)"
)
"""Nouns for a page in English error messages."""

MISSING_LOCAL: Final = (
    r"(?:die )?(?:angeforderte )?seite (?:wurde )?nicht gefunden|(?:die )?seite existiert nicht"
    r"|page (?:non trouvée|introuvable)"
    r"|(?:la )?página (?:no (?:fue )?encontrada|não (?:foi )?encontrada)|no se encontró la página"
    r"|pagina (?:non trovata|niet gevonden|negăsită)|sidan (?:kunde inte hittas|hittades inte)"
    r"|siden (?:blev )?ikke (?:funnet|fundet)|sivua ei löyt(?:ynyt|y)|stránka (?:ne)?nalezena"
    r"|nie znaleziono strony|strona nie (?:została znaleziona|istnieje)|az oldal nem található"
    r"|страница не (?:найдена|существует)|сторінк[ау] не знайден[ао]"
    r"|страницата не (?:е|беше) намерена|sayfa bulunamadı|səhifə tapılmadı|η σελίδα δεν βρέθηκε"
    r"|页面(?:不存在|未找到|没有找到)|找不到(?:页面|頁面|網頁|网页)|(?:お探しの)?ページが見つかりません(?:でした)?"
    r"|페이지를 찾을 수 없습니다|الصفحة غير موجودة|صفحه (?:مورد نظر )?(?:یافت|پیدا) نشد"
    r"|הדף לא נמצא|पृष्ठ नहीं मिला"
)
"""Messages for pages that were not found, in languages other than English."""

MISSING: Final = (
    rf"(?:{THING})? ?(?:(?:was |is |could |can ?)?not (?:be )?found|does(?: not|n['’]t) exist)"
    rf"|{THING} (?:is no longer available|no longer exists|has been (?:removed|deleted|withdrawn))"
    rf"|(?:the |this |requested )*\(?not found\)?|{MISSING_LOCAL}"
)
"""Messages for pages that were not found."""

OUTAGE: Final = (
    rf"(?:{THING})? ?(?:is )?unavailable|internal server error|bad gateway|server error"
    r"|gateway time-?out|service (?:is )?(?:temporarily )?unavailable"
    r"|error establishing a database connection"
    r"|(?:(?:this |our )?(?:web ?)?site (?:is )?)?(?:currently )?(?:under|down for|in) maintenance"
    r"|wartungsarbeiten|site en maintenance|технические работы"
)
"""Messages of sites that are out of order."""

ERROR: Final = r"(?:http )?(?:error |fehler |erreur |errore |ошибка |hata |błąd )?"


def apology_pattern(code: str, texts: str) -> re.Pattern[str]:
    """Return a pattern for titles of error pages.

    A title contains an error with this status ``code``, or one of the ``texts``.
    """
    return re.compile(
        rf"{ERROR}(?:{code})(?: error)?|(?:(?:error )?(?:{code})[ :.,-]+)?(?:{texts})[!1. ]*",
        re.IGNORECASE,
    )


MISSING_PAGE: Final = apology_pattern("404|410", MISSING)
BROKEN_SITE: Final = apology_pattern("50[0234]", OUTAGE)
"""Titles of error pages that are served with a success status."""

MISSING_SENTENCE: Final = re.compile(
    rf"{MISSING_LOCAL}|\b{THING}\b[^.!?\n]{{0,60}} (?:(?:was|is|could|can ?)(?:not| not|n['’]t)"
    r" (?:be )?found|(?:is )?no longer (?:exists|available)|does(?: not|n['’]t) exist"
    r"|has been (?:removed|deleted|withdrawn))",
    re.IGNORECASE,
)
"""Sentences on a page that report the requested page as missing."""

MAX_APOLOGY_WORDS: Final = 40
"""Maximum words of a page's text in which a sentence can report the page as missing."""

FEW_HEADINGS: Final = 3
"""Maximum number of headings on a challenge page, including the page's title."""

CHALLENGED: Final = "a challenge stands before it, as for programs: the site keeps us out"
LOGIN_FIRST: Final = "a login stands before it: the site shows it to those with an account only"

CHALLENGING: Final = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""Status codes of responses with a challenge."""

PARTED: Final = re.compile(r"\s[-|–—·»:]\s|\|")


class Barrier(NamedTuple):
    """An obstacle in place of a page: its ``kind``, and a sentence that describes it."""

    kind: Literal["challenge", "login", "maintenance"]
    says: str


def block_reason(page: Page, content: Content) -> Barrier | None:
    """Return the obstacle on a page in place of a release, or None.

    ``content`` was extracted from the page, without a date from the listing.
    """
    if content.published is not None or len(tokens(content.body_text)) >= MOST_WORDS:
        return None
    return challenge_in(page)


class Apology(NamedTuple):
    """An error message in place of a release; ``missing`` if the page was not found.

    Otherwise the site is out of order.
    """

    says: str
    missing: bool


def soft_404_reason(page: Page, content: Content) -> Apology | None:
    """Return the error message on a page with a success status, or None.

    ``content`` was extracted from the page itself.
    """
    if content.published is not None or len(tokens(content.body_text)) >= MOST_WORDS:
        return None
    return apology_in(page)


def apology_in(page: Page) -> Apology | None:
    """Return the error message in the title of a page without its own text, or None."""
    return next(_apologies(_text(node) for node in page.tree.iter("title", "h1")), None)


def missing_reason(
    page: Page, content: Content, stored: Callable[[], Content | None]
) -> str | None:
    """Return why a page at a stored release's address is an error page, or None.

    ``content`` was extracted from the page. ``stored`` returns the release's stored content, or
    None. A page with the release's title or a similar text is not an error page. A page with a date
    may be one, since many sites show the current day on every page.
    """
    if content.body_rule == DOCUMENT:
        return None
    words = len(tokens(content.body_text))
    headings = [_text(node) for node in page.tree.iter("title", "h1", "h2")]
    found = _apologies([*headings, content.title]) if words < MOST_WORDS else iter(())
    said = next((one.says for one in found if one.missing), None)
    if said is None and words <= MAX_APOLOGY_WORDS:
        sentence = MISSING_SENTENCE.search(content.body_text)
        said = f"it says {sentence.group()!r}, though with the status of a page" if sentence else ""
    known = stored() if said else None
    if not said or known is None:
        return None
    title = tokens(known.title)
    if title and any(_has(tokens(heading), title) for heading in headings):
        return None
    alike = jaccard(signature(content.body_text), signature(known.body_text))
    return said if not known.body_text or alike < REPLACED_SIMILARITY else None


def _has(words: list[str], part: list[str]) -> bool:
    """Whether the words of ``part`` occur in ``words`` next to each other, in order."""
    return f" {' '.join(part)} " in f" {' '.join(words)} "


def _apologies(texts: Iterable[str]) -> Iterator[Apology]:
    """Yield the error messages in titles and headings."""
    for text in texts:
        for part in map(str.strip, PARTED.split(text)):
            missing = MISSING_PAGE.fullmatch(part) is not None
            if missing or BROKEN_SITE.fullmatch(part):
                yield Apology(
                    f"it calls itself {part!r}, though with the status of a page", missing
                )


def challenge_in(page: Page) -> Barrier | None:
    """Return the challenge or login that a page without its own text shows, or None."""
    said = [text for node in page.tree.iter("title", "h1") if (text := _text(node))]
    below = [text for node in page.tree.iter("h2") if (text := _text(node))]
    waiting = any(map(WAITING_PAGE_TEXT.search, said + below))
    if CHALLENGE.search(page.text) or (waiting and len(said + below) <= FEW_HEADINGS):
        return Barrier("challenge", CHALLENGED)
    asks = any(node.get("type", "").lower() == "password" for node in page.tree.iter("input"))
    if asks and any(LOGIN.fullmatch(PARTED.split(text)[0].strip()) for text in said):
        return Barrier("login", LOGIN_FIRST)
    if waiting and CAPTCHA.search(page.text):
        return Barrier("challenge", "a captcha stands before it: the site keeps us out")
    return None


def refusal(status: int, page: Page) -> tuple[str, str]:
    """Return a short code and a description for a response with an error status."""
    if status in CHALLENGING and CHALLENGE.search(page.text):
        return "blocked:challenge", f"answered {status}: {CHALLENGED}"
    return f"http:{status}", f"answered {status}"


def _text(node: etree._Element) -> str:
    return " ".join("".join(map(str, node.itertext())).split())
