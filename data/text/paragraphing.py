"""Convert line breaks and layout tables in old pages to paragraphs.

Old pages separate paragraphs by two line breaks, and use tables for layout. `with_paragraphs`
converts a stored body whenever it is shown in feeds, pages and JSON. The store keeps the extracted
body, so that better rules are not edits of the release. All steps are linear in the length of the
HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeAlias

TRIGGER: Final = re.compile(r"<br>(?:\s|&nbsp;)*+<br>|<table\b|<[bh]r>\s*+\Z")
"""Pattern of markup that must be converted. Most bodies contain none."""

TAG: Final = re.compile(r'<(/?)([a-z][a-z0-9]*+)((?: [a-z-]++="[^"]*+")*+)>')
"""Pattern for a tag in the form that the sanitizer writes."""

MAX_DEPTH: Final = 160
"""Maximum depth of nested elements. Sanitized bodies never reach this depth."""

MAX_COPIED: Final = 40
"""Maximum total length in characters of the attributes copied to each part of a divided element."""

VOID: Final = frozenset({"br", "hr", "img", "col", "source", "wbr"})
ROWS: Final = frozenset({"tr", "thead", "tbody", "tfoot"})
BLOCKS: Final = frozenset(
    "blockquote dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre summary"  # noqa: SIM905 - a string is easier to read
    " table ul".split()
)
CONTAINERS: Final = frozenset({"", "div", "blockquote"})
"""Names of elements whose inline content may become paragraphs. "" is the fragment itself."""

STYLES: Final = frozenset({"b", "strong", "em", "i", "u", "s", "small"})
"""Names of inline elements that may span several paragraphs."""

REBUILT: Final = frozenset({"", "br", "table", "span"})
"""Names of elements that `rebuilt` changes. "" is the fragment itself.

A span with attributes is not changed."""


class Element:
    """An HTML element with its tag name, its attributes as written, and its content."""

    __slots__ = ("attributes", "children", "has_block", "has_content", "is_rebuilt", "tag")

    def __init__(
        self,
        tag: str,
        attributes: str = "",
        children: list[Node] | None = None,
        has_content: bool = False,  # noqa: FBT001, FBT002 - called 100,000 times per MB
    ) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children = children or []
        self.has_content = has_content
        """Whether the element contains text or an image."""
        self.has_block = any(map(is_block, children)) if children else False
        """Whether the element contains one of BLOCKS, which paragraphs must not contain."""
        self.is_rebuilt = tag in REBUILT and not (tag == "span" and attributes)
        """Whether the element is or contains one of REBUILT. Otherwise it stays unchanged."""

    def end_in(self, parent: Element) -> None:
        """Close this element, and update its parent's flags."""
        parent.has_content |= self.has_content
        parent.has_block |= self.has_block or self.tag in BLOCKS
        parent.is_rebuilt |= self.is_rebuilt


Node: TypeAlias = Element | str


def with_paragraphs(html: str) -> str:
    """Convert line breaks and layout tables in sanitized HTML to paragraphs.

    Rules and line breaks at the end are removed. The text does not change. A second call changes
    nothing.
    """
    if not TRIGGER.search(html):
        return html
    root = parsed(html)
    if root is None:
        return html
    (made,) = rebuilt(root)
    out: list[str] = []
    write(made, out)
    return "".join(out)


def parsed(html: str) -> Element | None:
    """Parse sanitized HTML. Returns None if start and end tags do not match."""
    root = Element("")
    stack = [root]
    position = 0
    for found in TAG.finditer(html):
        add_text(stack[-1], html[position : found.start()])
        position = found.end()
        is_end, tag, attributes = found.groups()
        if is_end:
            if stack[-1].tag != tag:
                return None
            stack.pop().end_in(stack[-1])
            continue
        made = Element(tag, attributes)
        stack[-1].children.append(made)
        if tag not in VOID:
            stack.append(made)
        else:
            made.has_content = tag == "img"
            made.end_in(stack[-1])
        if len(stack) > MAX_DEPTH:
            return None
    add_text(root, html[position:])
    return root if len(stack) == 1 else None


def add_text(parent: Element, text: str) -> None:
    """Append a text to an element if the text is not empty."""
    if text:
        parent.children.append(text)
        parent.has_content |= not is_blank(text)


def is_block(node: Node) -> bool:
    """Return whether a node is a block, or an inline element that contains a block."""
    return isinstance(node, Element) and (node.tag in BLOCKS or node.has_block)


def is_blank(node: Node) -> bool:
    """Return whether a node is text that consists only of white space."""
    return isinstance(node, str) and not node.replace("&nbsp;", " ").strip()


def has_tag(node: Node, *tags: str) -> bool:
    """Return whether a node is an element with one of the given tag names."""
    return isinstance(node, Element) and node.tag in tags


