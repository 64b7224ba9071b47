"""Text in one form, so that equal things compare equal: mended, in NFC, with single spaces."""

from __future__ import annotations

import re

from data.text.normal_forms import normalized

INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\u180e\u202a-\u202e\u2066-\u2069]")
"""Soft hyphens, zero-width spaces and direction marks; ZWJ and ZWNJ stay: words need them."""

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")
"""Control characters, surrogates and non-characters, which XML forbids or discourages."""

FORBIDDEN_ASCII = bytes(code for code in range(128) if FORBIDDEN.match(chr(code)))

CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Those that are never a part of confused text, and would hide it."""

SPACES = re.compile(r" ?[^\S\n ][^\S\n]*|  [^\S\n]*")
BREAKS = re.compile(r" \n ?|\n ")
"""White space that is not yet a single space, and breaks with a space beside them."""

PARAGRAPHS = re.compile(r"\n{3,}")

NO_SPACE = re.compile("[\r\x0b\x0c\x1c-\x1f]")
"""What counts as white space for Python, but is none in a text."""

CONFUSED = re.compile(
    "[\xc2-\xf4\u0152-\u0192\u0412\u0413\u0420\u0421]"
    "[\x80-\xba\xbc-\xbf\u0152-\u0192\u0402-\u040f\u0452-\u045f\u2018-\u2122]"
)
"""Two characters that the bytes of one may look like in Latin-1, Windows-1251 and their kin."""

NEAR = 3
"""Characters around such two that may tell that they are out of place."""

MOST_MENDINGS = 4

MAX_MENDED = 40_000
"""Maximum characters of a text whose encoding is mended; the rest stays as it is.

The text ends at white space, since ftfy reads a cut character several times more slowly.
"""


def clean_line(text: str) -> str:
    """One line of plain text: mended, NFC, without invisible characters, single spaces."""
    return one_line(clean_text(text))


def clean_text(text: str) -> str:
    """Text of many lines in the same form; paragraphs are parted by one blank line."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return _clean_usual(text) or _clean_any(text)


def one_line(text: str) -> str:
    """A text with single spaces for its white space, and none around it."""
    if "  " not in text and text.isprintable():
        return text.strip()  # most are: splitting takes five times longer than to see it
    return " ".join(text.split())


def _clean_usual(text: str) -> str:
    """The same for a text that has nothing to be taken out or mended, which most are; else empty.

    The methods of ``str`` are many times faster than expressions.
    """
    lines: list[str] = []
    for line in text.split("\n"):
        words = one_line(line)
        if not line.isprintable() and (NO_SPACE.search(line) or not words.isprintable()):
            return ""
        if words:
            lines.append(words)
        elif lines and lines[-1]:
            lines.append("")
    joined = "\n".join(lines).strip()
    if joined.isascii():
        return joined
    normal = normalized("NFC", joined)
    # What is composed, or loses a space, stands beside other characters than before, and may look
    # confused by them.
    confused = mend(text) != text or (normal != text and mend(normal) != normal)
    return "" if confused else normal


def _clean_any(text: str) -> str:
    text = text.replace("\r\n", "\n")
    end = mended_length(text)
    start, rest = text[:end], text[end:]
    for _ in range(MOST_MENDINGS):
        shown = INVISIBLE.sub("", CONTROLS.sub("", start))
        start = _arranged(shown if shown.isascii() else mend(shown))
        if start == shown:
            break  # else what stands beside one another now may look confused too
    if not rest:
        return start.strip()
    # White space at the cut, which `_arranged` removed, is in the rest.
    return _arranged(start + INVISIBLE.sub("", CONTROLS.sub("", rest)))


def _arranged(text: str) -> str:
    """Text in NFC without forbidden and invisible characters, with single spaces and breaks."""
    normal = text if text.isascii() else normalized("NFC", text)
    visible = INVISIBLE.sub("", FORBIDDEN.sub("", normal))
    lines = BREAKS.sub("\n", SPACES.sub(" ", visible.replace("\r", "\n")))
    return PARAGRAPHS.sub("\n\n", lines).strip()


def allowed(text: str) -> str:
    """Text without the characters that XML forbids."""
    if text.isascii():
        # Most is; then bytes can be dropped, which takes a seventh of the time.
        return text.encode().translate(None, FORBIDDEN_ASCII).decode()
    return FORBIDDEN.sub("", text)


def mended_length(text: str) -> int:
    """Characters of a text whose encoding is mended: all, or up to white space in a long text."""
    if len(text) <= MAX_MENDED:
        return len(text)
    end = max(text.rfind(space, 0, MAX_MENDED) for space in "\n ")
    # All white space at the cut is in the rest, so that a break there is not lost.
    return len(text[: max(end, 0)].rstrip()) or MAX_MENDED


def mend(text: str) -> str:
    """Text whose encoding was confused somewhere upstream, put right where that is certain."""
    end = mended_length(text)
    if end < len(text):
        return mend(text[:end]) + text[end:]
    # ftfy's own look at a whole text takes thirty times longer, and most texts are well.
    places = [match.span() for match in CONFUSED.finditer(text)]
    if not places:
        return text
    import ftfy  # noqa: PLC0415 - loads tables of characters that few texts need
    from ftfy.badness import is_bad  # noqa: PLC0415 - as above

    if any(is_bad(text[max(0, low - NEAR) : high + NEAR]) for low, high in places):
        return ftfy.fix_encoding(text)
    return text


LONGEST_NAME = 500
"""Characters that a title or any other name may have in a feed."""


def plain(text: str) -> str:
    """One line of text without characters that XML forbids; never HTML."""
    return " ".join(allowed(text).split())


def excerpt(text: str, length: int = 300) -> str:
    """The beginning of a text, at most ``length`` characters, cut at a word where words are parted.

    Many scripts put no spaces between words: a text is cut anywhere rather than lose a third of it.
    """
    line = plain(text)
    if len(line) <= length:
        return line
    said = line[: length - 1]
    whole = said.rpartition(" ")[0]
    return (whole if 3 * len(whole) > 2 * len(said) else said).rstrip(",;:–—- ") + "…"


def as_name(text: str) -> str:
    """A text as a name: one line of at most LONGEST_NAME characters."""
    return excerpt(text, LONGEST_NAME)
