"""Recognize lists beside the releases of a page: by heading, addresses or a narrow column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from data.languages.vocabulary import pattern, words
from spiders.page.phrases import comparison_key, is_related, is_tail

JOINING: Final = r"[&+/,|]|\b{}\b"
"""Words and signs that join events and news in one heading, around the words of all languages."""

MAX_WORDS: Final = 3
"""Maximum number of words in a heading of events."""

MAX_UNSPACED_LENGTH: Final = 8
"""Maximum length of a heading of events in scripts without spaces, in characters."""

_WORDS: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_EVENT_PATH: Final = re.compile(
    r"(?:^|/)(?:events?|event-?calendar|calendar|kalender|veranstaltung(?:en)?|termine?|agenda|"
    r"ev[ée]nements?|eventos?|eventi|etkinlik(?:ler)?|tedbirler|wydarzenia|akce|udalosti|podujatia|"
    r"meropriyati[ay]|sobytiya|tapahtumat|arrangement(?:er)?|evenemang|evenementen)(?:/|$|[?.])",
    re.IGNORECASE,
)
_COLUMN: Final = re.compile(
    r"(?:col-(?:xs-|sm-|md-|lg-|xl-|xxl-)?|span|grid_|grid-|small-|medium-|large-)(\d{1,2})"
)
MAX_LEVELS: Final = 8
"""Maximum number of levels from an element up to its column."""

MAX_SIBLINGS: Final = 6
"""Maximum number of columns checked on each side of a column."""

MAX_NARROW: Final = 4
"""Maximum width of a narrow column, in twelfths of the grid."""

MIN_WIDE: Final = 7
"""Minimum width of the wide column beside a narrow one, in twelfths of the grid."""


def announces_other(text: str) -> bool:
    """Whether a heading announces other things than the releases of the page."""
    return is_tail(text) or comparison_key(text) in _side_headings() or announces_events(text)


@cache
def _side_headings() -> frozenset[str]:
    """Return the headings of lists that are not releases, as comparison keys (letters only)."""
    return frozenset(map(comparison_key, words("headings.beside")))


@cache
def _event_words() -> frozenset[str]:
    """Return words in headings of lists of events, in scripts with spaces."""
    return frozenset(word.casefold() for word in words("headings.events"))


def announces_box(text: str) -> bool:
    """Whether a heading announces a box of popular, related or latest releases, or of events."""
    return is_related(text) or announces_events(text)


def announces_events(text: str) -> bool:
    """Whether a heading announces only events, and not news too."""
    if pattern("headings.event_parts").search(text):
        has_news = pattern("headings.news_parts").search(text)
        return len(text) <= MAX_UNSPACED_LENGTH and not has_news
    found = [word.casefold() for word in _WORDS.findall(text[:100])]
    return (
        0 < len(found) <= MAX_WORDS
        and not pattern("headings.joining", JOINING).search(text)
        and any(word in _event_words() for word in found)
    )


def lead_to_events(urls: Iterable[str], page: str) -> bool:
    """Whether most addresses are in folders for events, and the page's address is not."""
    found = [bool(_EVENT_PATH.search(urlsplit(url).path)) for url in urls]
    return sum(found) * 2 > len(found) and not _EVENT_PATH.search(urlsplit(page).path)


def is_in_narrow_column(node: etree._Element) -> bool:
    """Whether an element is in a narrow column beside a wide one, by CSS grid classes."""
    for column in islice((node, *node.iterancestors()), MAX_LEVELS):
        width = _width(column)
        if width:
            around = (*islice(column.itersiblings(), MAX_SIBLINGS),)
            before = (*islice(column.itersiblings(preceding=True), MAX_SIBLINGS),)
            beside = max((_width(one) for one in (*around, *before)), default=0)
            if width <= MAX_NARROW and beside >= MIN_WIDE:
                return True
    return False


def _width(node: etree._Element) -> int:
    """Return the width of an element on wide screens, in twelfths; 0 if unknown."""
    found = [
        int(match[1])
        for name in (node.get("class") or "").split()[:12]
        if (match := _COLUMN.fullmatch(name))
    ]
    return found[-1] if found else 0
