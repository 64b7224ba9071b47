"""Check whether a selector of a source file is valid, by running it on an empty page."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from parsel import Selector

EMPTY: Final = Selector("<html><head></head><body></body></html>", type="html")

ELEMENTS: Final = frozenset(("item", "body", "drop"))
"""Keys whose selectors must select elements, not a text or an attribute."""

CLEANED: Final = frozenset(("body", "drop"))
"""Keys whose selectors soupsieve must support too, because body cleaning uses it."""

QUOTED: Final = re.compile(r"""\\.|"[^"]*"|'[^']*'""")
NAMESPACE: Final = re.compile(r"\|(?!=)")


@cache
def fault_of(key: str, selector: str) -> str:
    """Return what is wrong with the selector of a key, as the end of a sentence, or ""."""
    bare = selector.removesuffix("::text") if key == "body" else selector
    if NAMESPACE.search(QUOTED.sub("", selector)):
        return "can't be used: HTML knows no namespaces, so leave out what stands before the |"
    try:
        EMPTY.css(selector)
        EMPTY.css(bare)
        if key in CLEANED:
            import soupsieve  # noqa: PLC0415 - import takes 0.1 s, and few sources need it

            soupsieve.compile(bare)
    except Exception as error:  # noqa: BLE001 - any exception means that the selector is invalid
        return f"is no CSS selector ({str(error).splitlines()[0]})"
    if key in ELEMENTS and "::" in bare:
        return "must be the selector of an element: leave out ::text and ::attr(…)"
    return ""
