"""The other language editions of a page, and the name it gives itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from lxml import etree

from data.language import language_tag
from data.sanitize import absolute
from spiders.page import Page

SWITCHER = re.compile(r"lang|locale|sprach|idiom|lingu", re.IGNORECASE)
HIGH = 3
"""Elements around a link that may call themselves a choice of languages."""


def editions_of(page: Page, own: str | None) -> tuple[tuple[str, str], ...]:
    """Pairs of a language tag and an address.

    From ``link rel=alternate hreflang``, else from the links by which readers change the language.
    """
    links = page.declared["link"]
    stated = (one for one in links if "alternate" in (one.get("rel") or "").lower().split())
    return _named(stated, page.base, own) or _named(switches(page), page.base, own)


def _named(
    links: Iterable[etree._Element], base: str, own: str | None
) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for link in links:
        tag = language_tag(link.get("hreflang"))
        url = absolute(base, link.get("href") or "")
        if tag and url and tag != own and tag not in found:
            found[tag] = url
    return tuple(found.items())


def switches(page: Page) -> Iterator[etree._Element]:
    """The links that lead to a page in another language, where a choice of languages holds them."""
    if b"hreflang" in page.markup:
        for link in page.tree.iter("a"):
            if not link.get("hreflang"):
                continue
            around = chain([link], islice(link.iterancestors(), HIGH))
            names = (
                f"{element.get('class') or ''} {element.get('id') or ''}" for element in around
            )
            if any(map(SWITCHER.search, names)):
                yield link


def canonical_of(page: Page) -> str | None:
    """The address in ``link rel=canonical``, absolute, or None."""
    for link in page.declared["link"]:
        if (link.get("rel") or "").lower() == "canonical":
            url = absolute(page.base, link.get("href") or "")
            if url and url.startswith("http"):
                return url
    return None
