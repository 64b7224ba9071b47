"""Display a saved page in which each text is a link that selects the text's element.

The page may be hostile, so none of its markup is copied. The HTML is generated from the parsed
tree, with known tags, our own attributes, and escaped texts. So it contains no script, form,
address or style of the original page. It is also displayed in a sandbox.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import Final

from lxml import etree

from spiders.page.page import Page

ALLOWED_TAGS: Final = frozenset(
    "address article aside b blockquote caption code dd div dl dt em figcaption figure footer h1 h2"  # noqa: SIM905 - a string is easier to read
    " h3 h4 h5 h6 header i li main nav ol p pre section small strong sub sup table tbody td tfoot"
    " th thead time tr ul".split()
)
"""Tags that the displayed page may contain. For other elements, only the content is written."""

VOID_TAGS: Final = frozenset(["br", "hr"])
"""HTML tags without an end tag."""

REMOVED_TAGS: Final = frozenset(
    "applet audio base canvas datalist embed frame frameset head iframe link math meta noembed"  # noqa: SIM905 - a string is easier to read
    " noframes noscript object param plaintext script select source style svg template textarea"
    " title track video xmp".split()
)
"""Tags of elements that are removed from the displayed page, with all their content."""

MAX_ELEMENTS: Final = 20_000
"""Maximum number of elements of a displayed page. All later elements are omitted."""

PAGE_STYLE: Final = (
    "body{margin:0;padding:1rem;font:15px/1.5 system-ui,sans-serif;color:#1b2327;background:#fff;"
    "overflow-wrap:break-word}"
    "a{color:inherit;text-decoration:none}"
    "a:hover,a:focus{outline:2px solid #0f4c5c;background:#e8f0f1}"
    ".chosen{outline:3px solid #8a2c0d;outline-offset:2px}"
    "table{border-collapse:collapse}td,th{border:1px solid #e2dfd7;padding:.2rem .5rem}"
)


def elements_of(page: Page) -> list[etree._Element]:
    """Return the elements of a page in document order.

    The number of an element is its index in this list.
    """
    return [*page.tree.iter("*")]


def marked_page(page: Page, pick: Callable[[int], str], chosen: int | None = None) -> str:
    """Return a page as HTML in which each text is a link.

    ``pick`` returns the URL for choosing an element by its number.
    """
    elements = elements_of(page)
    marked = MarkedPage(elements, pick, chosen)
    walker = etree.iterwalk(page.tree, events=("start", "end"))
    for event, element in walker:
        if marked.is_full:
            break
        if event == "end":
            marked.end(element)
        elif str(element.tag).lower() in REMOVED_TAGS:
            walker.skip_subtree()
        else:
            marked.begin(element)
    cut = "<p><strong>Only the beginning of this page is shown.</strong></p>"
    return (
        '<!doctype html><html><head><meta charset="utf-8"><title>Saved page</title>'
        f"<style>{PAGE_STYLE}</style></head><body>{''.join(marked.parts)}"
        f"{cut if marked.is_full else ''}</body></html>"
    )


class MarkedPage:
    """Generates the HTML of a page, element by element."""

    def __init__(
        self, elements: Sequence[etree._Element], pick: Callable[[int], str], chosen: int | None
    ) -> None:
        self.parts: list[str] = []
        self.is_full = False
        self._pick = pick
        self._chosen = chosen
        self._numbers = {element: number for number, element in enumerate(elements)}

    def begin(self, element: etree._Element) -> None:
        """Write the start tag of an element, and the text before its first child."""
        tag = str(element.tag).lower()
        self.is_full = self._numbers[element] >= MAX_ELEMENTS
        if tag not in VOID_TAGS:
            mark = ' class="chosen"' if self._numbers[element] == self._chosen else ""
            self.parts.append(f"<{written(tag)}{mark}>")
        if tag == "img":
            self._write_text(f"[{(element.get('alt') or 'image')[:100]}]", element)
        self._write_text(element.text, element)

    def end(self, element: etree._Element) -> None:
        """Write the end tag of an element and the text after this element.

        The text belongs to the parent of the element.
        """
        tag = str(element.tag).lower()
        if tag in VOID_TAGS:
            self.parts.append(f"<{tag}>")
        elif tag not in REMOVED_TAGS:
            self.parts.append(f"</{written(tag)}>")
        if (above := element.getparent()) is not None:
            self._write_text(element.tail, above)

    def _write_text(self, text: str | None, owner: etree._Element) -> None:
        if text and text.strip():
            address = escape(self._pick(self._numbers[owner]))
            self.parts.append(f'<a target="_top" href="{address}">{escape(text)}</a>')
        elif text:
            self.parts.append(" ")


def written(tag: str) -> str:
    """Return the tag to write for an element with the tag ``tag``."""
    if tag in ALLOWED_TAGS:
        return tag
    return "div" if tag in {"html", "body", "form", "fieldset", "center"} else "span"
