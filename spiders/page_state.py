"""The releases that a page carries in its scripts, for a browser to draw."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from data.dates import Reading
from spiders.page import Page
from spiders.pages import ListingPage
from spiders.syndicated_json import read_json

MAX_SCRIPTS = 40
"""Scripts of one page that are looked at."""

_REASON = "the listing is only in the page's scripts; render = true shows it as readers see it"
_JSON_TYPES = frozenset(("application/json", "application/ld+json"))
_STATE = re.compile(
    r"(?:window\.|self\.)?__?[A-Za-z_]*(?:STATE|DATA|PROPS)[A-Za-z_]*\s*=\s*(?=[{\[])"
)


def read_state(page: Page, reading: Reading) -> ListingPage | None:
    """The listing in a page's JSON-LD or state (``__NEXT_DATA__`` and the like), or None.

    Only for a page whose own elements show no listing: what is in the scripts need not be shown.
    """
    best: ListingPage | None = None
    for text in _states(page):
        found = read_json(Page(page.url, text.encode()), reading)
        dated = [item for item in found.items if item.published and item.title]
        if len(dated) > (len(best.items) if best else 1):
            best = ListingPage(page.url, tuple(dated), None, "state", 0.6, (_REASON,))
    return best


def _states(page: Page) -> Iterator[str]:
    for count, node in enumerate(page.tree.iter("script")):
        if count >= MAX_SCRIPTS:
            return
        text = (node.text or "").strip()
        if node.get("type") in _JSON_TYPES or node.get("id") == "__NEXT_DATA__":
            yield text
        elif match := _STATE.search(text[:2000]):
            yield _first_value(text[match.end() :])


def _first_value(text: str) -> str:
    """The JSON value that a script's text begins with, or nothing where it is no JSON."""
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return ""
    return text[:end]
