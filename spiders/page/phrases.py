"""Known lines that are not part of a release, in many languages.

Headings of related news are in the language files (data.languages.vocabulary), all other lines in
phrases.toml.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from data.languages.vocabulary import words

MIN_NON_TAIL_LENGTH, MIN_NON_SHARE_LENGTH = 60, 40
"""Minimum lengths, in characters, of lines that are too long to introduce other content
(`MIN_NON_TAIL_LENGTH`) or to be a share button (`MIN_NON_SHARE_LENGTH`)."""

LETTERS = re.compile(r"[\W\d_]+")
NOT_LETTERS = re.compile(r"[\W_]+")
ASCII_NOT_LETTERS, ASCII_NOT_WORDS = (
    bytes(code for code in range(128) if pattern.match(chr(code)))
    for pattern in (LETTERS, NOT_LETTERS)
)
"""The ASCII characters that each pattern removes. Deleting bytes is ten times faster."""


@cache
def known_lines() -> Mapping[str, Sequence[str]]:
    """Return the known lines that are not part of a release, by kind.

    Examples of kinds are ``tails`` (lines that introduce other content), ``share`` and ``related``.
    """
    held = tomllib.loads(files("spiders.page").joinpath("phrases.toml").read_text("utf-8"))
    return {**held, "related": words("headings.related")}


@cache
def phrases(kind: str) -> frozenset[str]:
    """Return the letters of all known lines of one kind, such as ``tails`` or ``share``."""
    return frozenset(letters(line) for line in known_lines()[kind])


def comparison_key(text: str) -> str:
    """Return the letters and digits of a text, case-folded."""
    if text.isascii():
        return text.lower().encode().translate(None, ASCII_NOT_WORDS).decode()
    return NOT_LETTERS.sub("", text.casefold())


@cache
def lines(kind: str) -> frozenset[str]:
    """Return all known lines of one kind, such as ``share``, case-folded."""
    return frozenset(line.casefold() for line in known_lines()[kind])


@cache
def tail_lines() -> frozenset[str]:
    """Return all known lines that introduce other content after a release, case-folded."""
    return lines("tails") | lines("related")


def letters(line: str) -> str:
    """Return the case-folded letters of a line, so that spelling variants are equal.

    The dotless i becomes i, because both are lower case of I in Turkic languages.
    """
    if line.isascii():
        return line.lower().encode().translate(None, ASCII_NOT_LETTERS).decode()
    return LETTERS.sub("", line.casefold().replace("i̇", "i").replace("ı", "i"))


def is_tail(line: str) -> bool:
    """Whether a line introduces other content after a release, such as comments or tags."""
    line_letters = letters(line) if len(line) < MIN_NON_TAIL_LENGTH else ""
    return line_letters in phrases("tails") or line_letters in phrases("related")


def is_related(line: str) -> bool:
    """Whether a line is a heading for related news."""
    return len(line) < MIN_NON_TAIL_LENGTH and letters(line) in phrases("related")


def is_widget(line: str) -> bool:
    """Whether a line is the heading of a widget, such as weather or search."""
    return len(line) < MIN_NON_TAIL_LENGTH and letters(line) in phrases("widgets")


def is_box_heading(line: str) -> bool:
    """Whether a line is the heading of a widget or of other content after a release."""
    return len(line) < MIN_NON_TAIL_LENGTH and letters(line) in _box_headings()


@cache
def _box_headings() -> frozenset[str]:
    """Return the letters of all known headings of widgets and of content after a release."""
    return phrases("widgets") | phrases("tails") | phrases("related")


def is_share(line: str) -> bool:
    """Whether a line is the text of a share button."""
    return len(line) < MIN_NON_SHARE_LENGTH and letters(line) in phrases("share")
