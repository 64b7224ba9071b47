"""The text of a section, without the lines of its title, its date and its permanent address."""

from __future__ import annotations

from copy import deepcopy
from typing import Final

from lxml import etree

from spiders.sections.lines import INLINE, text_of
from spiders.sections.permalinks import is_permalink
from spiders.sections.rate import Rated

HIDING: Final = ("class", "style", "hidden", "aria-hidden", "role")
"""Attributes that hide a text until a control opens it."""

MAX_BYLINE: Final = 120
"""Maximum characters of a line with the permanent address of a section that is not its text."""


def content_of(one: Rated) -> etree._Element:
    """A copy of a section's text without the lines of its title and its date."""
    content = etree.Element("div")
    for part in one.candidate.parts:
        cut = {line.element for line in one.heads if text_of(line.element) == line.text}
        cut |= _bylines(part, one)
        if part in cut:
            continue
        copied = deepcopy(part)
        copied.tail = None
        for attribute in HIDING:
            copied.attrib.pop(attribute, "")
        for original, copy in zip(part.iter(), [*copied.iter()], strict=True):
            if original in cut:
                _remove(copy)
        content.append(copied)
    return content


def _bylines(part: etree._Element, one: Rated) -> set[etree._Element]:
    """The short blocks of a section with its permanent address, such as "posted at 9:00"."""
    found = set()
    for node in part.iter("a"):
        if is_permalink(node, one):
            block = node
            while block.tag in INLINE and (parent := block.getparent()) is not None:
                block = parent
            if block is not part or block.tag == "p":
                found.add(block)
    return {block for block in found if len(text_of(block)) <= MAX_BYLINE}


def _remove(element: etree._Element) -> None:
    """Take an element out of its tree, and leave the text after it."""
    parent = element.getparent()
    if parent is None:
        return
    before = element.getprevious()
    if before is not None:
        before.tail = f"{before.tail or ''}{element.tail or ''}"
    else:
        parent.text = f"{parent.text or ''}{element.tail or ''}"
    parent.remove(element)
