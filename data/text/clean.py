"""Cleaning of texts, so that equivalent texts compare equal.

Repairs the encoding, and normalizes to NFC and single spaces.
"""

import re

from data.text.folding import normalized

INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\u180e\u202a-\u202e\u2066-\u2069]")
"""Pattern that matches soft hyphens, zero-width spaces and direction marks. ZWJ and ZWNJ are kept,
because words in some scripts need them."""

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")
"""Pattern of control characters, surrogates and non-characters, which XML forbids or discourages.
"""

FORBIDDEN_ASCII = bytes(code for code in range(128) if FORBIDDEN.match(chr(code)))

CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Pattern of control characters that never belong to mojibake (wrongly decoded text), but would
prevent its detection."""

SPACES = re.compile(r" ?[^\S\n ][^\S\n]*|  [^\S\n]*")
BREAKS = re.compile(r" \n ?|\n ")
"""Pattern that matches a line break with adjacent spaces."""

PARAGRAPHS = re.compile(r"\n{3,}")

NO_SPACE = re.compile("[\r\x0b\x0c\x1c-\x1f]")
"""Pattern for characters that Python counts as white space, but that do not separate
words."""

CONFUSED = re.compile(
    "[\xc2-\xf4\u0152-\u0192\u0412\u0413\u0420\u0421]"
    "[\x80-\xba\xbc-\xbf\u0152-\u0192\u0402-\u040f\u0452-\u045f\u2018-\u2122]"
)
"""Pattern of a suspected mojibake pair: two bytes of one character that were decoded as Latin-1,
Windows-1251 or similar."""

MOJIBAKE_CONTEXT = 3
"""Number of characters checked on each side of a suspected mojibake pair."""

MAX_REPAIRS = 4
"""Maximum number of passes in which the encoding of a text is repaired."""

MAX_MENDED = 40_000
"""Maximum length in characters of the part of a text whose encoding is repaired.

This part ends at white space, because ftfy is several times slower on a split character.
"""

MAX_NAME_LENGTH = 500
"""Maximum length in characters of titles and other names in feeds."""


def clean_line(text: str) -> str:
    """Return a text as one clean line.

    The encoding of the text is repaired. The result is in NFC and has single spaces and no
    invisible characters.
    """
    return one_line(clean_text(text))


def clean_text(text: str) -> str:
    """Clean a text of several lines, and separate its paragraphs by one blank line."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return _clean_usual(text) or _clean_any(text)


def one_line(text: str) -> str:
    """Replace each run of white space by a single space, and strip both ends."""
    if "  " not in text and text.isprintable():
        return (
            text.strip()
        )  # This test is for the common case and five times faster than splitting.
    return " ".join(text.split())


def _clean_usual(text: str) -> str:
    """Clean a text that needs no removals or repairs, or return "" for any other text.

    Most texts need neither. For them, string methods are many times faster than regular
    expressions.
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
    # Removed spaces and composed characters bring other characters together, like mojibake.
    confused = mend(text) != text or (normal != text and mend(normal) != normal)
    return "" if confused else normal


def _clean_any(text: str) -> str:
    text = text.replace("\r\n", "\n")
    end = mended_length(text)
    start, rest = text[:end], text[end:]
    for _ in range(MAX_REPAIRS):
        shown = INVISIBLE.sub("", CONTROLS.sub("", start))
        start = _arranged(shown if shown.isascii() else mend(shown))
        if start == shown:
            break  # After a change, characters that are now adjacent may look like mojibake.
    if not rest:
        return start.strip()
    # `_arranged` removed the white space at the cut, but ``rest`` still begins with it.
    return _arranged(start + INVISIBLE.sub("", CONTROLS.sub("", rest)))


def _arranged(text: str) -> str:
    """Return a text in NFC with single spaces, without forbidden and invisible characters."""
    normal = text if text.isascii() else normalized("NFC", text)
    visible = INVISIBLE.sub("", FORBIDDEN.sub("", normal))
    lines = BREAKS.sub("\n", SPACES.sub(" ", visible.replace("\r", "\n")))
    return PARAGRAPHS.sub("\n\n", lines).strip()


def allowed(text: str) -> str:
    """Remove all characters that XML forbids."""
    if text.isascii():
        # Most texts are ASCII. Deleting bytes takes a seventh of the time of the pattern.
        return text.encode().translate(None, FORBIDDEN_ASCII).decode()
    return FORBIDDEN.sub("", text)


def mended_length(text: str) -> int:
    """Return the length of the part of a text whose encoding is repaired.

    A short text is repaired as a whole. In a long text, the part ends at white space.
    """
    if len(text) <= MAX_MENDED:
        return len(text)
    end = max(text.rfind(space, 0, MAX_MENDED) for space in "\n ")
    # The remaining part keeps the white space at the cut, so that no line break is lost.
    return len(text[: max(end, 0)].rstrip()) or MAX_MENDED


def mend(text: str) -> str:
    """Repair mojibake (wrongly decoded characters) in a text if the repair is certain."""
    end = mended_length(text)
    if end < len(text):
        return mend(text[:end]) + text[end:]
    # Most texts need no repair. To determine this, ftfy takes thirty times longer than the pattern.
    places = [match.span() for match in CONFUSED.finditer(text)]
    if not places:
        return text
    import ftfy  # noqa: PLC0415 - loads tables that few texts need
    from ftfy.badness import is_bad  # noqa: PLC0415 - as above

    if any(
        is_bad(text[max(0, low - MOJIBAKE_CONTEXT) : high + MOJIBAKE_CONTEXT])
        for low, high in places
    ):
        return ftfy.fix_encoding(text)
    return text


def plain(text: str) -> str:
    """Return a text as one line, without characters that XML forbids. The text must not be HTML."""
    return " ".join(allowed(text).split())


def excerpt(text: str, length: int = 300) -> str:
    """Return the beginning of a text: at most ``length`` characters, cut between words if possible.

    Texts in scripts without spaces are cut anywhere.
    """
    line = plain(text)
    if len(line) <= length:
        return line
    shortened = line[: length - 1]
    whole = shortened.rpartition(" ")[0]
    return (whole if 3 * len(whole) > 2 * len(shortened) else shortened).rstrip(",;:–—- ") + "…"


def as_name(text: str) -> str:
    """Return a text as one line of at most MAX_NAME_LENGTH characters."""
    return excerpt(text, MAX_NAME_LENGTH)
