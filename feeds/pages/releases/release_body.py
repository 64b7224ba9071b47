"""Body of a release as our page shows it, without the layout of the publisher's page.

Empty paragraphs and needless rules (hr) are removed, layout tables become text, and very long
bodies are cut. Images become links, so opening our page sends no request to other sites.
"""

import re
import zlib
from dataclasses import dataclass
from functools import partial
from html import escape, unescape
from typing import Final

from lxml import etree

from data.text.clean import excerpt
from data.text.sanitize import sanitize_absolute
from data.text.urls import host_of
from feeds.translations import Texts

MAX_COMPRESSED_BYTES: Final = 17_000
"""Maximum size in bytes of a displayed body after compression. With it, a whole page stays below 30
KB compressed."""
MAX_BYTES: Final = 120_000
"""Maximum size in bytes of a displayed body before compression."""

MAX_READ: Final = 500_000
"""Maximum length in characters of the part of a body that is parsed."""

MIN_TEXT_CELL: Final = 200
"""Minimum length in characters of a table cell that contains text, not data."""

TRACKER_PIXELS: Final = 3
"""Maximum width or height in pixels of a tracking pixel or spacer image."""

NEEDS_TIDYING: Final = re.compile(r"<(?:hr|img|table|h1|br)\b|<(\w+)[^>]*>\s*</\1>|\xa0|&nbsp;")
"""Pattern for markup that `tidy` may change. Most bodies contain no such markup, so they
are not parsed."""

REMOVED_IF_EMPTY: Final = frozenset(
    "p div span h1 h2 h3 h4 h5 h6 li ul ol blockquote figure figcaption strong b em i a u "  # noqa: SIM905 - more readable as words
    "dl dt dd small".split()
)
"""Names of elements that are removed if they have no content."""

VISIBLE_ELEMENTS: Final = ("img", "hr", "table")
HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
CONTAINERS: Final = frozenset(
    "div blockquote ul ol dl table thead tbody tfoot figure details ruby".split()  # noqa: SIM905 - as above
)
TAG: Final = re.compile(r'<(/?[a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*)>')
"""Pattern that matches a complete tag as written by the sanitizer. Attribute values may look like
tags."""

ATTRIBUTE: Final = re.compile(r' ([a-z-]+)="([^"]*)"')

Element = etree._Element  # noqa: SLF001 - the type has no public name


@dataclass(frozen=True, slots=True)
class ShownBody:
    """A body for display, as safe HTML.

    ``beginning`` is true if the body was cut. ``pictures`` are the URLs of the images to which the
    body links.
    """

    html: str
    beginning: bool
    pictures: frozenset[str]


def shown_body(safe: str, texts: Texts, max_bytes: int = MAX_COMPRESSED_BYTES) -> ShownBody:
    """Convert a body to the form that our page shows.

    ``safe`` is sanitized HTML with absolute URLs. The result has at most ``max_bytes`` bytes
    compressed.
    """
    is_long = len(safe.encode("utf-8", "replace")) > max_bytes
    beginning = False
    if is_long or NEEDS_TIDYING.search(safe):
        start = start_of(safe)
        root = parsed(start)
        tidy(root)
        beginning = is_long and (cut(root, BodyBudget(max_bytes)) or len(start) < len(safe))
        # Sanitize again, as a different parser wrote this HTML.
        safe = sanitize_absolute(inside(root))
    pictures: set[str] = set()
    html = TAG.sub(partial(replaced, texts=texts, pictures=pictures), safe)
    return ShownBody(html, beginning, frozenset(pictures))


def start_of(safe: str) -> str:
    """Return at most MAX_READ characters of a body without cutting a tag."""
    if len(safe) <= MAX_READ:
        return safe
    start = safe[:MAX_READ]
    tag = start.rfind("<")
    return start[:tag] if start.find(">", tag) < 0 <= tag else start


def parsed(safe: str) -> Element:
    """Parse an HTML fragment into one element."""
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True)
    root = etree.fromstring(f"<div>{safe}</div>".encode("utf-8", "replace"), parser)
    return root.find("body/div")  # type: ignore[return-value]  # the wrapper above


def inside(root: Element) -> str:
    """Serialize the content of an element as HTML."""
    parts = [escape(root.text or "", quote=False)]
    parts += [etree.tostring(child, encoding="unicode", method="html") for child in root]
    return "".join(parts)


