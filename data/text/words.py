"""Split texts into words for comparisons.

White space, case, punctuation and view counters are ignored, but not digits, currency signs and
minus signs.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from data.languages.vocabulary import alternatives, words

Hashes: TypeAlias = NDArray[np.uint64]
Letters: TypeAlias = NDArray[np.uint32] | NDArray[np.uint8]
Roles: TypeAlias = NDArray[np.uint8]
Places: TypeAlias = NDArray[np.intp]

UNSPACED: Final = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003134f]"
)
"""Pattern that matches letters of scripts without spaces between words (Thai, Lao, Khmer, Chinese
…)."""

SPACE, DASH, ALONE, LETTER, FIGURE = range(5)
"""Roles of characters: a separator, a dash or minus, a character that is a word of its own, a
letter within a word, and a digit used in counters."""

PLAIN: Final = dict(zip("-\u2212_%$", (DASH, DASH, LETTER, ALONE, ALONE), strict=True))
ROLE_BITS: Final = 3
ROLES: Final = np.uint32((1 << ROLE_BITS) - 1)
ROLE_SHIFT: Final = np.uint32(ROLE_BITS)
CODES: Final = {1: "ascii", 4: "utf-32-le"}
MINUS, ZERO, NINE = map(ord, "-09")
PLANE: Final = 0x10000
"""Number of code points in the table of characters (the Basic Multilingual Plane). Other characters
are rare."""

MAX_CACHED_CHARACTERS: Final = 10_000
"""Maximum length in characters of a text whose word hashes are cached."""

SEVERAL: Final = np.uint32(ROLES)
"""Table entry for characters that are not in the table or fold to several characters."""

_BASE: Final = 0x9E3779B97F4A7C15
_INVERSE: Final = pow(_BASE, -1, 1 << 64)
_MIX: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_HALF: Final = np.uint64(32)
_ASCII: Final = bytes(range(128))
_roles: dict[str, str] = {}
_table: Final = np.zeros(PLANE, np.uint32)
"""Table of case-folded characters of the Basic Multilingual Plane, with their roles in the low
bits.

Entries are 0 until first used. The last entry is for all characters of other planes.
"""
_table[-1] = SEVERAL

COUNT: Final = r"\d[\d.,\s]*(?:k|m|тыс\.?)?"
MAX_COUNTER_LENGTH: Final = 80
"""Maximum length in characters of a line with a view counter or relative time."""

MAX_COUNTER_SPACES: Final = 8
"""Maximum number of spaces in a line with a view counter or relative time."""

DIGIT: Final = re.compile("[0-9٠-٩۰-۹०-९০-৯]")
"""Pattern that matches digits used in counters. Searching for all Unicode digits takes twice as
long."""

NOT_PLAIN: Final = re.compile("[-%$]")
"""Pattern of a dash, which may be a minus, or of an ASCII sign that is a word."""

AGO: Final = "ago"
"""Word that marks a relative time, even one without digits ("an hour ago")."""


SIGN: Final = re.compile(
    r"(?<=\d)[.,:/](?=\d)|[#§+<=>~°±×÷\u2200-\u2211\u2213-\u2218\u221a-\u22c4\u22c6-\u22ff\u2600-\u275a]"
    r"|[\U0001f300-\U0001faff]"
)
"""Pattern that matches meaningful signs: a separator within a number, a mathematical symbol, an
emoji, a tick or a star. Quotation marks, dashes, arrows and bullets are not meaningful."""

QUANTITY_SIGN: Final = re.compile(r"[+<=>±≈\u2260\u2264\u2265](?=\s?\d)")
"""Pattern that matches a sign before a number. The minus is excluded, because some of its
characters are also dashes."""


class Words:
    """The case-folded words of a text. View counters such as "1,204 views" are left out.

    In scripts without spaces, each letter counts as a word.
    """

    def __init__(self, text: str) -> None:
        folded, roles = _read(text)
        held = roles.tobytes()
        if (FIGURE in held or AGO in text) and _counts(text):
            folded, roles = _read(without_counters(text))
            held = roles.tobytes()
        if DASH in held:
            folded, roles = folded.copy(), roles.copy()
            _part_minus(folded, roles, (roles == DASH).nonzero()[0])
            held = roles.tobytes()
        self._letters = folded
        self._starts, self._ends = _edges(roles, alone=ALONE in held)

    @property
    def texts(self) -> list[str]:
        """Return the words as strings."""
        text = self._letters.tobytes().decode(CODES[self._letters.itemsize])
        return [text[a:b] for a, b in zip(self._starts.tolist(), self._ends.tolist(), strict=True)]

    @property
    def hashes(self) -> Hashes:
        """Return one 64-bit hash per word, in order: a polynomial of its letters, mixed.

        Source: R. Karp and M. Rabin, "Efficient randomized pattern-matching algorithms" (1987).
        """
        powers, inverses = _powers(len(self._letters))
        sums = np.zeros(len(self._letters) + 1, np.uint64)
        np.cumsum(self._letters * powers, out=sums[1:])
        hashes: Hashes = (sums[self._ends] - sums[self._starts]) * inverses[self._starts]
        hashes ^= hashes >> _HALF
        hashes *= _MIX
        return hashes


def tokens(text: str) -> list[str]:
    """Return the words of a text, as defined by `Words`."""
    is_plain = text.isascii() and not NOT_PLAIN.search(text)
    if is_plain and not ((AGO in text or DIGIT.search(text)) and _counts(text)):
        # Most titles are read without arrays, which takes a tenth of the time.
        return text.translate(_separators()).casefold().split()
    return Words(text).texts if text and not text.isspace() else []


def words_and_signs(text: str) -> list[str]:
    """Return the words of a text and the signs that have a meaning (`SIGN`), in order.

    Each sign is a word with its code, such as ``sign2264``.
    """
    if not SIGN.search(text):
        return tokens(text)
    spelled = SIGN.sub(lambda sign: f" sign{ord(sign[0]):x} ", without_counters(text))
    return tokens(spelled)


def quantity_signs(text: str) -> list[str]:
    """Return the signs before numbers (`QUANTITY_SIGN`) in order."""
    return QUANTITY_SIGN.findall(without_counters(text)) if QUANTITY_SIGN.search(text) else []


def word_hashes(text: str) -> Hashes:
    """Return a read-only array with the hashes of a text's words; see `Words`."""
    return _remembered(text) if len(text) <= MAX_CACHED_CHARACTERS else _word_hashes(text)


