"""The other language editions of a page, and the name it gives itself."""

from __future__ import annotations

from data.language import language_tag
from data.sanitize import absolute
from spiders.page import Page


def editions_of(page: Page, own: str | None) -> tuple[tuple[str, str], ...]:
    """Pairs of a language tag and an address, from ``link rel=alternate hreflang``."""
    found: dict[str, str] = {}
    for link in page.declared["link"]:
        if "alternate" not in (link.get("rel") or "").lower().split():
            continue
        tag = language_tag(link.get("hreflang"))
        url = absolute(page.base, link.get("href") or "")
        if tag and url and tag != own and tag not in found:
            found[tag] = url
    return tuple(found.items())


def canonical_of(page: Page) -> str | None:
    """The address in ``link rel=canonical``, absolute, or None."""
    for link in page.declared["link"]:
        if (link.get("rel") or "").lower() == "canonical":
            url = absolute(page.base, link.get("href") or "")
            if url and url.startswith("http"):
                return url
    return None
