"""The body of a release as its page shows it: without what only its own site needed.

Rules beside our own lines and empty paragraphs go, tables that only lay a page out become text,
pictures become links, so that whoever reads here is seen by no other site, and what is very long
is cut.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import partial
from html import escape, unescape
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from data.text.clean import excerpt
from data.text.sanitize import sanitize_absolute
from feeds.translations import Texts

MOST_COMPRESSED: Final = 17_000
MOST: Final = 120_000
"""Bytes of a body that a page shows, compressed and not: with all else it stays below 30 KB."""

MAX_READ: Final = 500_000
"""Maximum characters of a body that are parsed for its page, which shows at most MOST of them."""

LONG_CELL: Final = 200
"""Characters of a cell from which on it holds text rather than data."""

TRACKER: Final = 3
"""Pixels up to which an image is none that anybody looks at."""

TOUCHED: Final = re.compile(r"<(?:hr|img|table|h1|br)\b|<(\w+)[^>]*>\s*</\1>|\xa0|&nbsp;")
"""What a body holds that needs another look; most hold none of it."""

EMPTY: Final = frozenset(
    "p div span h1 h2 h3 h4 h5 h6 li ul ol blockquote figure figcaption strong b em i a u "  # noqa: SIM905 - words read better in a row
    "dl dt dd small".split()
)
"""Elements that say nothing where they hold nothing."""

SHOWN: Final = ("img", "hr", "table")
HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
CONTAINERS: Final = frozenset(
    "div blockquote ul ol dl table thead tbody tfoot figure details ruby".split()  # noqa: SIM905 - as above
)
TAG: Final = re.compile(r'<(/?[a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*)>')
"""A whole tag as the sanitizer writes it: an attribute may hold what looks like another one."""

ATTRIBUTE: Final = re.compile(r' ([a-z-]+)="([^"]*)"')

Element = etree._Element  # noqa: SLF001 - the type has no public name


@dataclass(frozen=True, slots=True)
class ShownBody:
    """A body as safe HTML, and whether it is only the ``beginning``; the ``pictures`` in it."""

    html: str
    beginning: bool
    pictures: frozenset[str]


def shown_body(safe: str, texts: Texts, most: int = MOST_COMPRESSED) -> ShownBody:
    """What a page shows of a body, which is ``safe`` HTML with absolute addresses.

    It takes ``most`` bytes at the most, compressed.
    """
    is_long = len(safe.encode("utf-8", "replace")) > most
    beginning = False
    if is_long or TOUCHED.search(safe):
        start = start_of(safe)
        root = parsed(start)
        tidy(root)
        beginning = is_long and (cut(root, Budget(most)) or len(start) < len(safe))
        # Once more: what another parser made of it is cleaned before anybody sees it.
        safe = sanitize_absolute(inside(root))
    pictures: set[str] = set()
    html = TAG.sub(partial(replaced, texts=texts, pictures=pictures), safe)
    return ShownBody(html, beginning, frozenset(pictures))


def start_of(safe: str) -> str:
    """At most MAX_READ characters of a body, with no tag cut."""
    if len(safe) <= MAX_READ:
        return safe
    start = safe[:MAX_READ]
    tag = start.rfind("<")
    return start[:tag] if start.find(">", tag) < 0 <= tag else start


def parsed(safe: str) -> Element:
    """The tree of a fragment, in one element."""
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True)
    root = etree.fromstring(f"<div>{safe}</div>".encode("utf-8", "replace"), parser)
    return root.find("body/div")  # type: ignore[return-value]  # it was just written


def inside(root: Element) -> str:
    """What an element holds, as HTML."""
    parts = [escape(root.text or "", quote=False)]
    parts += [etree.tostring(child, encoding="unicode", method="html") for child in root]
    return "".join(parts)


def tidy(root: Element) -> None:
    """Take out of a body what only laid out a page elsewhere."""
    tables = list(root.iter("table"))
    layouts = [table for table in tables if is_layout(table)]
    for table in reversed(layouts):
        as_text(table)
    for image in list(root.iter("img")):
        if is_tracker(image):
            remove(image)
        elif (link := enclosing_link(image)) is not None:
            put_behind(link, image)
    for element in empty_elements(root):
        remove(element)
    for rule in needless_rules(root):
        remove(rule)
    for block in root.iter("div", "p", "td", "li", "blockquote"):
        strip_breaks(block)
    lower_headings(root)


def is_layout(table: Element) -> bool:
    """Whether a table only lays text out: it has one column, holds tables, or cells of text.

    One with a header or a caption is of data, unless it holds tables; so is one of short cells.
    """
    if next(table.iterdescendants("table"), None) is not None:
        return True
    rows = [[cell for cell in row if cell.tag in {"td", "th"}] for row in table.iter("tr")]
    if max(map(len, rows), default=0) <= 1:
        return True
    if next(table.iterdescendants("th", "caption"), None) is not None:
        return False
    lengths = [len(" ".join(text_of(cell).split())) for row in rows for cell in row]
    return max(lengths, default=0) >= LONG_CELL


def as_text(table: Element) -> None:
    """Put what the cells of a table hold in its place, one below the other."""
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
    """Whether an image is too small to be looked at: it counts readers, or keeps a distance."""
    sizes = (image.get(name, "") for name in ("width", "height"))
    return any(size.isdecimal() and int(size) <= TRACKER for size in sizes if len(size) < 5)  # noqa: PLR2004 - digits


def enclosing_link(element: Element) -> Element | None:
    """The link around an element, or None."""
    return next(element.iterancestors("a"), None)


def put_behind(link: Element, image: Element) -> None:
    """Move an image out of a link, as its own one can't lie in another.

    A link that had nothing else says the words of the image, unless it leads to the picture.
    """
    words = image.get("alt") or image.get("title") or ""
    remove(image)
    if not text_of(link).strip():
        is_same = link.get("href") == image.get("src") or not words
        if is_same or next(link.iterdescendants("img"), None) is not None:
            words = ""
        link.text = words or None
    image.tail = link.tail
    link.tail = None
    link.addnext(image)


def empty_elements(root: Element) -> list[Element]:
    """The elements in a body without a word, picture, rule or table, inner ones first.

    Breaks alone say nothing. Each element is visited once, however deep it is in others.
    """
    filled: set[Element] = set()
    empty: list[Element] = []
    for element in reversed(list(root.iterdescendants())):
        if is_word(element.text) or element.tag in SHOWN or element in filled:
            filled.add(element)
        elif element.tag in EMPTY:
            empty.append(element)
        if element in filled or is_word(element.tail):
            filled.add(element.getparent())  # type: ignore[arg-type]  # only the root has none
    return empty


def is_word(text: str | None) -> bool:
    """Whether a text has more than white space."""
    return bool(text and text.replace("\xa0", " ").strip())


def needless_rules(root: Element) -> list[Element]:
    """The rules that part nothing: at the edges of the body, or right behind another one."""
    needless: list[Element] = []
    last: Element | None = None
    said = False
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start" and element.tag == "hr":
            last = element if said else last
            needless += [] if said else [element]
            said = False
        elif element.tag in {"img", "table"} or (words(event, element, root)).strip():
            last, said = None, True
    return needless + ([last] if last is not None else [])


def words(event: str, element: Element, root: Element) -> str:
    """The text that comes with the start, or after the end, of an element."""
    if event == "start":
        return element.text or ""
    return (element.tail or "") if element is not root else ""


def strip_breaks(block: Element) -> None:
    """Take the breaks off both ends of a block, where they only keep a distance."""
    while len(block) and block[0].tag == "br" and not (block.text or "").strip():
        remove(block[0])
    while len(block) and block[-1].tag == "br" and not (block[-1].tail or "").strip():
        remove(block[-1])


def lower_headings(root: Element) -> None:
    """Let the headings of a body begin below that of the page."""
    found = list(root.iter(*HEADINGS))
    top = min((int(str(heading.tag)[1]) for heading in found), default=2)
    for heading in found:
        heading.tag = f"h{min(6, int(str(heading.tag)[1]) - top + 2)}"


def text_of(element: Element) -> str:
    """All text in an element; what looks like nothing is white space."""
    return "".join(map(str, element.itertext())).replace("\xa0", " ")


def remove(element: Element) -> None:
    """Take an element out; what follows it stays."""
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


class Budget:
    """How much of a body a page has room for."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._packer = zlib.compressobj(6)
        self._packed = self._whole = 0

    def take(self, text: str) -> bool:
        """Count a text in, or say that there is no room for it."""
        content = text.encode("utf-8", "replace")
        if self._whole + len(content) > MOST:
            return False
        packer = self._packer.copy()
        size = len(packer.compress(content)) + len(packer.flush(zlib.Z_SYNC_FLUSH))
        if self._packed + size > self._most:
            return False
        self._packer = packer
        self._packed += size
        self._whole += len(content)
        return True

    @property
    def is_half_free(self) -> bool:
        """Whether less than the half is taken."""
        return self._packed < self._most // 2


