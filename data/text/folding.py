"""Folding of texts for comparisons (dates, keywords, searches, labels), and slugs.

| text | fold_date | fold_keyword | fold_search | fold_label |
|---|---|---|---|---|
| École | ecole | ecole | ecole | école |
| İzmir ırmak | izmir irmak | izmir irmak | izmir irmak | i̇zmir ırmak |
| Straße Łódź | strasse łodz | strasse lodz | strasse łodz | strasse łódź |
| ٣ | 3 | ٣ | ٣ | ٣ |
| كتاب | كتاب | کتاب | كتاب | كتاب |
| a–b | a-b | a–b | a b | a–b |
| 東京 | 東京 | 東京 | 東 京 | 東京 |

Date patterns need one ASCII digit per digit. People who write keywords may omit accents, so
`fold_keyword` also merges letters that are missing on some keyboards. Searches compare whole words,
so `fold_search` removes all other characters and separates the letters of scripts without spaces.
Labels are permanent names of topics, so `fold_label` ignores only case and white space. Different
labels then stay different.

`normalized` returns Unicode normal forms in linear time, while `unicodedata.normalize` sorts runs
of combining marks in quadratic time. No language has more than 30 combining marks in a row, so
longer runs are split first, as in the Stream-Safe Text Format (UAX #15, section 13).
"""

import re
import unicodedata
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Final, Literal, TypeAlias

from anyascii import anyascii

from data.text.words import spaced

MARKS: Final = re.compile("[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0640]")
LETTERS: Final = str.maketrans(
    {"ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ə": "e"}
    | {"ґ": "г", "ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه"}
)
MAX_CACHED_WORDS: Final = 50_000
"""Maximum number of cached words, so that hostile texts can't fill the memory."""

ACCENTS: Final = re.compile("[\u0300-\u036f]")
NO_WORD: Final = re.compile(r"[^\w\u0300-\U0001ffff]|[\u2000-\u206f\u3000-\u303f]")

Form: TypeAlias = Literal["NFC", "NFD", "NFKC", "NFKD"]

MAX_MARKS: Final = 30
"""Maximum number of successive combining marks after a letter."""

JOINER: Final = "\u034f"
"""Invisible character (combining grapheme joiner) that splits long runs of combining marks."""

BECOME_MARKS: Final = frozenset("\u0f73\u0f75\u0f81\uff9e\uff9f")
"""Characters that are not combining marks but decompose into combining marks."""

END_OF_MARKS: Final = 0x20000
"""First code point after the last Unicode plane with combining marks."""

_POSSIBLE_MARK: Final = r"[^\x00-\u02ff\s\w]"
_POSSIBLE_MARK_OF_ANY: Final = r"(?:[^\x00-\u02ff\s\w]|[\uff9e\uff9f])"
POSSIBLE_RUN: Final = re.compile(rf"{_POSSIBLE_MARK}{_POSSIBLE_MARK}{{{MAX_MARKS},}}")
"""Pattern for more than MAX_MARKS successive characters that may be combining marks.

The first character is separate, because the search for a single character is faster."""

POSSIBLE_RUN_OF_ANY: Final = re.compile(rf"{_POSSIBLE_MARK_OF_ANY}{{{MAX_MARKS + 1},}}")

SLUG_LENGTH = 80
PLAIN_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
PLAIN_LABEL = re.compile(r"[a-z0-9]+(--?[a-z0-9]+)*")
DIGITS = "abcdefghijkmnpqrstuvwxyz23456789"
DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [device + str(number) for device in ("com", "lpt") for number in range(10)]
)
"""File names that Windows reserves for devices, whatever the extension."""

RESERVED = DEVICES | {"index"}
"""Slugs that can't be file names. ``index`` is the name of a folder's page."""


