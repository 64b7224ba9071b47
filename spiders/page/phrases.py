"""Lines that are known not to be part of a release, in many languages (phrases.toml)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import chain

TAIL_LINE, SHARE_LINE = 60, 40
"""Characters that a line of each kind has at the most."""

LETTERS = re.compile(r"[\W\d_]+")
NOT_LETTERS = re.compile(r"[\W_]+")


@cache
def written() -> Mapping[str, Sequence[str]]:
    """The lines of each kind, as the file has them; headings of other news in all languages."""
    held = tomllib.loads(files("spiders.page").joinpath("phrases.toml").read_text("utf-8"))
    return {**held, "related": [*chain.from_iterable(held["related"].values())]}


@cache
def phrases(kind: str) -> frozenset[str]:
    """The lines of a kind such as ``tails`` or ``share``, squashed to their letters."""
    return frozenset(letters(line) for line in written()[kind])


def comparison_key(text: str) -> str:
    """The letters and digits of a text, without case."""
    return NOT_LETTERS.sub("", text.casefold())


@cache
def lines(kind: str) -> frozenset[str]:
    """The lines of a kind as they are written, without case."""
    return frozenset(line.casefold() for line in written()[kind])


@cache
def tail_lines() -> frozenset[str]:
    """The lines that announce what follows a release, as they are written, without case."""
    return lines("tails") | lines("related")


def letters(line: str) -> str:
    """A line's letters alone, without case: what two spellings of one line share.

    The dotless i is read as i: in Turkic languages both are small letters of I.
    """
    return LETTERS.sub("", line.casefold().replace("i̇", "i").replace("ı", "i"))


def is_tail(line: str) -> bool:
    """Whether a line announces what follows a release: other news, comments, tags."""
    said = letters(line) if len(line) < TAIL_LINE else ""
    return said in phrases("tails") or said in phrases("related")


def is_related(line: str) -> bool:
    """Whether a line is a heading of other news, and of nothing else."""
    return len(line) < TAIL_LINE and letters(line) in phrases("related")


def is_widget(line: str) -> bool:
    """Whether a line is the heading of a box beside a text: a counter, the weather, a search."""
    return len(line) < TAIL_LINE and letters(line) in phrases("widgets")


def is_box_heading(line: str) -> bool:
    """Whether a line is a tail or a widget."""
    return len(line) < TAIL_LINE and letters(line) in _box_headings()


@cache
def _box_headings() -> frozenset[str]:
    """The headings of boxes, squashed to their letters."""
    return phrases("widgets") | phrases("tails") | phrases("related")


def is_share(line: str) -> bool:
    """Whether a line is a button of a share bar."""
    return len(line) < SHARE_LINE and letters(line) in phrases("share")
