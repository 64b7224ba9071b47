"""The words of a text, in the one form that texts are compared in.

White space, case, punctuation and the numbers that count visitors never make a difference; figures,
signs of currency and of a negative number do.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

UNSPACED: Final = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003134f]"
)
"""Letters of scripts that write words without spaces between (Thai, Lao, Khmer, Chinese …)."""

LABELS: Final = (
    r"views?|page ?views|visits?(?: today)?|hits|reads?|read|downloads?|shares|comments|aufrufe|"
    r"gelesen|vues|lectures|vistas|visitas|visualizações|visualizzazioni|просмотр\w*|прочитано|"
    r"переглядів|okunma|görüntülenme|baxış\w*|oxunub|المشاهدات|عدد المشاهدات|مشاهدة|بازدید|צפיות|"
    r"阅读|浏览\w*|閲覧数|조회수?"
)
COUNT: Final = r"\d[\d.,\s]*(?:k|m|тыс\.?)?"
COUNTER: Final = re.compile(
    rf"(?:^|(?<=[|·•—–\-/\s]))(?:{LABELS})\s*[:：\-–—]?\s*{COUNT}(?=\W*$|\s*[|·•—–\-/])"
    rf"|(?:^|(?<=[|·•—–\-/]))\s*{COUNT}\s*(?:{LABELS})(?=\W*$|\s*[|·•—–\-/])"
    r"|^\W*(?:updated |posted |published )?(?:\d+|an?) "
    r"(?:second|minute|hour|day|week|month|year)s? ago\W*$",
    re.IGNORECASE,
)
"""What counts visitors or the time gone by, as a whole line or a part of one between bars."""

COUNTER_LINE: Final = 80
COUNTER_WORDS: Final = 8
"""Characters, and spaces, of a line up to which it may hold a counter."""

MINUS: Final = re.compile(rb"-(?<![^\s(]-)(?=\d)")
DIGIT: Final = re.compile(r"\d")

_ASCII: Final = bytes(range(128))
_WORD_BYTES: Final = bytes(
    byte if byte >= len(_ASCII) or chr(byte).isalnum() or chr(byte) in "_$%" else ord(" ")
    for byte in range(256)
)
_roles: dict[str, str] = {}


def tokens(text: str) -> list[bytes]:
    """The words of a text, case folded, in UTF-8, without what only counts visitors.

    In scripts without spaces each letter is a word.
    """
    folded = without_counters(text).casefold()
    if "%" in folded or "$" in folded:
        folded = folded.replace("%", " % ").replace("$", " $ ")
    raw = spaced(folded).encode("utf-8", "replace")
    if b"-" in raw:
        raw = MINUS.sub(b"minus ", raw)
    return raw.translate(_WORD_BYTES).split()


def without_counters(text: str) -> str:
    """A text without the lines, or parts of lines, that count visitors."""
    lines = text.split("\n")
    changed = False
    for number, line in enumerate(lines):
        if not line or len(line) > COUNTER_LINE or line.count(" ") > COUNTER_WORDS:
            continue
        if "ago" in line or DIGIT.search(line):
            kept = COUNTER.sub("", line)
            if kept != line:
                lines[number] = kept
                changed = True
    return "\n".join(lines) if changed else text


def role(char: str) -> str:
    """How a character is written out for splitting: itself, a space, or itself between spaces."""
    category = unicodedata.category(char)
    if UNSPACED.match(char):
        return f" {char} "
    if category[0] in "LNM" or category == "Co":
        return char
    if char == "\u2212":
        return "-"
    return f" {char} " if category == "Sc" or char == "‰" else " "


def spaced(text: str) -> str:
    """The text with spaces where characters beyond ASCII part words."""
    if text.isascii():
        return text
    for char in set(text.encode("utf-8", "replace").translate(None, _ASCII).decode()):
        spelled = _roles.get(char)
        if spelled is None:
            spelled = _roles[char] = role(char)
        if spelled != char:
            text = text.replace(char, spelled)
    return text
