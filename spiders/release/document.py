"""What a document says of the release that it is: title, date and text beside the listing's."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from data.dates.context import DateContext
from data.dates.parse import find_dates, on_day, plausible
from data.models import Published
from data.text.clean import clean_line, clean_text
from spiders.page.page import DocumentText
from spiders.page.phrases import comparison_key

NAMELESS: Final = re.compile(
    r"(?i)microsoft (?:word|powerpoint|excel)\b.*|untitled|unbenannt|sans titre|sin t[ií]tulo"
    r"|.*\.(?:docx?|odt|rtf|indd|pdf|pptx?|xlsx?|qxd|pmd|tex|pages)|(?:scan|img|dsc|fax)[\W\d_]*"
    r"|(?:document|dokument|documento|presentation|slide|folie|page|seite)[\W\d]*|print(?:ing)?"
)
"""Titles that programs write into documents."""

BUTTON: Final = re.compile(
    r"(?i)\b(?:pdf|docx?|download(?:en)?|herunterladen|t[ée]l[ée]charger|descargar|scarica(?:re)?"
    r"|baixar|pobierz|ladda ne[dr]|lataa|скачать|завантажити|下载|下載|ダウンロード|다운로드"
    r"|the|this|here|full|text|file|document|dokument|documento|press|release|read|more|view|open"
    r"|show|get|nr|no|id|kb|mb|bytes|pages?)\b|[\W\d_]+"
)
"""What links to documents say that name nothing."""

NAMING: Final = 4
"""Letters beside those that name nothing from which on a link is a title."""

TOP: Final = 14
"""Lines at the beginning of a document among which its headline and date stand."""

HEADER: Final = 300
"""Characters above a headline up to which they are a letterhead."""

AFTER: Final = dt.timedelta(days=7)
"""How long after the day on which its document was made a release may be dated: what is later
announces something."""

EDGE, REPEATED = 2, 3
"""Lines at each edge of a page, and pages, by which running titles are known."""

PAGE_NUMBER: Final = re.compile(
    r"(?i)[-–—|\s]*(?:page|seite|p[aá]gina|strana|strona|side|sida|sivu|стр(?:аница)?)?[.:\s]*\d{1,3}"
    r"(?:\s*(?:/|of|von|de|sur|di|av|af|из|z)\s*\d{1,3})?[-–—|\s]*"
)
ENDED: Final = re.compile(r"[.!?:;…。！？”\"»’)]\s*$")
BULLET: Final = re.compile(r"\s*(?:[•‣◦▪■●○*–—-]|\(?\d{1,2}[.)]|\(?[a-z]\))\s")
BROKEN_WORD: Final = re.compile(r"(?<=[^\W\d_]{2})-$")
BROKEN_LENGTH: Final = 3
"""Characters at the end of a text by which a broken word is known."""

FULL: Final = 0.85
SHORT: Final = 0.6
"""Shares of a full line: one that ends a sentence before the first ends its paragraph, and one
below the second is a line of its own."""


def title_of(document: DocumentText, listed: str) -> tuple[str, str]:
    """The title of a document and the rule that found it; both empty where it has none.

    The listing's is what people see. What the metadata states is believed where the first page says
    it as well.
    """
    stated, headline = clean_line(document.title), clean_line(document.headline)
    first = comparison_key(document.pages[0]) if document.pages else ""
    if names_something(listed):
        return listed, "listing"
    own = names_something(stated) and not NAMELESS.fullmatch(stated)
    if own and (comparison_key(stated) in first or not headline):
        return stated, "pdf:metadata"
    if names_something(headline):
        return headline, "pdf:headline"
    return "", ""


def names_something(title: str) -> bool:
    """Whether a link or a title says more than that there is a document."""
    return len(BUTTON.sub("", title)) >= NAMING


def published_of(document: DocumentText, reading: DateContext) -> Published | None:
    """The date at the top of a document, else at its end, else the day on which it was made."""
    made = dt.date.fromisoformat(document.created) if document.created else None
    lines = [line for page in document.pages for line in page.splitlines() if line.strip()]
    for part in (lines[:TOP], lines[TOP:][-EDGE:]):
        for found in find_dates("\n".join(part), reading, "pdf:text"):
            if plausible(found, reading.now) and (made is None or found.day <= made + AFTER):
                return found
    if made is None:
        return None
    found = on_day(made, reading.zone, document.created, "pdf:metadata")
    return found if plausible(found, reading.now) else None


def text_of(document: DocumentText, title: str) -> str:
    """The text of a document, its paragraphs parted by blank lines, without headline and pages.

    PDF knows lines only: a paragraph ends where a line ends a sentence early, or before a bullet.
    """
    lines = [*_running(document.pages)]
    lines = lines[_below_headline(lines, (title, document.headline)) :]
    return clean_text("\n\n".join(_paragraphs(lines)))


def _running(pages: Sequence[str]) -> Iterator[str]:
    """The lines of all pages without running titles and page numbers."""
    split = [[line.strip() for line in page.splitlines()] for page in pages]
    filled = [[line for line in lines if line] for lines in split]
    edges = Counter(
        key
        for lines in filled
        for key in {_without_digits(line) for line in (*lines[:EDGE], *lines[-EDGE:])}
    )
    least = max(REPEATED, len(pages) // 2)
    for lines in split:
        last, said = len(lines) - EDGE, ""
        for place, line in enumerate(lines):
            at_edge = place < EDGE or place >= last
            if at_edge and (PAGE_NUMBER.fullmatch(line) or edges[_without_digits(line)] >= least):
                continue
            said = line
            yield line
        if ENDED.search(said):
            yield ""  # a page that ends a sentence ends a paragraph


def _without_digits(line: str) -> str:
    return re.sub(r"\d+", "#", line)


def _below_headline(lines: Sequence[str], headlines: Sequence[str]) -> int:
    """The place after the headline, where it stands at the top below a letterhead at most."""
    keys = [key for key in map(comparison_key, headlines) if key]
    above = 0
    for start, line in enumerate(lines[:TOP]):
        said = ""
        for end in range(start, min(start + TOP, len(lines))):
            said += comparison_key(lines[end])
            if said in keys:
                return end + 1
            if not any(key.startswith(said) for key in keys):
                break
        above += len(line)
        if above > HEADER:
            break
    return 0


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """Lines joined to paragraphs."""
    sizes = sorted(len(line) for line in lines if line)
    full = sizes[len(sizes) * 9 // 10] if sizes else 0
    part: list[str] = []
    for line in lines:
        before = part[-1] if part else ""
        early = len(before) < (FULL if ENDED.search(before) else SHORT) * full
        if part and (not line or BULLET.match(line) or (early and not line[0].islower())):
            yield joined(part)
            part = []
        if line:
            part.append(line)
    if part:
        yield joined(part)


def joined(lines: Sequence[str]) -> str:
    """Lines as one, words that were broken at their ends whole again."""
    parts: list[str] = []
    end = ""
    for line in lines:
        if BROKEN_WORD.search(end) and line[:1].islower():
            parts[-1] = parts[-1][:-1]
            end = end[:-1]
        elif parts:
            parts.append(" ")
            end += " "
        parts.append(line)
        end = (end + line)[-BROKEN_LENGTH:]
    return "".join(parts)
