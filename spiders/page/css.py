"""Apply CSS selectors to many pages, and generate selectors for an element."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Final, TypeGuard

from cssselect import SelectorError, parse
from lxml import etree
from parsel.csstranslator import HTMLTranslator

from data.text.clean import clean_line
from spiders.page.css_steps import CombinedPath, compiled_path, found_by, is_combined

SIMPLE_SELECTOR: Final = re.compile(
    r"(?P<tag>[a-z][a-z0-9]*)(?:\.(?P<class>[A-Za-z_][\w-]*)|#(?P<id>[A-Za-z_][\w-]*)|"
    r"\[(?P<attribute>[a-z]+)=\"(?P<value>[^\"\\]*)\"\])?(?:::attr\((?P<wanted>[a-z]+)\))?"
)
"""Pattern of selectors with a tag and at most one class, id or attribute, like most learned
selectors.

For these, a loop over the elements with the tag is many times faster than an XPath expression over
all elements.
"""


def is_element(found: object) -> TypeGuard[etree._Element]:
    """Whether the result of a selector is an element rather than a text."""
    return isinstance(found, etree._Element)  # noqa: SLF001 - lxml has no public name for this class


class CssSelector:
    """A compiled CSS selector, which may end in ``::text`` or ``::attr(name)``.

    If ``within`` is true, it matches only descendants of the searched element, not the element
    itself. A comma-separated list matches the elements of any of its selectors, in document order.
    Raises ValueError if a selector is invalid.
    """

    def __init__(self, *selectors: str, within: bool = False) -> None:
        self._within = within
        self._names: dict[str, list[tuple[str, str]]] = {}
        self._wanted: str | None = None
        self._find: etree.XPath | list[CombinedPath] | None = None
        simple = [match for one in selectors if (match := SIMPLE_SELECTOR.fullmatch(one))]
        if len(simple) < len(selectors) or len({match["wanted"] for match in simple}) > 1:
            self._find = _compiled(selectors, within=within)
            return
        for match in simple:
            named = ((name, match[name]) for name in ("class", "id") if match[name])
            other = (match["attribute"] or "", match["value"] or "")
            self._names.setdefault(match["tag"], []).append(next(named, other))
            self._wanted = match["wanted"]

    def found(self, root: etree._Element) -> list[etree._Element | str]:
        """Return all matches (elements or texts) in and below ``root``, in document order."""
        return list(self._each(root))

    def elements(self, root: etree._Element) -> list[etree._Element]:
        """Return all matching elements in and below ``root``, in document order."""
        return [one for one in self._each(root) if not isinstance(one, str)]

    def first(self, root: etree._Element) -> etree._Element | None:
        """Return the first matching element, or None."""
        return next((one for one in self._each(root) if not isinstance(one, str)), None)

    def value(self, root: etree._Element, *, apart: bool = False) -> str:
        """Return the first non-blank match as one line of text, or an empty string.

        If ``apart`` is true, digits of adjacent elements are separated by a space, as in a date
        followed by a counter.
        """
        texts = (
            one if isinstance(one, str) else joined_texts(map(str, one.itertext()), apart=apart)
            for one in self._each(root)
        )
        return next(filter(None, map(clean_line, texts)), "")

    def _each(self, root: etree._Element) -> Iterator[etree._Element | str]:
        if isinstance(self._find, list):
            yield from found_by(self._find, root)
            return
        if self._find is not None:
            found = self._find(root)
            assert isinstance(found, list)  # noqa: S101 - a CSS selector returns nodes
            yield from (one if is_element(one) else str(one) for one in found)
            return
        for element in root.iter(*self._names):
            if self._is_named(element) and not (self._within and element is root):
                if self._wanted is None:
                    yield element
                elif (value := element.get(self._wanted)) is not None:
                    yield value

    def _is_named(self, element: etree._Element) -> bool:
        for attribute, name in self._names[element.tag]:
            if not attribute:
                return True
            value = element.get(attribute)
            if value is not None and (
                value == name or (attribute == "class" and name in value.split())
            ):
                return True
        return False


def declared_element(
    root: etree._Element, selector: str, reasons: list[str]
) -> etree._Element | None:
    """Return the first element that matches a selector from a source file, or None.

    If the selector is invalid, a sentence is added to ``reasons``.
    """
    try:
        return CssSelector(selector.removesuffix("::text")).first(root)
    except ValueError as error:
        reasons.append(f"the selector {selector!r} can't be read: {error}")
        return None


def joined_texts(texts: Iterable[str], *, apart: bool) -> str:
    """Join the texts of an element.

    If ``apart`` is true, digits of adjacent texts are separated by a space.
    """
    if not apart:
        return "".join(texts)
    parts: list[str] = []
    for text in texts:
        if parts and parts[-1][-1:].isdigit() and text[:1].isdigit():
            parts.append(" ")
        if text:
            parts.append(text)
    return "".join(parts)


def declared_text(
    root: etree._Element, selector: str | None, reasons: list[str], *, apart: bool = False
) -> str:
    """Return the first non-blank text that matches a selector from a source file, as one line.

    Returns an empty string if nothing matches. If the selector is invalid, a sentence is added to
    ``reasons``. See `CssSelector.value` for ``apart``.
    """
    if not selector:
        return ""
    try:
        return CssSelector(selector).value(root, apart=apart)
    except ValueError as error:
        reasons.append(f"the selector {selector!r} can't be read: {error}")
        return ""


@lru_cache(maxsize=4096)  # Cached because learning applies the same selectors to many pages.
def _compiled(selectors: tuple[str, ...], *, within: bool) -> etree.XPath | list[CombinedPath]:
    prefix = "descendant::" if within else "descendant-or-self::"
    try:
        parsed = [selector for one in selectors for selector in parse(one)]
        if len(parsed) != 1 or is_combined(parsed[0]):
            return [CombinedPath(one, within=within) for one in parsed]
        return compiled_path(HTMLTranslator().css_to_xpath(selectors[0], prefix=prefix))
    except (SelectorError, etree.XPathError) as error:
        raise ValueError(str(error)) from error


STABLE_NAME: Final = re.compile(r"[A-Za-z][A-Za-z_-]{1,59}")
"""Pattern of a class or id without digits. Those with digits may be specific to one page or build.
"""

MEANINGFUL_TAGS: Final = frozenset(
    "h1 h2 article main time nav aside footer header form figure figcaption blockquote".split()  # noqa: SIM905 - words read better in a row
)
"""Tags with a clear purpose. Any other tag in a selector needs a class, id or ``itemprop``."""

PLAIN_TAG: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
"""Pattern of a tag that CSS can select, unlike ``o:p``."""

MAX_CLASSES: Final = 6
"""Maximum number of an element's classes used in selectors."""

