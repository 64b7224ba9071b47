"""What stands before a page, with 200 as if it were the page: a challenge, a captcha, a login.

A page is taken for one of these only where it says little, states no date and shows a sign that
releases don't: a site whose own pages carry a captcha, for its newsletter perhaps, is not kept out.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final, Literal, NamedTuple

from lxml import etree

from data.models import Content
from data.text.words import tokens
from spiders.page.page import Page

MOST_WORDS: Final = 150
"""Words of a text from which on it is a text, whatever stands around it."""

CHALLENGE: Final = re.compile(
    r"_cf_chl_opt|cf-chl-|/challenge-platform/h/\w/orchestrate|cf-browser-verification|captcha-delivery\.com"
    r"|px-captcha|awsWafCookieDomainList|gokuProps|sucuri_cloudproxy_js|/_sec/cp_challenge"
    r"|ddos-guard/js-challenge|/\.well-known/sgcaptcha"
    # Imperva puts another script of that name into ordinary pages, too.
    r"|_Incapsula_Resource\?[SC]WUDNSAI|Incapsula incident ID|anubis_challenge"
    r"|The requested URL was rejected\.\s+Please\s+consult with your administrator"
)
"""What only the challenges of Cloudflare, DataDome, HUMAN, AWS, Sucuri, Akamai, Imperva, Anubis, F5
and others carry."""

WAITING: Final = re.compile(
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
APOLOGY: Final = re.compile(
    r"(?:http )?(?:error |fehler |erreur |errore |ошибка |hata |błąd )?(?:404|410|50[0234])"
    r"(?: error)?|(?:(?:error )?(?:404|410|50[0234])[ :.,-]+)?(?:"
    r"(?:the |this |requested )*(?:page|file|document|article|url|content|resource)? ?"
    r"(?:(?:was |is |could |can ?)?not (?:be )?found|does(?: not|n['’]t) exist|(?:is )?unavailable)"
    r"|\(?not found\)?|internal server error|bad gateway|server error|gateway time-?out"
    r"|service (?:is )?(?:temporarily )?unavailable|error establishing a database connection"
    r"|(?:(?:this |our )?(?:web ?)?site (?:is )?)?(?:currently )?(?:under|down for|in) maintenance"
    r"|(?:die )?(?:angeforderte )?seite (?:wurde )?nicht gefunden|(?:die )?seite existiert nicht"
    r"|wartungsarbeiten|page (?:non trouvée|introuvable)|site en maintenance"
    r"|(?:la )?página (?:no (?:fue )?encontrada|não (?:foi )?encontrada)|no se encontró la página"
    r"|pagina (?:non trovata|niet gevonden|negăsită)|sidan (?:kunde inte hittas|hittades inte)"
    r"|siden (?:blev )?ikke (?:funnet|fundet)|sivua ei löyt(?:ynyt|y)|stránka (?:ne)?nalezena"
    r"|nie znaleziono strony|strona nie (?:została znaleziona|istnieje)|az oldal nem található"
    r"|страница не (?:найдена|существует)|технические работы|сторінк[ау] не знайден[ао]"
    r"|страницата не (?:е|беше) намерена|sayfa bulunamadı|səhifə tapılmadı|η σελίδα δεν βρέθηκε"
    r"|页面(?:不存在|未找到|没有找到)|找不到(?:页面|頁面|網頁|网页)|(?:お探しの)?ページが見つかりません(?:でした)?"
    r"|페이지를 찾을 수 없습니다|الصفحة غير موجودة|صفحه (?:مورد نظر )?(?:یافت|پیدا) نشد"
    r"|הדף לא נמצא|पृष्ठ नहीं मिला)[!1. ]*",
    re.IGNORECASE,
)
"""What a page calls itself that is shown, with 200, where there is none."""

FEW_HEADINGS: Final = 3
"""Headings, the page's title among them, that a challenge has at most."""

CHALLENGED: Final = "a challenge stands before it, as for programs: the site keeps us out"
LOGIN_FIRST: Final = "a login stands before it: the site shows it to those with an account only"

CHALLENGING: Final = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""Statuses that challenges are shown with."""

PARTED: Final = re.compile(r"\s[-|–—·»:]\s|\|")


class Barrier(NamedTuple):
    """What stands before a page: of which ``kind``, and in a sentence."""

    kind: Literal["challenge", "login", "maintenance"]
    says: str


def block_reason(page: Page, content: Content) -> Barrier | None:
    """What stands before the release that a page should show, or None.

    ``content`` is what was read of the page, a date that only the listing states left out.
    """
    if content.published is not None or len(tokens(content.body_text)) >= MOST_WORDS:
        return None
    return challenge_in(page)


def soft_404_reason(page: Page, content: Content) -> str | None:
    """Why a page says that it is none, in a sentence; or None. ``content`` is the page's own."""
    if content.published is not None or len(tokens(content.body_text)) >= MOST_WORDS:
        return None
    return apology_in(page)


def apology_in(page: Page) -> str | None:
    """What a page without a text of its own says of itself where it is none; or None."""
    for node in page.tree.iter("title", "h1"):
        for part in PARTED.split(_text(node)):
            if APOLOGY.fullmatch(part.strip()):
                return f"it calls itself {part.strip()!r}, though with the status of a page"
    return None


def challenge_in(page: Page) -> Barrier | None:
    """What a page that shows nothing of its own looks like, or None."""
    said = [text for node in page.tree.iter("title", "h1") if (text := _text(node))]
    below = [text for node in page.tree.iter("h2") if (text := _text(node))]
    waiting = any(map(WAITING.search, said + below))
    if CHALLENGE.search(page.text) or (waiting and len(said + below) <= FEW_HEADINGS):
        return Barrier("challenge", CHALLENGED)
    asks = any(node.get("type", "").lower() == "password" for node in page.tree.iter("input"))
    if asks and any(LOGIN.fullmatch(PARTED.split(text)[0].strip()) for text in said):
        return Barrier("login", LOGIN_FIRST)
    if waiting and CAPTCHA.search(page.text):
        return Barrier("challenge", "a captcha stands before it: the site keeps us out")
    return None


def refusal(status: int, page: Page) -> tuple[str, str]:
    """A short code, and what a server did, where it answered with the status of an error."""
    if status in CHALLENGING and CHALLENGE.search(page.text):
        return "blocked:challenge", f"answered {status}: {CHALLENGED}"
    return f"http:{status}", f"answered {status}"


def _text(node: etree._Element) -> str:
    return " ".join("".join(map(str, node.itertext())).split())