def tidy(root: Element) -> None:
    """Remove the layout of the publisher's page from a body, in place."""
    tables = list(root.iter("table"))
    layouts = [table for table in tables if is_layout(table)]
    for table in reversed(layouts):
        replace_by_text(table)
    for image in list(root.iter("img")):
        if is_tracker(image):
            remove(image)
        elif (link := next(image.iterancestors("a"), None)) is not None:
            move_behind(link, image)
    for element in empty_elements(root):
        remove(element)
    for rule in needless_rules(root):
        remove(rule)
    for block in root.iter("div", "p", "td", "li", "blockquote"):
        strip_breaks(block)
    lower_headings(root)


def is_layout(table: Element) -> bool:
    """Whether a table is used for layout: it has one column, contains tables, or has long cells.

    A table with a header, a caption or only short cells is a data table, unless it contains tables.
    """
    if next(table.iterdescendants("table"), None) is not None:
        return True
    rows = [[cell for cell in row if cell.tag in {"td", "th"}] for row in table.iter("tr")]
    if max(map(len, rows), default=0) <= 1:
        return True
    if next(table.iterdescendants("th", "caption"), None) is not None:
        return False
    lengths = [len(" ".join(element_text(cell).split())) for row in rows for cell in row]
    return max(lengths, default=0) >= MIN_TEXT_CELL


def replace_by_text(table: Element) -> None:
    """Replace a table with the contents of its cells, one below the other."""
    parts = etree.Element("div")
    for element in list(table.iter("td", "th", "caption")):
        if next(element.iterancestors("table"), None) is table:
            cell = etree.SubElement(parts, "div")
            cell.text = element.text
            cell.extend(list(element))
    parts.tail = table.tail
    parent = table.getparent()
    if parent is not None:
        parent.replace(table, parts)


def is_tracker(image: Element) -> bool:
    """Whether an image is a tracking pixel or spacer, according to its size attributes."""
    sizes = (image.get(name, "") for name in ("width", "height"))
    return any(size.isdecimal() and int(size) <= TRACKER_PIXELS for size in sizes if len(size) < 5)  # noqa: PLR2004 - digits


def move_behind(link: Element, image: Element) -> None:
    """Move an image out of the link that contains it, because the image becomes a link itself.

    A link that becomes empty gets the image's alternative text, unless it links to the image
    itself.
    """
    words = image.get("alt") or image.get("title") or ""
    remove(image)
    if not element_text(link).strip():
        is_same = link.get("href") == image.get("src") or not words
        if is_same or next(link.iterdescendants("img"), None) is not None:
            words = ""
        link.text = words or None
    image.tail = link.tail
    link.tail = None
    link.addnext(image)


def empty_elements(root: Element) -> list[Element]:
    """Return the elements without text, image, rule (hr) or table, inner elements first.

    Line breaks do not count as content. Each element is visited once, even if it is deeply nested.
    """
    filled: set[Element] = set()
    empty: list[Element] = []
    for element in reversed(list(root.iterdescendants())):
        if has_word(element.text) or element.tag in VISIBLE_ELEMENTS or element in filled:
            filled.add(element)
        elif element.tag in REMOVED_IF_EMPTY:
            empty.append(element)
        if element in filled or has_word(element.tail):
            filled.add(element.getparent())  # type: ignore[arg-type]  # only the root has no parent
    return empty


def has_word(text: str | None) -> bool:
    """Whether a text has characters other than white space."""
    return bool(text and text.replace("\xa0", " ").strip())


def needless_rules(root: Element) -> list[Element]:
    """Return the rules (hr) at the start or end of a body, or directly after another rule."""
    needless: list[Element] = []
    last: Element | None = None
    has_content = False
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start" and element.tag == "hr":
            last = element if has_content else last
            needless += [] if has_content else [element]
            has_content = False
        elif element.tag in {"img", "table"} or (words(event, element, root)).strip():
            last, has_content = None, True
    return needless + ([last] if last is not None else [])


def words(event: str, element: Element, root: Element) -> str:
    """Return the text that directly follows the start or end tag of an element."""
    if event == "start":
        return element.text or ""
    return (element.tail or "") if element is not root else ""


def strip_breaks(block: Element) -> None:
    """Remove line breaks at the start and end of a block, in place."""
    while len(block) and block[0].tag == "br" and not (block.text or "").strip():
        remove(block[0])
    while len(block) and block[-1].tag == "br" and not (block[-1].tail or "").strip():
        remove(block[-1])


