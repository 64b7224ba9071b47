"""Which elements of a page are menus, that are passed over before anything of it is read.

A third of what stands on a page is entries of menus. They take as long to read as its text, and say
nothing of it.
"""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

MENUS: Final = frozenset(["nav", "ul", "ol", "div", "section", "header"])
"""Elements that a menu may be."""

TEXTS: Final = ("p", "h1", "article", "main", "time")
"""What no menu holds. Where one does, its tag was never closed, or it is none."""

SAID: Final = etree.XPath("normalize-space()")
STAMP: Final = re.compile(r"\d{4}|\d[./-]\d|年")
"""What looks like a date: it may be that of the release."""

LINKED: Final = 0.7
"""The share of a menu's text that is in links, at the least."""


def is_menu(element: etree._Element) -> bool:
    """Whether an element that calls itself navigation holds hardly anything but links, no date."""
    if next(element.iter(*TEXTS), None) is not None:
        return False
    text = str(SAID(element))
    if STAMP.search(text):
        return False
    linked = 0
    for link in element.iter("a"):
        name = link.text
        linked += len(str(SAID(link))) if name is None or name.isspace() else len(name)
    return linked > len(text) * LINKED
