"""The other language editions of a page, and the name it gives itself."""

from __future__ import annotations

from lxml import etree

from data.language import language_tag
from data.sanitize import absolute


def editions_of(root: etree._Element, base: str, own: str | None) -> tuple[tuple[str, str], ...]:
    """Pairs of a language tag and an address, from ``link rel=alternate hreflang``."""
    found: dict[str, str] = {}
    for link in root.iter("link"):
        if "alternate" not in (link.get("rel") or "").lower().split():
            continue
        tag = language_tag(link.get("hreflang"))
        url = absolute(base, link.get("href") or "")
        if tag and url and tag != own and tag not in found:
            found[tag] = url
    return tuple(found.items())


def canonical_of(root: etree._Element, base: str) -> str | None:
    """The address in ``link rel=canonical``, absolute, or None."""
    for link in root.iter("link"):
        if (link.get("rel") or "").lower() == "canonical":
            url = absolute(base, link.get("href") or "")
            if url and url.startswith("http"):
                return url
    return None