def lower_headings(root: Element) -> None:
    """Renumber headings so that the highest is h2, one level below the heading of our page."""
    found = list(root.iter(*HEADINGS))
    top = min((int(str(heading.tag)[1]) for heading in found), default=2)
    for heading in found:
        heading.tag = f"h{min(6, int(str(heading.tag)[1]) - top + 2)}"


def element_text(element: Element) -> str:
    """Return all text in an element, with no-break spaces replaced by spaces."""
    return "".join(map(str, element.itertext())).replace("\xa0", " ")


def remove(element: Element) -> None:
    """Remove an element but keep the text after it."""
    parent, tail = element.getparent(), element.tail
    if parent is None:
        return
    if tail:
        previous = element.getprevious()
        if previous is None:
            parent.text = (parent.text or "") + tail
        else:
            previous.tail = (previous.tail or "") + tail
    element.tail = None
    parent.remove(element)


class BodyBudget:
    """The remaining space for a displayed body, before and after compression."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._packer = zlib.compressobj(6)
        self._packed = self._whole = 0

    def take(self, text: str) -> bool:
        """Count a text if it fits in the budget, and return whether it fits."""
        content = text.encode("utf-8", "replace")
        if self._whole + len(content) > MAX_BYTES:
            return False
        packer = self._packer.copy()
        size = len(packer.compress(content)) + len(packer.flush(zlib.Z_SYNC_FLUSH))
        if self._packed + size > self._max_bytes:
            return False
        self._packer = packer
        self._packed += size
        self._whole += len(content)
        return True

    @property
    def is_half_free(self) -> bool:
        """Whether less than half of the budget is used."""
        return self._packed < self._max_bytes // 2


def cut(element: Element, budget: BodyBudget) -> bool:
    """Remove blocks that exceed the budget from the end of an element.

    Returns whether any block was removed.
    """
    if not budget.take(element.text or ""):
        shorten(element, budget)
        return True
    for child in element:
        tail, child.tail = child.tail, None
        markup = etree.tostring(child, encoding="unicode", method="html")
        child.tail = tail
        if budget.take(markup) and budget.take(tail or ""):
            continue
        drop_behind(child)
        if child.tag in CONTAINERS and len(child):
            cut(child, budget)
        elif budget.is_half_free:
            shorten(child, budget)
        else:
            element.remove(child)
        return True
    return False


def drop_behind(child: Element) -> None:
    """Remove everything that follows an element in its parent."""
    child.tail = None
    parent = child.getparent()
    if parent is not None:
        for following in list(child.itersiblings()):
            parent.remove(following)


def shorten(element: Element, budget: BodyBudget) -> None:
    """Replace the content of an element with the beginning of its text that fits in the budget."""
    text = element_text(element)
    length = MAX_COMPRESSED_BYTES // 4
    for child in list(element):
        element.remove(child)
    element.text = excerpt(text, length)
    budget.take(element.text)


def replaced(tag: re.Match[str], *, texts: Texts, pictures: set[str]) -> str:
    """Return the replacement for a tag: images become links, and tables can be scrolled."""
    match tag[1]:
        case "img":
            return picture(tag[2], texts, pictures)
        case "table":
            label = escape(texts.gettext("Table"))
            return f'<div class="wide" role="region" aria-label="{label}" tabindex="0">{tag[0]}'
        case "/table":
            return f"{tag[0]}</div>"
    return tag[0]


def picture(attributes: str, texts: Texts, pictures: set[str]) -> str:
    """Return a link to an image, with its alternative text and host.

    Adds the image's URL to ``pictures``.
    """
    values = {name: unescape(value) for name, value in ATTRIBUTE.findall(attributes)}
    words = excerpt(values.get("alt") or values.get("title") or "", 500)
    url = values.get("src", "")
    if not (url.startswith(("http://", "https://")) and (host := host_of(url))):
        return escape(words)
    pictures.add(url)
    called = words or texts.gettext("Picture without a description")
    place = texts.gettext("Show the picture from %(host)s", host=host)
    return (
        f'<a class="picture" href="{escape(url)}" rel="noreferrer"><span>{escape(called)}</span> '
        f"<small>{escape(place)}</small></a>"
    )
