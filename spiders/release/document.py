"""Extract title and text of a release that is a document, such as a PDF."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from data.languages.vocabulary import pattern
from data.text.clean import clean_line, clean_text
from spiders.page.media_files import DocumentText
from spiders.page.phrases import comparison_key

DEFAULT_TITLE: Final = re.compile(
    r"(?i)microsoft (?:word|powerpoint|excel)\b.*|untitled|unbenannt|sans titre|sin t[ií]tulo"
    r"|.*\.(?:docx?|odt|rtf|indd|pdf|pptx?|xlsx?|qxd|pmd|tex|pages)|(?:scan|img|dsc|fax)[\W\d_]*"
    r"|(?:document|dokument|documento|presentation|slide|folie|page|seite)[\W\d]*|print(?:ing)?"
)
"""Pattern of default titles and file names in a document's metadata. They are not its real title.
"""

BUTTON_WORDS: Final = r"\b{}\b|[\W\d_]+"
"""Template of the pattern of words and numbers in a link's text that do not describe the document.
"""

MIN_NAME_LENGTH: Final = 4
"""Minimum length in characters of a title without its `BUTTON_WORDS` words."""

HEADLINE_LINES: Final = 14
"""Number of lines at the start of a document that are searched for the headline."""

MAX_LETTERHEAD_LENGTH: Final = 300
"""Maximum length of the letterhead above a headline, in characters."""

EDGE_LINES, MIN_REPEATING_PAGES = 2, 3
"""Limits for recognizing running titles, which are repeated at the edges of pages.

- `EDGE_LINES`: number of lines compared at the top and bottom of a page
- `MIN_REPEATING_PAGES`: minimum number of pages with the same line, which must also be at least
  half of all pages
"""

PAGE_NUMBER: Final = re.compile(
    r"(?i)[-–—|\s]*(?:page|seite|p[aá]gina|strana|strona|side|sida|sivu|стр(?:аница)?)?[.:\s]*\d{1,3}"
    r"(?:\s*(?:/|of|von|de|sur|di|av|af|из|z)\s*\d{1,3})?[-–—|\s]*"
)
ENDED: Final = re.compile(r"[.!?:;…。！？”\"»’)]\s*$")
BULLET: Final = re.compile(r"\s*(?:[•‣◦▪■●○*–—-]|\(?\d{1,2}[.)]|\(?[a-z]\))\s")
BROKEN_WORD: Final = re.compile(r"(?<=[^\W\d_]{2})-$")
BROKEN_LENGTH: Final = 3
"""Number of characters at the end of a line that are checked for a hyphenated word."""

MAX_LAST_SENTENCE_LINE: Final = 0.85
"""Maximum length of a paragraph's last line if the line ends a sentence, as a share of a full
line's length."""

MAX_LAST_LINE: Final = 0.6
"""Maximum length of a paragraph's last line if the line does not end a sentence, as a share of a
full line's length."""


def title_of(document: DocumentText, listed: str) -> tuple[str, str]:
    """Return the title of a document and the name of the extraction rule, or two empty strings.

    The listing's title (``listed``) comes first, because readers see it. The title in the
    document's metadata is used if the first page contains it or has no headline. Otherwise, the
    headline is used.
    """
    stated, headline = clean_line(document.title), clean_line(document.headline)
    first = comparison_key(document.pages[0]) if document.pages else ""
    if names_something(listed):
        return listed, "listing"
    own = names_something(stated) and not DEFAULT_TITLE.fullmatch(stated)
    if own and (comparison_key(stated) in first or not headline):
        return stated, "pdf:metadata"
    if names_something(headline):
        return headline, "pdf:headline"
    return "", ""


def names_something(title: str) -> bool:
    """Whether a title or link text describes a document, unlike "download PDF"."""
    return len(pattern("links.documents", BUTTON_WORDS).sub("", title)) >= MIN_NAME_LENGTH


def body_text_of(document: DocumentText, title: str) -> str:
    """Return the text of a document without headline, running titles and page numbers.

    Paragraphs are separated by blank lines. As a PDF stores only lines, paragraphs are detected: a
    short line ends a paragraph, and a bullet begins one.
    """
    lines = [*_running(document.pages)]
    lines = lines[_below_headline(lines, (title, document.headline)) :]
    return clean_text("\n\n".join(_paragraphs(lines)))


def _running(pages: Sequence[str]) -> Iterator[str]:
    """Yield the lines of all pages without running titles and page numbers."""
    split = [[line.strip() for line in page.splitlines()] for page in pages]
    filled = [[line for line in lines if line] for lines in split]
    edges = Counter(
        key
        for lines in filled
        for key in {_without_digits(line) for line in (*lines[:EDGE_LINES], *lines[-EDGE_LINES:])}
    )
    least = max(MIN_REPEATING_PAGES, len(pages) // 2)
    for lines in split:
        last, running = len(lines) - EDGE_LINES, ""
        for place, line in enumerate(lines):
            at_edge = place < EDGE_LINES or place >= last
            if at_edge and (PAGE_NUMBER.fullmatch(line) or edges[_without_digits(line)] >= least):
                continue
            running = line
            yield line
        if ENDED.search(running):
            yield ""  # If a page ends with a complete sentence, its paragraph ends too.


def _without_digits(line: str) -> str:
    return re.sub(r"\d+", "#", line)


def _below_headline(lines: Sequence[str], headlines: Sequence[str]) -> int:
    """Return the index of the first line below the headline, or 0 without a headline at the top.

    Only a letterhead of at most `MAX_LETTERHEAD_LENGTH` characters may precede the headline.
    """
    keys = [key for key in map(comparison_key, headlines) if key]
    above = 0
    for start, line in enumerate(lines[:HEADLINE_LINES]):
        joined = ""
        for end in range(start, min(start + HEADLINE_LINES, len(lines))):
            joined += comparison_key(lines[end])
            if joined in keys:
                return end + 1
            if not any(key.startswith(joined) for key in keys):
                break
        above += len(line)
        if above > MAX_LETTERHEAD_LENGTH:
            break
    return 0


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """Join lines into paragraphs, and yield the paragraphs."""
    sizes = sorted(len(line) for line in lines if line)
    full = sizes[len(sizes) * 9 // 10] if sizes else 0
    part: list[str] = []
    for line in lines:
        before = part[-1] if part else ""
        early = (
            len(before) < (MAX_LAST_SENTENCE_LINE if ENDED.search(before) else MAX_LAST_LINE) * full
        )
        if part and (not line or BULLET.match(line) or (early and not line[0].islower())):
            yield rejoined_lines(part)
            part = []
        if line:
            part.append(line)
    if part:
        yield rejoined_lines(part)


def rejoined_lines(lines: Sequence[str]) -> str:
    """Join lines into one text and rejoin words hyphenated at line ends."""
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
