"""Elements that are posts by HTML, schema.org or microformats, whatever their class."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

_TYPE: Final = re.compile(
    r"schema\.org/(?:BlogPosting|(?:News)?Article|ReportageNewsArticle|PressRelease)\s*$"
)
_CLASSES: Final = frozenset(("hentry", "h-entry"))


def is_post(node: etree._Element) -> bool:
    """Whether an element is a post."""
    return node.tag == "article" or bool(mark_of(node))


def mark_of(node: etree._Element) -> str:
    """The attribute that calls an element a post; empty if none does.

    The posts of a blog have one mark, those of a box beside it often have another.
    """
    if node.get("itemprop") == "blogPost":
        return "blogPost"
    if _TYPE.search(node.get("itemtype") or ""):
        return "itemtype"
    return "" if _CLASSES.isdisjoint((node.get("class") or "").split()) else "hentry"