def rebuilt(node: Node, *, is_styled: bool = False) -> list[Node]:
    """Divide a node into paragraphs, and return the nodes that replace it.

    If ``is_styled``, the node is inside an inline style element and is not divided.
    """
    if isinstance(node, str) or node.tag == "pre" or not node.is_rebuilt:
        return [node]
    if node.tag == "table" and (not node.has_content or is_layout(node)):
        cells = [
            cell
            for row in rows_of(node)
            for cell in row.children
            if isinstance(cell, Element) and cell.has_content
        ]
        # If the table is empty, a space separates the texts around it.
        return [container("div", "", cell) for cell in cells] or [" "]
    if node.tag in CONTAINERS:
        return [container(node.tag, node.attributes, node, is_cell=False)]
    is_style = node.tag in STYLES
    inside = is_styled or is_style
    children = [one for child in node.children for one in rebuilt(child, is_styled=inside)]
    if node.tag == "span" and not node.attributes:
        return children
    if node.tag == "p" or (is_style and not is_styled):
        parts = split(children)
        if len(parts) > 1:
            attributes = node.attributes if len(node.attributes) <= MAX_COPIED else ""
            made = [Element(node.tag, attributes, part, has_content=True) for part in parts]
            # Line breaks between the parts remain, because they end the surrounding paragraph.
            return [*with_breaks(made)] if is_style else [*made]
    return [Element(node.tag, node.attributes, children, node.has_content)]


def with_breaks(parts: Iterable[Element]) -> Iterator[Node]:
    """Yield the parts of a divided element, with two line breaks between them."""
    for number, part in enumerate(parts):
        if number:
            yield from (Element("br"), Element("br"))
        yield part


def is_layout(table: Element) -> bool:
    """Return whether a table is used only for layout.

    A layout table has no header cells, and at most one cell with content per row.
    """
    rows = [[cell for cell in row.children if isinstance(cell, Element)] for row in rows_of(table)]
    if any(has_tag(child, "caption") for child in table.children) or any(
        has_tag(cell, "th") for row in rows for cell in row
    ):
        return False
    return all(sum(cell.has_content for cell in row) <= 1 for row in rows)


def rows_of(table: Element) -> Iterator[Element]:
    """Yield the rows of a table, without rows of nested tables."""
    for child in table.children:
        if isinstance(child, Element) and child.tag in ROWS:
            if child.tag == "tr":
                yield child
            else:
                yield from rows_of(child)


def container(tag: str, attributes: str, node: Element, *, is_cell: bool = True) -> Element:
    """Return a new element with the content of a node, divided into paragraphs if it has several.

    The content of a cell in a layout table always becomes paragraphs.
    """
    children = [one for child in node.children for one in rebuilt(child)]
    if is_cell or len(split(children)) > 1:
        children = [*paragraphed(children)]
    if tag == "":
        while children and (is_blank(children[-1]) or has_tag(children[-1], "br", "hr")):
            children.pop()
    return Element(tag, attributes, children, node.has_content)


def paragraphed(children: Iterable[Node]) -> Iterator[Node]:
    """Wrap each run of inline nodes in one or more paragraphs."""
    run: list[Node] = []
    for child in children:
        if isinstance(child, Element) and child.tag in BLOCKS:
            yield from paragraphs_of(run)
            run = []
            yield child
        else:
            run.append(child)
    yield from paragraphs_of(run)


def paragraphs_of(run: Sequence[Node]) -> Iterator[Node]:
    """Yield a run of nodes split into paragraphs, or unchanged if one of the nodes is a block."""
    if any(map(is_block, run)):
        yield from run
        return
    for part in split(run):
        yield Element("p", "", part, has_content=True)


def split(children: Sequence[Node]) -> list[list[Node]]:
    """Split nodes at two or more successive line breaks, and trim line breaks around each part.

    Parts without visible content are omitted.
    """
    parts: list[list[Node]] = [[]]
    breaks = 0
    for child in children:
        if has_tag(child, "br"):
            breaks += 1
        elif breaks > 1 and not is_blank(child):
            parts.append([])
        if not has_tag(child, "br") and not is_blank(child):
            breaks = 0
        parts[-1].append(child)
    trimmed = (trim(part) for part in parts)
    return [part for part in trimmed if any(map(shows, part))]


def trim(part: list[Node]) -> list[Node]:
    """Remove line breaks and white space from both ends of a part."""
    start, end = 0, len(part)
    while start < end and (is_blank(part[start]) or has_tag(part[start], "br")):
        start += 1
    while end > start and (is_blank(part[end - 1]) or has_tag(part[end - 1], "br")):
        end -= 1
    found = part[start:end]
    if found and isinstance(found[0], str):
        found[0] = found[0].lstrip()
    if found and isinstance(found[-1], str):
        found[-1] = found[-1].rstrip()
    return found


def shows(node: Node) -> bool:
    """Return whether a node has visible content."""
    if isinstance(node, str):
        return not is_blank(node)
    return node.has_content or node.tag == "hr"


def write(node: Node, out: list[str]) -> None:
    """Append the HTML of a node to ``out``."""
    if isinstance(node, str):
        out.append(node)
        return
    if node.tag:
        out.append(f"<{node.tag}{node.attributes}>")
    for child in node.children:
        write(child, out)
    if node.tag and node.tag not in VOID:
        out.append(f"</{node.tag}>")