def _word_hashes(text: str) -> Hashes:
    hashes = Words(text).hashes
    hashes.flags.writeable = False
    return hashes


# A draft is compared with drafts of the same visit and, about 40 drafts later, with stored
# releases. Parallel visits share this cache.
_remembered = lru_cache(maxsize=1024)(_word_hashes)


def role(char: str) -> str:
    """Return the replacement for a character: unchanged, with spaces around it, or a space."""
    category = unicodedata.category(char)
    if UNSPACED.match(char):
        return f" {char} "
    if category[0] in "LNM" or category == "Co":
        return char
    if char == "\u2212":
        return "-"
    return f" {char} " if category == "Sc" or char == "‰" else " "


def spaced(text: str) -> str:
    """Put spaces around non-ASCII characters that are words, and in place of separators."""
    if text.isascii():
        return text
    for char in set(text.encode("utf-8", "replace").translate(None, _ASCII).decode()):
        spelled = _roles.get(char)
        if spelled is None:
            spelled = _roles[char] = role(char)
        if spelled != char:
            text = text.replace(char, spelled)
    return text


def _letters(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)


def _counts(text: str) -> bool:
    """Return whether a line is a view counter or a relative time ("3 hours ago").

    Only short lines with a digit or the word "ago" are checked.
    """
    return any(
        uncounted(line) is not None
        for line in text.split("\n")
        if len(line) <= MAX_COUNTER_LENGTH and (DIGIT.search(line) or AGO in line)
    )


def _read(text: str) -> tuple[Letters, Roles]:
    """Return the case-folded characters of a text, and the role of each character."""
    if text.isascii():
        # Reading one byte per character is several times faster than reading four.
        folds, roles_of = _ascii()
        raw = text.encode()
        return (
            np.frombuffer(raw.translate(folds), np.uint8),
            np.frombuffer(raw.translate(roles_of), np.uint8),
        )
    letters = _letters(text)
    read = _looked_up(letters)
    if (read != SEVERAL).all():
        return read >> ROLE_SHIFT, (read & ROLES).astype(np.uint8)
    # These characters fold to several characters, or are not in the table.
    folded = _letters(text.casefold())
    roles = (_looked_up(folded) & ROLES).astype(np.uint8)
    for letter in np.unique(folded[folded >= PLANE - 1]).tolist():
        roles[folded == letter] = _role_of(chr(letter))
    return folded, roles


