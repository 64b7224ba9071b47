"""A CSS selector, compiled once for many pages."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeGuard

from lxml import etree
from parsel.csstranslator import HTMLTranslator

from data.normalize import clean_line


def is_element(found: object) -> TypeGuard[etree._Element]:
    """Whether what a selector found is an element, not a text."""
    return isinstance(found, etree._Element)  # noqa: SLF001 - lxml gives the class no other name


class Finder:
    """What a CSS selector finds, with ``::text`` or ``::attr(name)`` at its end if that is wanted.

    With ``within`` it finds only what lies in the element that it is asked of. Several selectors
    find what any of them finds, in document order. Raises ValueError where one can't be read.
    """

    def __init__(self, *selectors: str, within: bool = False) -> None:
        self._find = _compiled(selectors, "descendant::" if within else "descendant-or-self::")

    def found(self, root: etree._Element) -> list[etree._Element | str]:
        """All that is found, elements or texts, in document order."""
        found = self._find(root)
        assert isinstance(found, list)  # noqa: S101 - a CSS selector asks for nodes
        return [one if is_element(one) else str(one) for one in found]

    def elements(self, root: etree._Element) -> list[etree._Element]:
        """The elements that are found, in document order."""
        return [one for one in self.found(root) if not isinstance(one, str)]

    def value(self, root: etree._Element) -> str:
        """The first text that is not blank among what is found, as one line."""
        for one in self.found(root):
            text = one if isinstance(one, str) else "".join(map(str, one.itertext()))
            if line := clean_line(text):
                return line
        return ""


@lru_cache(maxsize=4096)  # learning asks for the same few of many pages
def _compiled(selectors: tuple[str, ...], prefix: str) -> etree.XPath:
    paths = [HTMLTranslator().css_to_xpath(one, prefix=prefix) for one in selectors]
    return etree.XPath(" | ".join(paths))