MAX_STEPS: Final = 3
"""Maximum number of ``>`` steps from an ancestor with a class or id down to the element."""

MAX_ABOVE: Final = 8
"""Maximum number of an element's ancestors used in selectors."""


def selectors_of(element: etree._Element) -> list[str]:
    """Return selectors for an element, without duplicates.

    Selectors by its own id and classes come first, then short paths. The list is empty if CSS
    cannot select the element's tag. An ancestor with such a tag is ``*`` in a path.
    """
    return list(dict.fromkeys(_selectors(element)))


def _selectors(element: etree._Element) -> Iterator[str]:
    tag = str(element.tag)
    if not PLAIN_TAG.fullmatch(tag):
        return
    own = [f"{tag}{mark}" for mark in marks_of(element)]
    yield from own
    if tag in MEANINGFUL_TAGS:
        yield tag
    classes = [mark for mark in own if "." in mark]
    if len(classes) > 1:
        yield classes[0] + classes[1].removeprefix(tag)
    path = tag
    for step, above in enumerate(islice(element.iterancestors(), MAX_ABOVE)):
        holder = str(above.tag) if PLAIN_TAG.fullmatch(str(above.tag)) else "*"
        named = [f"{holder}{mark}" for mark in marks_of(above)]
        if holder in MEANINGFUL_TAGS:
            named.append(holder)
        for name in named:
            yield from (f"{name} {one}" for one in own)
            if step < MAX_STEPS:
                yield f"{name} > {path}"
        path = f"{holder} > {path}"


def marks_of(element: etree._Element) -> Iterator[str]:
    """Yield selectors by id, ``itemprop`` and class of an element, without its tag."""
    name = element.get("id") or ""
    if STABLE_NAME.fullmatch(name):
        yield f"#{name}"
    prop = element.get("itemprop") or ""
    if STABLE_NAME.fullmatch(prop):
        yield f'[itemprop="{prop}"]'
    for part in (element.get("class") or "").split()[:MAX_CLASSES]:
        if STABLE_NAME.fullmatch(part):
            yield f".{part}"


def layout_of(element: etree._Element) -> str:
    """Return a path that identifies the layout of an element's page.

    It consists of the tag names of the element and its three nearest ancestors, each with the first
    mark (an id or class) of its element.
    """
    names = []
    for one in (element, *islice(element.iterancestors(), 3)):
        mark = next(marks_of(one), "")
        names.append(f"{one.tag}{mark}")
    return " > ".join(reversed(names))
