"""What stands before a page, with 200 as if it were the page: a challenge, a captcha, a login.

A page is taken for one of these only where it says little, states no date and shows a sign that
releases don't: a site whose own pages carry a captcha, for its newsletter perhaps, is not kept out.
"""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from data.models import Content
from data.words import tokens
from spiders.page import Page

MOST_WORDS: Final = 150
"""Words of a text from which on it is a text, whatever stands around it."""

CHALLENGE: Final = re.compile(
    r"_cf_chl_opt|cf-chl-|/challenge-platform/h/\w/orchestrate|cf-browser-verification|captcha-delivery\.com"
    r"|px-captcha|awsWafCookieDomainList|gokuProps|sucuri_cloudproxy_js|/_sec/cp_challenge"
    r"|ddos-guard/js-challenge|/\.well-known/sgcaptcha"
)
"""What only the challenges of Cloudflare, DataDome, HUMAN, AWS, Sucuri, Akamai and others carry."""

WAITING: Final = re.compile(
    r"just a moment|attention required|checking (?:if|your browser)|ddos protection|security check"
    r"|pardon our interruption|(?:are you|not|you are|you're) (?:a |an? )?(?:robot|human)"
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
FEW_HEADINGS: Final = 3
"""Headings, the page's title among them, that a challenge has at most."""

PARTED: Final = re.compile(r"\s[-|–—·»:]\s|\|")


def wall(page: Page, content: Content) -> str | None:
    """What stands before the release that a page should show, in a sentence; or None.

    ``content`` is what was read of the page, a date that only the listing states left out.
    """
    if content.published is not None or len(tokens(content.body_text)) >= MOST_WORDS:
        return None
    return sign_of_wall(page)


def sign_of_wall(page: Page) -> str | None:
    """What a page that shows nothing of its own looks like, in a sentence; or None."""
    said = [text for node in page.tree.iter("title", "h1") if (text := _text(node))]
    below = [text for node in page.tree.iter("h2") if (text := _text(node))]
    waiting = any(map(WAITING.search, said + below))
    if CHALLENGE.search(page.text) or (waiting and len(said + below) <= FEW_HEADINGS):
        return "a challenge stands before it, as for programs: the site keeps us out"
    asks = any(node.get("type", "").lower() == "password" for node in page.tree.iter("input"))
    if asks and any(LOGIN.fullmatch(PARTED.split(text)[0].strip()) for text in said):
        return "a login stands before it: the site shows it to those with an account only"
    if waiting and CAPTCHA.search(page.text):
        return "a captcha stands before it: the site keeps us out"
    return None


def _text(node: etree._Element) -> str:
    return " ".join("".join(map(str, node.itertext())).split())
