"""The headline of a page without headings: a line in bold or large letters above its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby, takewhile
from typing import Final

from lxml import etree

from spiders.body.text_blocks import BlockTree, TextBlock
from spiders.page.class_hints import names_of
from spiders.page.phrases import comparison_key

LARGE: Final = frozenset(("b", "strong", "big", "center", "u"))
SIZE: Final = re.compile(r"\+|[4-7]")
CALLED: Final = re.compile(
    r"(?:^|[\s_-]|lbl|txt)(?:tit(?:le|el|re|ol|ul|lu)|tytul|nadpis|naslov|zagolov|baslik|judul)"
    r"(?!\w*sez)",
    re.IGNORECASE,
)
"""What classes and ids of a headline begin with, in many languages."""

SHORTEST, LONGEST = 8, 300
ABOVE, WITHIN, DEEP = 3, 2, 4
"""Blocks above a text and among its first ones that are looked at, and elements around a word."""

ALIKE: Final = 0.5
"""The share of letter pairs that a line has in common with what a page calls itself, from which
both say the same."""


def emphasized(seen: BlockTree, start: int, named: str) -> tuple[str, TextBlock] | None:
    """The last words in larger letters just above the block ``start``, else in the first after.

    With the block that they stand in, of which they may be a part. Links are none. ``named`` is
    what the page calls itself: None where words in larger letters say nearly the same.
    """
    for block in (*just_above(seen, start), *seen.blocks[start : start + WITHIN]):
        parts = [] if block.links else large_parts(block)
        said = [text for text in parts if SHORTEST <= len(text) <= LONGEST]
        said = [text for text in said if comparison_key(text) != comparison_key(named)]
        if said:
            best = max(said, key=len)
            return None if alike(best, named) else (best, block)
    return None


def just_above(seen: BlockTree, start: int) -> list[TextBlock]:
    """The few blocks above the block ``start``, the nearest first, as far as the next menu."""
    above = reversed(seen.blocks[max(0, start - ABOVE) : start])
    return list(takewhile(lambda block: block.links * 2 <= len(block.text), above))


def large_parts(block: TextBlock) -> Iterator[str]:
    """The stretches of a block that stand in larger letters than a text does."""
    said = (
        (element, tail, element.tail if tail else element.text) for element, tail in block.pieces
    )
    placed = (
        (stands_out(element.getparent() if tail else element), text) for element, tail, text in said
    )
    for large, pieces in groupby(placed, key=lambda piece: piece[0]):
        if large:
            yield " ".join(" ".join(text or "" for _, text in pieces).split())


def stands_out(element: etree._Element | None) -> bool:
    """Whether an element or one of the few around it is one of larger letters."""
    for _ in range(DEEP):
        if element is None or element.tag in {"body", "table", "p", "td"}:
            break
        sized = element.tag == "font" and SIZE.match(element.get("size") or "")
        if sized or element.tag in LARGE or CALLED.search(names_of(element)):
            return True
        element = element.getparent()
    return False


def alike(one: str, other: str) -> bool:
    """Whether two titles are one: by the pairs of letters that they share (L. R. Dice, 1945)."""
    pairs = [
        {key[at : at + 2] for at in range(len(key) - 1)}
        for key in map(comparison_key, (one, other))
    ]
    return 2 * len(pairs[0] & pairs[1]) > ALIKE * (len(pairs[0]) + len(pairs[1]))
