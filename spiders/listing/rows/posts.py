"""Recognize posts by their HTML tag, schema.org or microformats, whatever their class."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

_TYPE: Final = re.compile(
    r"schema\.org/(?:BlogPosting|(?:News)?Article|ReportageNewsArticle|PressRelease)\s*$"
)
_CLASSES: Final = frozenset(("hentry", "h-entry"))


def is_post(node: etree._Element) -> bool:
    """Whether an element is an ``<article>`` or is marked as a post."""
    return node.tag == "article" or bool(mark_of(node))


def mark_of(node: etree._Element) -> str:
    """Return the kind of attribute that marks an element as a post, or an empty string.

    All posts of a blog have the same kind. Posts in a side box often have a different one.
    """
    if node.get("itemprop") == "blogPost":
        return "blogPost"
    if (kind := node.get("itemtype")) and _TYPE.search(kind):
        return "itemtype"
    # A quick check first, because most class attributes contain neither name.
    named = node.get("class")
    is_named = named is not None and "entry" in named and not _CLASSES.isdisjoint(named.split())
    return "hentry" if is_named else ""