class _DateFold(dict[int, str]):
    """Map from characters to their folded form for dates, filled on demand."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char.isdecimal():
            folded = str(unicodedata.decimal(char))
        elif char.isspace():
            folded = " "
        elif char in "ıIİ":
            folded = "i"
        elif char in "‐‑‒–—−":
            folded = "-"
        elif 0xAC00 <= code <= 0xD7A3:  # noqa: PLR2004 - Hangul syllables must not be decomposed
            folded = char
        else:
            parts = normalized("NFKD", char).casefold()
            loose = (unicodedata.category(c)[0] in "MC" and not "ऀ" <= c <= "\u109f" for c in parts)
            folded = "".join(c for c, drop in zip(parts, loose, strict=True) if not drop)
        self[code] = folded
        return folded


_DATE_FOLD = _DateFold()


def fold_date(text: str) -> str:
    """Fold a text for date patterns: lower case, no accents, ASCII digits and hyphens."""
    if text.isascii() and text.isprintable():
        return text.lower()
    return text.translate(_DATE_FOLD)


@lru_cache(maxsize=MAX_CACHED_WORDS)
def fold_keyword(word: str) -> str:
    """Fold a word for comparison with keywords: lower case, no accents, merged letter variants."""
    if word.isascii():
        return word.lower()
    bare = MARKS.sub("", normalized("NFKD", word.lower()))
    return bare.translate(LETTERS)


def fold_search(text: str) -> str:
    """Fold a text for the search index: words in lower case without accents, and single spaces."""
    plain = text.casefold()
    if not plain.isascii():
        decomposed = normalized("NFKD", plain)
        # In Turkish and Azerbaijani, ı is the lower case of I, which is i in other languages.
        bare = ACCENTS.sub("", decomposed).replace("ı", "i")
        plain = spaced(normalized("NFC", bare))
        plain = plain.encode("utf-8", "replace").decode()
    return " ".join(NO_WORD.sub(" ", plain).split())


def fold_label(label: str) -> str:
    """Fold the label of a topic: lower case, NFC, single spaces."""
    folded = normalized("NFD", label).casefold()
    return " ".join(normalized("NFC", folded).split())


def normalized(form: Form, text: str) -> str:
    """Return a text in a Unicode normal form.

    A joiner is inserted after 30 successive combining marks (see `stream_safe`).
    """
    return unicodedata.normalize(form, stream_safe(text))  # noqa: TID251 - the only place that calls it


def stream_safe(text: str) -> str:
    """Insert a joiner after 30 successive combining marks. Most texts are unchanged."""
    if text.isascii():
        return text
    possible = POSSIBLE_RUN_OF_ANY if "\uff9e" in text or "\uff9f" in text else POSSIBLE_RUN
    if not possible.search(text):
        return text
    return _full_run().sub(rf"\g<0>{JOINER}", text)


@cache
def _full_run() -> re.Pattern[str]:
    """Return the pattern that matches 30 combining marks before another combining mark.

    The pattern is compiled on first use, because compiling takes 20 ms.
    """
    found = (chr(code) for code in range(0x300, END_OF_MARKS))
    marks = "".join(char for char in found if unicodedata.combining(char))
    mark = f"[{marks}{''.join(sorted(BECOME_MARKS))}]"
    return re.compile(f"{mark}{{{MAX_MARKS}}}(?={mark})")


def slug_of(label: str) -> str:
    """Return a unique name for a label, which is safe in file names and URLs.

    Labels that differ only in case, composition or white space have the same slug; other labels
    never do. If lower-case ASCII words can't express the whole label, an underscore and 50 bits of
    the label's BLAKE2b digest follow. A hyphen represents a space, so hyphens of the label are
    doubled. A slug has at most 80 characters from ``a-z0-9-_``.
    """
    compared = fold_label(label)
    plain = compared.replace("-", "--").replace(" ", "-")
    if PLAIN_LABEL.fullmatch(plain) and len(plain) <= SLUG_LENGTH and plain not in RESERVED:
        return plain
    digest = int.from_bytes(blake2b(compared.encode("utf-8", "surrogatepass")).digest()[:8])
    suffix = "_" + "".join(DIGITS[digest >> 5 * place & 31] for place in range(10))
    words = re.findall("[a-z0-9]+", anyascii(compared[:SLUG_LENGTH]).lower())
    stem = "-".join(words)[: SLUG_LENGTH - len(suffix)].rstrip("-")
    return (stem or "topic") + suffix
