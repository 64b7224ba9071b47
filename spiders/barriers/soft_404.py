"""Recognize error messages that are served with a success status: soft 404s and outages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

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

OUTAGE: Final = (
    rf"(?:{NOUN})? ?(?:is )?unavailable|internal server error|bad gateway|server error"
    r"|gateway time-?out|service (?:is )?(?:temporarily )?unavailable"
    r"|error establishing a database connection"
    r"|(?:(?:this |our )?(?:web ?)?site (?:is )?)?(?:currently )?(?:under|down for|in) maintenance"
    r"|wartungsarbeiten|site en maintenance|технические работы"
)
"""Messages of sites that are out of order."""

ERROR: Final = r"(?:http )?(?:error |fehler |erreur |errore |ошибка |hata |błąd )?"
"""Words before the status code in titles of error pages."""


def apology_pattern(code: str, texts: str) -> re.Pattern[str]:
    """Return a pattern for titles of error pages.

    A title contains an error with this status ``code``, or one of the ``texts``.
    """
    return re.compile(
        rf"{ERROR}(?:{code})(?: error)?|(?:(?:error )?(?:{code})[ :.,-]+)?(?:{texts})[!1. ]*",
        re.IGNORECASE,
    )


MISSING_PAGE: Final = apology_pattern("404|410", MISSING)
"""Titles of pages that were not found."""

BROKEN_SITE: Final = apology_pattern("50[0234]", OUTAGE)
"""Titles of sites that are out of order."""

MISSING_SENTENCE: Final = re.compile(
    rf"{MISSING_LOCAL}|\b{NOUN}\b[^.!?\n]{{0,60}} (?:(?:was|is|could|can ?)(?:not| not|n['’]t)"
    r" (?:be )?found|(?:is )?no longer (?:exists|available)|does(?: not|n['’]t) exist"
    r"|has been (?:removed|deleted|withdrawn))",
    re.IGNORECASE,
)
"""Sentences on a page that report the requested page as missing."""

MAX_APOLOGY_WORDS: Final = 40
"""Maximum words of a page's text in which a sentence can report the page as missing."""


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
    if content.published is not None or len(tokens(content.body_text)) >= MIN_RELEASE_WORDS:
        return None
    return apology_in(page)


def apology_in(page: Page) -> Apology | None:
    """Return the error message in the title of a page without its own text, or None."""
    return next(_apologies(line_of(node) for node in page.tree.iter("title", "h1")), None)


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
    headings = [line_of(node) for node in page.tree.iter("title", "h1", "h2")]
    found = _apologies([*headings, content.title]) if words < MIN_RELEASE_WORDS else iter(())
    reason = next((one.says for one in found if one.missing), None)
    if reason is None and words <= MAX_APOLOGY_WORDS:
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


def _apologies(texts: Iterable[str]) -> Iterator[Apology]:
    """Yield the error messages in titles and headings."""
    for text in texts:
        for part in map(str.strip, TITLE_SEPARATOR.split(text)):
            missing = MISSING_PAGE.fullmatch(part) is not None
            if missing or BROKEN_SITE.fullmatch(part):
                yield Apology(f"the page reports {part!r} with a success status", missing)
