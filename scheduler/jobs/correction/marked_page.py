"""A saved page in which each text is a link that chooses the element that holds it.

The page is hostile. Nothing of its markup is let through: it is written anew from the parsed tree,
with tags that we know, attributes that are ours alone, and texts that are escaped. So it holds no
script, no form, no address and no style but ours, even without the sandbox that it is shown in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Final

from lxml import etree

from spiders.page.page import Page

KEPT: Final = frozenset(
    "address article aside b blockquote caption code dd div dl dt em figcaption figure footer h1 h2"  # noqa: SIM905 - words read better in a row
    " h3 h4 h5 h6 header i li main nav ol p pre section small strong sub sup table tbody td tfoot"
    " th thead time tr ul".split()
)
"""Tags that stay; of any other only what it holds."""

ALONE: Final = frozenset(["br", "hr"])

LEFT_OUT: Final = frozenset(
    "applet audio base canvas datalist embed frame frameset head iframe link math meta noembed"  # noqa: SIM905 - as above
    " noframes noscript object param plaintext script select source style svg template textarea"
    " title track video xmp".split()
)

MOST: Final = 20_000
"""Elements that are shown; what comes after them is cut off."""

STYLE: Final = (
    "body{margin:0;padding:1rem;font:15px/1.5 system-ui,sans-serif;color:#1b2327;background:#fff;"
    "overflow-wrap:break-word}"
    "a{color:inherit;text-decoration:none}"
    "a:hover,a:focus{outline:2px solid #0f4c5c;background:#e8f0f1}"
    ".chosen{outline:3px solid #8a2c0d;outline-offset:2px}"
    "table{border-collapse:collapse}td,th{border:1px solid #e2dfd7;padding:.2rem .5rem}"
)


def elements_of(page: Page) -> list[etree._Element]:
    """The elements of a page in document order: their numbers are their places in it."""
    return [*page.tree.iter("*")]


def marked_page(page: Page, pick: Callable[[int], str], chosen: int | None = None) -> str:
    """The page as HTML; ``pick`` gives the address that chooses an element by its number."""
    elements = elements_of(page)
    marked = MarkedPage(elements, pick, chosen)
    walker = etree.iterwalk(page.tree, events=("start", "end"))
    for event, element in walker:
        if marked.is_full:
            break
        if event == "end":
            marked.end(element)
        elif str(element.tag).lower() in LEFT_OUT:
            walker.skip_subtree()
        else:
            marked.begin(element)
    cut = "<p><strong>The page goes on; only its beginning is shown.</strong></p>"
    return (
        '<!doctype html><html><head><meta charset="utf-8"><title>Saved page</title>'
        f"<style>{STYLE}</style></head><body>{''.join(marked.parts)}"
        f"{cut if marked.is_full else ''}</body></html>"
    )


class MarkedPage:
    """Writes the elements of a page as they begin and end."""

    def __init__(
        self, elements: Sequence[etree._Element], pick: Callable[[int], str], chosen: int | None
    ) -> None:
        self.parts: list[str] = []
        self.is_full = False
        self._pick = pick
        self._chosen = chosen
        self._numbers = {element: number for number, element in enumerate(elements)}

    def begin(self, element: etree._Element) -> None:
        """Write the start of an element, and the text before the first one in it."""
        tag = str(element.tag).lower()
        self.is_full = self._numbers[element] >= MOST
        if tag not in ALONE:
            mark = ' class="chosen"' if self._numbers[element] == self._chosen else ""
            self.parts.append(f"<{written(tag)}{mark}>")
        if tag == "img":
            self._say(f"[{(element.get('alt') or 'image')[:100]}]", element)
        self._say(element.text, element)

    def end(self, element: etree._Element) -> None:
        """Write the end of an element, and the text after it, which its parent holds."""
        tag = str(element.tag).lower()
        if tag in ALONE:
            self.parts.append(f"<{tag}>")
        elif tag not in LEFT_OUT:
            self.parts.append(f"</{written(tag)}>")
        if (above := element.getparent()) is not None:
            self._say(element.tail, above)

    def _say(self, text: str | None, owner: etree._Element) -> None:
        if text and text.strip():
            address = escape(self._pick(self._numbers[owner]))
            self.parts.append(f'<a target="_top" href="{address}">{escape(text)}</a>')
        elif text:
            self.parts.append(" ")


def written(tag: str) -> str:
    """The tag that stands for one of the page."""
    if tag in KEPT:
        return tag
    return "div" if tag in {"html", "body", "form", "fieldset", "center"} else "span"
