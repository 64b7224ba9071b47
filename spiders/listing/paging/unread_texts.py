"""Find short texts on a listing page that contain the total number of releases or pages."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from lxml import etree

from data.text.folding import fold_date
from spiders.items import UnreadSign
from spiders.listing.paging.archive_labels import is_stem
from spiders.listing.paging.labels import is_year, label_words
from spiders.listing.paging.page_numbers import PAGER_CLASS
from spiders.page.class_hints import names_around
from spiders.page.page import Page

MAX_NODES: Final = 60_000
"""Maximum number of elements checked per page."""

MAX_TEXTS: Final = 4_000
"""Maximum number of texts with digits that are checked."""

MAX_SEARCHED: Final = 400
"""Number of characters at the start of a text that are searched for digits."""

MAX_TEXT: Final = 90
"""Maximum length of a text with the total number of releases or pages, in characters."""

MAX_PIECES: Final = 30
"""Maximum number of text nodes in a text about the whole listing, and of numbers in a pager."""

MAX_PAGE_SIZE: Final = 1000
"""Maximum number of releases per page in a text such as *1-10 of 248*."""

MAX_PAGES: Final = 10_000
"""Maximum number of pages in a text such as *Page 1 of 25*."""

MAX_QUOTE: Final = 60
"""Maximum length of a quote from a page, in characters."""

_THOUSANDS: Final = re.compile(r"(?<=\d)[,.'’\u00a0\u202f](?=\d{3}(?!\d))")
_RANGE_OF: Final = re.compile(
    r"(?P<a>\d{1,6})\s?(?:[-~〜]|[^\W\d]{1,4})\s?(?P<b>\d{1,6})(?!\d)(?P<by>[^\d]{1,24})"
    r"(?P<all>\d{1,7})(?!\d)"
)
_OF_RANGE: Final = re.compile(
    r"(?P<all>\d{1,7})(?P<by>[^\d]{1,16})(?P<a>\d{1,6})\s?[-~〜]\s?(?P<b>\d{1,6})(?!\d)"
)
_PAGE_OF: Final = re.compile(
    r"(?P<word>[^\d\s.:]{1,14})[\s.:]{0,3}(?P<n>\d{1,5})(?P<by>[^\d]{1,10})(?P<m>\d{1,5})(?!\d)"
)
_OF_LAST: Final = re.compile(r"([^\d\s.:]{1,14})[\s.:]{1,3}([^\d\s]{1,10})\s?(\d{1,5})(?!\d)")
_OF_PAGES: Final = re.compile(r"[^\d]{0,14}(\d{1,4})\s?/\s?(?:共\s?)?(\d{1,4})[^\d]{0,14}")
_CJK_PAGE: Final = re.compile(r"第\s?(\d{1,5})(?!\d)\s?[页頁]?\s?[^\d]{0,6}\s?(\d{1,5})\s?[页頁]")
_CJK_TOTAL: Final = re.compile(
    r"(?:[共全总總]|合计|合計|総数|총|全部)[^\d]{0,6}(\d{1,7})\s?[条條项項件篇个個则則건개]"
    r"|(\d{1,7})\s?件中"
)
_SHARE: Final = re.compile(
    r"(?<![\d./:-])(?P<n>\d{1,4})\s?(?P<by>/|[^\W\d]{1,9}(?:\s[^\W\d]{1,3})?)\s?(?P<all>\d{1,7})"
    r"(?![\d/:.-])"
)
_COUNTED: Final = re.compile(r"(\d{2,7})\s([^\d]{3,40})")
_NUMBER_WORD: Final = re.compile(r"(?<!\d)(\d{1,7})\s?([^\W\d]{3,20})")
_WORD_NUMBER: Final = re.compile(r"([^\W\d]{3,20})\s?[:：]?\s?\(?(\d{1,7})(?!\d)")
_CHROME: Final = frozenset(("nav", "header", "footer", "aside", "select", "script", "style"))
_SKIPPED: Final = frozenset(("script", "style", "noscript", "template", "head", "title", "option"))
_DIGIT: Final = re.compile(r"\d")
_WORD_OR_SLASH: Final = re.compile(r"[^\W\d_]|/")
"""Pattern of a letter or slash, as in "page 2 of 7" or "2/7". A text without either is not about
the whole listing."""


def text_signs(page: Page, count: int) -> Iterator[UnreadSign]:
    """Yield signs of further releases from short texts about the whole listing.

    ``count`` is the number of rows on the page.
    """
    counted: dict[str, int] = {}
    for text, holder in _short_texts(page):
        folded = _THOUSANDS.sub("", fold_date(text))
        if holder.tag != "a" and (sign := _said(text, folded, holder, count)):
            yield sign
        if number := _counted_news(folded):
            counted[text] = number
    # If there are several counts, they belong to categories or archives.
    if len(counted) == 1:
        ((text, number),) = counted.items()
        if number > count:
            yield UnreadSign("total", text[:MAX_QUOTE], number)


def _short_texts(page: Page) -> Iterator[tuple[str, etree._Element]]:
    """Yield the texts with digits in the main part of a page, each with its element."""
    checked: set[etree._Element] = set()
    left = MAX_TEXTS
    for node in islice(page.tree.iter("*"), MAX_NODES):
        own = f"{node.text or ''} {node.tail or ''}"
        if not _DIGIT.search(own, 0, MAX_SEARCHED) or node.tag in _SKIPPED:
            continue
        holder: etree._Element | None = node
        for _ in range(3):
            if left <= 0:
                return
            if holder is None or holder in checked or holder.tag in _CHROME:
                break
            checked.add(holder)
            left -= 1
            text = _short_text(holder)
            if text is None:
                break
            yield text, holder
            holder = holder.getparent()


def _counted_news(folded: str) -> int:
    """Return the number in a text that is only a count, as in *248 press releases*, or 0."""
    found = _COUNTED.fullmatch(folded)
    if found is None or is_year(int(found[1])):
        return 0
    linking, news = label_words("archive.linking"), label_words("archive.news")
    words = [word for word in found[2].split() if word not in linking]
    return int(found[1]) if words and all(is_stem(word, news) for word in words) else 0


def _short_text(node: etree._Element) -> str | None:
    """Return the text of an element on one line, or None if it is long or has many nodes."""
    if not len(node):
        text = node.text or ""
        return " ".join(text.split()) if len(text.strip()) <= MAX_TEXT else None
    pieces, size = [], 0
    for piece in map(str, islice(node.itertext(), MAX_PIECES + 1)):
        pieces.append(piece)
        size += len(piece.strip())
        if size > MAX_TEXT or len(pieces) > MAX_PIECES:
            return None
    return " ".join(" ".join(pieces).split())


def _said(text: str, folded: str, node: etree._Element, count: int) -> UnreadSign | None:
    """Return the sign of further releases in a short text, or None.

    ``folded`` is the text after `fold_date`, without thousands separators. ``count`` is the number
    of rows on the page.
    """
    if not _WORD_OR_SLASH.search(folded):
        return None
    quote = text[:MAX_QUOTE]
    if places := _places_in(folded, count):
        first, last, total = places
        if last == total and first > 1:
            return UnreadSign("end", quote)
        return UnreadSign("total", quote, total) if last < total else None
    if pages := _page_of(folded, node):
        shown, last = pages
        if shown == last:
            return UnreadSign("end", quote, shown) if shown > 1 else None
        return UnreadSign("pages", quote, last)
    total = _shares(folded, count) or _total_in(folded)
    return UnreadSign("total", quote, total) if total > count else None


def _places_in(folded: str, count: int) -> tuple[int, int, int] | None:
    """Return the first and last row number and the total, as in *1-10 of 248*, or None."""
    for shape in (_RANGE_OF, _OF_RANGE):
        for match in islice(shape.finditer(folded), 3):
            first, last, total = int(match["a"]), int(match["b"]), int(match["all"])
            # Dates also contain three numbers, but no words between them.
            between = match["by"].strip()
            is_total = any(map(str.isalpha, between)) or (between == "/" and not is_year(total))
            if is_total and _is_range(first, last, total, count):
                return first, last, total
    return None


def _shares(folded: str, count: int) -> int:
    """Return the total in a text such as *10 of 248* if the page has 10 rows, otherwise 0."""
    match = _SHARE.search(folded)
    if match is None or int(match["n"]) != count:
        return 0
    by = match["by"].strip()
    if by != "/" and by not in label_words("pager.of"):
        return 0
    return 0 if is_year(int(match["all"])) else int(match["all"])


def _is_range(first: int, last: int, total: int, count: int) -> bool:
    """Whether three numbers may be the page's first row number, last row number and total.

    ``count`` is the number of items on the page.
    """
    size = last - first + 1
    if not (0 < first <= last <= total and size <= MAX_PAGE_SIZE):
        return False
    if last == total and first > 1:
        return count > 0
    return abs(size - count) <= max(2, count // 3) and (first - 1) % size == 0


def _page_of(folded: str, node: etree._Element) -> tuple[int, int] | None:
    """Return the number of the current page and of the last page, or None."""
    match = _CJK_PAGE.search(folded)
    if match is None:
        named = _PAGE_OF.search(folded)
        # "Page 1 Page 2" is a row of links, not "page 1 of 2".
        if (
            named
            and named["word"] in label_words("pager.page")
            and named["word"] not in named["by"]
        ):
            pair = int(named["n"]), int(named["m"])
            return pair if 0 < pair[0] <= pair[1] else None
        match = _OF_PAGES.fullmatch(folded)
        if match and not PAGER_CLASS.search(names_around(node, 2)):
            return None
    if match is None:
        return _page_in_field(folded, node)
    shown, last = int(match[1]), int(match[2])
    return (shown, last) if 0 < shown <= last else None


def _page_in_field(folded: str, node: etree._Element) -> tuple[int, int] | None:
    """Return the numbers of the current and the last page, or None.

    The current page number is the value of a text field.
    """
    inputs = node.iterdescendants("input")
    field = next((one for one in inputs if one.get("value") is not None), None)
    found = _OF_LAST.search(folded) if field is not None else None
    if field is None or found is None:
        return None
    if found[1] not in label_words("pager.page"):
        return None
    by = found[2].strip()
    if by != "/" and by not in label_words("pager.of"):
        return None
    value = field.get("value") or ""
    shown, last = int(value) if value.isdecimal() else 0, int(found[3])
    return (shown, last) if 0 < shown <= last <= MAX_PAGES else None


def _total_in(folded: str) -> int:
    """Return the total number of releases in a text, or 0."""
    if not folded.isascii() and (match := _CJK_TOTAL.search(folded)):
        return int(match[1] or match[2])
    for number, word in _NUMBER_WORD.findall(folded):
        if word in label_words("pager.result") and not is_year(int(number)):
            return int(number)
    match = _WORD_NUMBER.search(folded) if len(folded) <= MAX_QUOTE else None
    return int(match[2]) if match and match[1] in label_words("pager.total") else 0