def _looked_up(letters: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return the table entries of characters. New characters are added to the table first."""
    found = _table.take(letters, mode="clip")
    if not found.all():
        for code in np.unique(letters[found == 0]).tolist():
            folded = chr(code).casefold()
            one = len(folded) == 1
            _table[code] = ord(folded) << ROLE_BITS | _role_of(chr(code)) if one else SEVERAL
        found = _table.take(letters, mode="clip")
    return found


def _edges(roles: Roles, *, alone: bool) -> tuple[Places, Places]:
    """Return the positions where words begin, and the positions where words end.

    ``alone`` is true if the text has any character that is a separate word.
    """
    inside = np.zeros(len(roles) + 2, np.bool_)
    np.greater_equal(roles, LETTER, out=inside[1:-1])
    edges = (inside[1:] != inside[:-1]).nonzero()[0]
    starts, ends = edges[::2], edges[1::2]
    if alone:
        single = (roles == ALONE).nonzero()[0]
        # A stable sort merges the two sorted runs in linear time.
        starts = np.sort(np.concatenate([starts, single]), kind="stable")
        ends = np.sort(np.concatenate([ends, single + 1]), kind="stable")
    return starts, ends


@cache
def _separators() -> dict[int, str]:
    """Return a table for str.translate that replaces the ASCII separators with spaces."""
    return {code: " " for code in range(len(_ASCII)) if _role_of(chr(code)) == SPACE}


@cache
def _ascii() -> tuple[bytes, bytes]:
    """Return two tables for bytes.translate: from ASCII to case-folded characters, and to roles."""
    low = [chr(code) for code in range(len(_ASCII))]
    rest = bytes(len(_ASCII))
    return (
        "".join(low).casefold().encode() + rest,
        bytes(map(_role_of, low)) + rest,
    )


def _role_of(char: str) -> int:
    if char in PLAIN:
        return PLAIN[char]
    spelled = role(char)
    if spelled == " ":
        return SPACE
    if spelled != char:
        return ALONE
    return FIGURE if DIGIT.match(char) else LETTER


def _part_minus(letters: Letters, roles: Roles, dashes: NDArray[np.intp]) -> None:
    """Set the role of each dash. A minus is a separate word, and other dashes are separators.

    A minus precedes a digit and is at the start of the text or after a space or bracket.
    """
    roles[dashes] = SPACE
    after = letters.take(dashes + 1, mode="clip")
    for at in dashes[(after >= ZERO) & (after <= NINE)].tolist():
        before = chr(letters[at - 1]) if at else " "
        if before.isspace() or before == "(":
            roles[at], letters[at] = ALONE, MINUS


def _powers(count: int) -> tuple[Hashes, Hashes]:
    """Return the first ``count`` powers of the hash base and of its inverse, modulo 2**64."""
    # The powers for short texts are computed once.
    powers, inverses = _short_powers() if count <= PLANE else _powers_up_to(count)
    return powers[:count], inverses[:count]


@cache
def _short_powers() -> tuple[Hashes, Hashes]:
    return _powers_up_to(PLANE)


def _powers_up_to(count: int) -> tuple[Hashes, Hashes]:
    powers = np.full(count, _BASE, np.uint64)
    inverses = np.full(count, _INVERSE, np.uint64)
    powers[0] = inverses[0] = 1
    return np.cumprod(powers, dtype=np.uint64), np.cumprod(inverses, dtype=np.uint64)


@cache
def _counter() -> re.Pattern[str]:
    """Return the pattern that matches a view counter or relative time.

    A match is a whole line, or a part of a line between bars.
    """
    labels = alternatives(words("counters.labels"))
    return re.compile(
        rf"(?:^|(?<=[|·•—–\-/\s])){labels}\s*[:：\-–—]?\s*{COUNT}(?=\W*$|\s*[|·•—–\-/])"
        rf"|(?:^|(?<=[|·•—–\-/]))\s*{COUNT}\s*{labels}(?=\W*$|\s*[|·•—–\-/])"
        r"|^\W*(?:updated |posted |published )?(?:\d+|an?) "
        r"(?:second|minute|hour|day|week|month|year)s? ago\W*$",
        re.IGNORECASE,
    )


@cache
def _sign() -> re.Pattern[str]:
    """Return the pattern of words such as "views". Each counter contains at least one of them."""
    return re.compile(f"{alternatives(words('counters.labels'))}|{AGO}")


def without_counters(text: str) -> str:
    """Remove view counters and relative times from a text.

    Only whole lines, and parts of lines between bars, are removed.
    """
    lines = text.split("\n")
    kept = map(uncounted, lines)
    return "\n".join(a if b is None else b for a, b in zip(lines, kept, strict=True))


def uncounted(line: str) -> str | None:
    """Return a line without its view counter or relative time, or None if it has none."""
    if len(line) > MAX_COUNTER_LENGTH or line.count(" ") > MAX_COUNTER_SPACES:
        return None
    if not _sign().search(line.casefold()):
        return None
    kept = _counter().sub("", line)
    return None if kept == line else kept
