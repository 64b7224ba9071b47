"""Whether a page is empty until a browser fills it: by its scripts, or with its frames."""

from __future__ import annotations

import re
from itertools import islice

from lxml import etree

from data.text.urls import absolute
from spiders.page.page import Page, is_web

ROOTS = re.compile(r"(?:root|app|__next|__nuxt|___gatsby|svelte|react-root|app-root|main-app)")
ASKS = re.compile(
    r"(?:enable|activate|turn on|requires?|needs?|без|activer|aktivieren|activa[re]?)\W+"
    r"(?:\w+\W+){0,3}javascript|javascript\W+(?:\w+\W+){0,4}(?:enabled|required|disabled|aktiviert|activé)",
    re.IGNORECASE,
)
LITTLE, SOME = 200, 3_000
"""Characters below which a page hardly says anything by itself, and below which it may not."""

FRAMES = ("frame", "iframe")
SILENT = ("script", "style", "noscript", "template")


MOST_FRAMES = 4
"""Frames of a page that are looked into."""


def frames_of(page: Page) -> tuple[str, ...]:
    """The addresses of the pages that a page shows in frames, the first few."""
    found = (absolute(page.base, node.get("src") or "") for node in page.tree.iter(*FRAMES))
    pages = (url for url in found if url and is_web(url))
    return tuple(islice(dict.fromkeys(pages), MOST_FRAMES))


def needs_scripts(page: Page) -> bool:
    """Whether a page says hardly anything without a browser, and has scripts that would fill it."""
    if not any(node.get("src") or node.text for node in page.tree.iter("script")):
        return False
    said = _said(page)
    asked = any(ASKS.search(_text(node)) for node in page.tree.iter("noscript"))
    return said < LITTLE or _rooted(page) or (asked and said < SOME)


def _said(page: Page) -> int:
    """How many characters of a page a person can read without scripts."""
    body = page.tree.find("body")
    if body is None:
        return 0
    silent = sum(len(_text(node)) for node in body.iter(*SILENT))
    return len(_text(body)) - silent


def _text(node: etree._Element) -> str:
    return " ".join("".join(map(str, node.itertext())).split())


def _rooted(page: Page) -> bool:
    """Whether the element that frameworks fill is there, and empty."""
    return any(
        ROOTS.fullmatch(node.get("id") or str(node.tag)) and not len(node) and not _text(node)
        for node in page.tree.iter("div", "main", "section", "app-root")
    )
