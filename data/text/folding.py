"""The four forms that text is compared in, side by side: what each makes of the same text.

| text | fold_date | fold_keyword | fold_search | fold_label |
|---|---|---|---|---|
| École | ecole | ecole | ecole | école |
| İzmir ırmak | izmir irmak | izmir irmak | izmir irmak | i̇zmir ırmak |
| Straße Łódź | strasse łodz | strasse lodz | strasse łodz | strasse łódź |
| ٣ | 3 | ٣ | ٣ | ٣ |
| كتاب | كتاب | کتاب | كتاب | كتاب |
| a–b | a-b | a–b | a b | a–b |
| 東京 | 東京 | 東京 | 東 京 | 東京 |

Dates are found by it, and read digit by digit: what it makes of a character stands in that
character's place. Keywords are written by people who may leave accents out, so letters that some
keyboards lack are joined too. Searches find whole words, so all but words is dropped, and scripts
that part no words are parted. Labels name a topic for ever: only case is dropped, lest two become
one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from data.text.normal_forms import normalized
from data.text.words import spaced

MARKS: Final = re.compile("[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0640]")
LETTERS: Final = str.maketrans(
    {"ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ə": "e"}
    | {"ґ": "г", "ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه"}
)
MEMORY: Final = 50_000
"""Words whose form is remembered: bounded, because texts are hostile."""

ACCENTS: Final = re.compile("[\u0300-\u036f]")
NO_WORD: Final = re.compile(r"[^\w\u0300-\U0001ffff]|[\u2000-\u206f\u3000-\u303f]")


class _DateFold(dict[int, str]):
    """What each character becomes where dates are read; filled as characters are met."""

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
        elif 0xAC00 <= code <= 0xD7A3:  # noqa: PLR2004 - Hangul must not fall apart into letters
            folded = char
        else:
            parts = normalized("NFKD", char).casefold()
            loose = (unicodedata.category(c)[0] in "MC" and not "ऀ" <= c <= "\u109f" for c in parts)
            folded = "".join(c for c, drop in zip(parts, loose, strict=True) if not drop)
        self[code] = folded
        return folded


_DATE_FOLD = _DateFold()


def fold_date(text: str) -> str:
    """Text as dates are matched in it: no case, no accents, ASCII digits and hyphens."""
    return text.translate(_DATE_FOLD)


@lru_cache(maxsize=MEMORY)
def fold_keyword(word: str) -> str:
    """The skeleton of a word that keyword rules are compared with."""
    if word.isascii():
        return word.lower()
    bare = MARKS.sub("", normalized("NFKD", word.lower()))
    return bare.translate(LETTERS)


def fold_search(text: str) -> str:
    """Text as it is indexed: words parted by single spaces, without case and accents."""
    plain = text.casefold()
    if not plain.isascii():
        decomposed = normalized("NFKD", plain)
        # In Turkish and Azerbaijani ı is the small letter of I, which becomes i elsewhere.
        bare = ACCENTS.sub("", decomposed).replace("ı", "i")
        plain = spaced(normalized("NFC", bare))
        plain = plain.encode("utf-8", "replace").decode()
    return " ".join(NO_WORD.sub(" ", plain).split())


def fold_label(label: str) -> str:
    """A label of a topic as it is compared: casefolded, composed (NFC), single spaces."""
    folded = normalized("NFD", label).casefold()
    return " ".join(normalized("NFC", folded).split())
