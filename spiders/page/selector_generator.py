"""Generate CSS selectors that may match the same element on all pages of a layout."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from lxml import etree

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