def cut(element: Element, budget: Budget) -> bool:
    """Keep the beginning of an element that the budget allows, in whole blocks; True where less."""
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
    """Take out all that follows an element in its parent."""
    child.tail = None
    parent = child.getparent()
    if parent is not None:
        for following in list(child.itersiblings()):
            parent.remove(following)


def shorten(element: Element, budget: Budget) -> None:
    """Keep the beginning of one long text, without its markup."""
    text = text_of(element)
    length = MOST_COMPRESSED // 4
    for child in list(element):
        element.remove(child)
    element.text = excerpt(text, length)
    budget.take(element.text)


def replaced(tag: re.Match[str], *, texts: Texts, pictures: set[str]) -> str:
    """A tag as the page has it: a link for a picture, and a frame that scrolls for a table."""
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
    """A link to a picture in place of the picture, with the words that stand for it."""
    said = {name: unescape(value) for name, value in ATTRIBUTE.findall(attributes)}
    words = excerpt(said.get("alt") or said.get("title") or "", 500)
    url = said.get("src", "")
    if not (host := host_of(url)):
        return escape(words)
    pictures.add(url)
    called = words or texts.gettext("Picture without a description")
    place = texts.gettext("Show the picture from %(host)s", host=host)
    return (
        f'<a class="picture" href="{escape(url)}" rel="noreferrer"><span>{escape(called)}</span> '
        f"<small>{escape(place)}</small></a>"
    )


def host_of(url: str) -> str:
    """The host of a web address; empty for what is none."""
    try:
        return (urlsplit(url).hostname or "") if url.startswith(("http://", "https://")) else ""
    except ValueError:
        return ""
