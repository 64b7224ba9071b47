"""Recognize error pages with a success status, for missing pages (soft 404)."""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Final

from data.identity.decision import REPLACED_SIMILARITY
from data.languages.vocabulary import alternatives, words
from data.models import Content
from data.revisions.edits import DOCUMENT
from data.text.similarity import jaccard, signature
from data.text.words import tokens, word_hashes
from spiders.barriers.logins import MIN_RELEASE_WORDS, TITLE_SEPARATOR
from spiders.page.html_tree import element_line
from spiders.page.page import Page

NOUN: Final = (
    r"(?:the |this |requested )*"
    r"(?:page|file|document|article|url|content|resource|(?:press )?release|news item|story)"
)
"""Pattern of English nouns for a page, as in "page not found"."""

MAX_ERROR_WORDS: Final = 40
"""Maximum number of words on a page that is searched for a sentence such as "page not found"."""


def error_title_pattern(code: str, texts: str) -> re.Pattern[str]:
    """Return a pattern that matches the titles of error pages.

    A title matches if it contains the status ``code`` as an error, or one of the ``texts``.
    """
    error = rf"(?:http )?(?:{alternatives(words('barriers.error'))} )?"
    return re.compile(
        rf"{error}(?:{code})(?: error)?|(?:(?:error )?(?:{code})[ :.,-]+)?(?:{texts})[!1. ]*",
        re.IGNORECASE,
    )


@cache
def _missing_titles() -> re.Pattern[str]:
    """Return the pattern of titles that only report a missing page."""
    return error_title_pattern(
        "404|410",
        rf"(?:{NOUN})? ?(?:(?:was |is |could |can ?)?not (?:be )?found|does(?: not|n['’]t) exist)"
        rf"|{NOUN} (?:is no longer available|no longer exists|has been"
        r" (?:removed|deleted|withdrawn))"
        rf"|(?:the |this |requested )*\(?not found\)?|{alternatives(words('barriers.missing'))}",
    )


@cache
def _missing_sentence() -> re.Pattern[str]:
    """Return the pattern of sentences that report a missing page."""
    return re.compile(
        rf"{alternatives(words('barriers.missing'))}"
        rf"|\b{NOUN}\b[^.!?\n]{{0,60}} (?:(?:was|is|could|can ?)(?:not| not|n['’]t)"
        r" (?:be )?found|(?:is )?no longer (?:exists|available)|does(?: not|n['’]t) exist"
        r"|has been (?:removed|deleted|withdrawn))",
        re.IGNORECASE,
    )


def missing_page_message(page: Page) -> str | None:
    """Return a message if a page's title only reports that the page is missing, else None."""
    return title_message(page, _missing_titles())


def title_message(page: Page, errors: re.Pattern[str]) -> str | None:
    """Return an error message with the first page title that matches ``errors``, or None."""
    return _message((element_line(node) for node in page.tree.iter("title", "h1")), errors)


def missing_release_message(
    page: Page, content: Content, stored: Callable[[], Content | None]
) -> str | None:
    """Return a message if an error page replaces a stored release at its URL, else None.

    ``content`` was extracted from the page. ``stored`` returns the release's stored content, or
    None. A page with the release's title or a similar text is not an error page. A page with a date
    may be an error page, because many sites show the current day on every page.
    """
    if content.body_rule == DOCUMENT:
        return None
    words = len(word_hashes(content.body_text))
    if words > MAX_ERROR_WORDS:
        return None
    headings = [element_line(node) for node in page.tree.iter("title", "h1", "h2")]
    reason = None
    if words < MIN_RELEASE_WORDS:
        reason = _message([*headings, content.title], _missing_titles())
    if reason is None:
        sentence = _missing_sentence().search(content.body_text)
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
    """Whether ``words`` contains the words of ``part`` in the same order without gaps."""
    return f" {' '.join(part)} " in f" {' '.join(words)} "


def _message(texts: Iterable[str], errors: re.Pattern[str]) -> str | None:
    for text in texts:
        for part in map(str.strip, TITLE_SEPARATOR.split(text)):
            if errors.fullmatch(part):
                return f"the page reports {part!r} with a success status"
    return None
