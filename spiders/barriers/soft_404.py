"""Recognize pages that report the requested page as missing, with a success status."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from data.identity.decision import REPLACED_SIMILARITY
from data.models import Content
from data.revisions.edits import DOCUMENT
from data.text.similarity import jaccard, signature
from data.text.words import tokens
from spiders.barriers.logins import MIN_RELEASE_WORDS, TITLE_SEPARATOR
from spiders.page.html_tree import line_of
from spiders.page.page import Page

NOUN: Final = (
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
    rf"(?:{NOUN})? ?(?:(?:was |is |could |can ?)?not (?:be )?found|does(?: not|n['’]t) exist)"
    rf"|{NOUN} (?:is no longer available|no longer exists|has been (?:removed|deleted|withdrawn))"
    rf"|(?:the |this |requested )*\(?not found\)?|{MISSING_LOCAL}"
)
"""Messages for pages that were not found."""

ERROR: Final = r"(?:http )?(?:error |fehler |erreur |errore |ошибка |hata |błąd )?"
"""Words before the status code in titles of error pages."""


def error_title_pattern(code: str, texts: str) -> re.Pattern[str]:
    """Return a pattern for titles of error pages.

    A title contains an error with this status ``code``, or one of the ``texts``.
    """
    return re.compile(
        rf"{ERROR}(?:{code})(?: error)?|(?:(?:error )?(?:{code})[ :.,-]+)?(?:{texts})[!1. ]*",
        re.IGNORECASE,
    )


MISSING_TITLE: Final = error_title_pattern("404|410", MISSING)
"""Titles of pages that were not found."""

MISSING_SENTENCE: Final = re.compile(
    rf"{MISSING_LOCAL}|\b{NOUN}\b[^.!?\n]{{0,60}} (?:(?:was|is|could|can ?)(?:not| not|n['’]t)"
    r" (?:be )?found|(?:is )?no longer (?:exists|available)|does(?: not|n['’]t) exist"
    r"|has been (?:removed|deleted|withdrawn))",
    re.IGNORECASE,
)
"""Sentences on a page that report the requested page as missing."""

MAX_ERROR_WORDS: Final = 40
"""Maximum words of a page's text in which a sentence can report the page as missing."""


def missing_page_message(page: Page) -> str | None:
    """Return a sentence about a title that reports only that the page is missing, or None."""
    return title_message(page, MISSING_TITLE)


def title_message(page: Page, errors: re.Pattern[str]) -> str | None:
    """Return a sentence about the first title that is one of ``errors``, or None."""
    return _message((line_of(node) for node in page.tree.iter("title", "h1")), errors)


def missing_release_message(
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
    headings = [line_of(node) for node in page.tree.iter("title", "h1", "h2")]
    reason = None
    if words < MIN_RELEASE_WORDS:
        reason = _message([*headings, content.title], MISSING_TITLE)
    if reason is None and words <= MAX_ERROR_WORDS:
        sentence = MISSING_SENTENCE.search(content.body_text)
        reason = f"the page reports {sentence.group()!r} with a success status" if sentence else ""
    known = stored() if reason else None
    if not reason or known is None:
        return None
    title = tokens(known.title)
    if title and any(_has(tokens(heading), title) for heading in headings):
        return None
    alike = jaccard(signature(content.body_text), signature(known.body_text))
    return reason if not known.body_text or alike < REPLACED_SIMILARITY else None


def _has(words: list[str], part: list[str]) -> bool:
    """Whether the words of ``part`` occur in ``words`` next to each other, in order."""
    return f" {' '.join(part)} " in f" {' '.join(words)} "


def _message(texts: Iterable[str], errors: re.Pattern[str]) -> str | None:
    for text in texts:
        for part in map(str.strip, TITLE_SEPARATOR.split(text)):
            if errors.fullmatch(part):
                return f"the page reports {part!r} with a success status"
    return None
