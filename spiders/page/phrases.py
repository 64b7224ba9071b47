"""Lines that are known not to be part of a release, in many languages (phrases.toml)."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

TAIL_LINE, SHARE_LINE = 60, 40
"""Characters that a line of each kind has at the most."""

LETTERS = re.compile(r"[\W\d_]+")
NOT_LETTERS = re.compile(r"[\W_]+")


@cache
def phrases(kind: str) -> frozenset[str]:
    """The lines of a kind (``tails`` or ``share``), squashed to their letters."""
    text = files("spiders.page").joinpath("phrases.toml").read_text("utf-8")
    return frozenset(letters(line) for line in tomllib.loads(text)[kind])


def comparison_key(text: str) -> str:
    """The letters and digits of a text, without case."""
    return NOT_LETTERS.sub("", text.casefold())


@cache
def lines(kind: str) -> frozenset[str]:
    """The lines of a kind as they are written, without case."""
    text = files("spiders.page").joinpath("phrases.toml").read_text("utf-8")
    return frozenset(line.casefold() for line in tomllib.loads(text)[kind])


def letters(line: str) -> str:
    """A line's letters alone, without case: what two spellings of one line share."""
    return LETTERS.sub("", line.casefold().replace("i̇", "i"))


def is_tail(line: str) -> bool:
    """Whether a line announces what follows a release: other news, comments, tags."""
    return len(line) < TAIL_LINE and letters(line) in phrases("tails")


def is_share(line: str) -> bool:
    """Whether a line is a button of a share bar."""
    return len(line) < SHARE_LINE and letters(line) in phrases("share")
