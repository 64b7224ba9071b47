"""Copy the text of a section without title, date and permalink lines."""

from __future__ import annotations

from copy import deepcopy
from typing import Final

from lxml import etree

from spiders.sections.lines import INLINE, text_of
from spiders.sections.permalinks import is_permalink
from spiders.sections.rate import Rated

HIDING: Final = ("class", "style", "hidden", "aria-hidden", "role")
"""Attributes that may hide a text until a control opens it. They are removed from the copy."""

MAX_BYLINE: Final = 120
"""Maximum length of a permalink line that is removed from a section's text (characters)."""


def content_of(one: Rated) -> etree._Element:
    """Return a copy of a section's text without title, date and permalink lines."""
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
    """Return the short blocks with a section's permalink, such as "posted at 9:00"."""
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
    """Remove an element from its tree and keep the text after it."""
    parent = element.getparent()
    if parent is None:
        return
    before = element.getprevious()
    if before is not None:
        before.tail = f"{before.tail or ''}{element.tail or ''}"
    else:
        parent.text = f"{parent.text or ''}{element.tail or ''}"
    parent.remove(element)
