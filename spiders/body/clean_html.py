"""Cleans the fragment that holds a release's body, and reads it as HTML and as text.

BeautifulSoup mends what browsers would mend and lets rules be applied to the small fragment; one
walk over it then writes both forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from bs4 import BeautifulSoup, NavigableString, PageElement, Tag
from bs4.element import PreformattedString
from soupsieve import SelectorSyntaxError

from data.text.html_text import both_of
from data.text.sanitize import ADDRESSES, MOST, absolute, is_huge
from spiders.page.elements import CELLS, LINES, SILENT, gap_of, without_partings
from spiders.page.media_urls import largest_source, leads_to_image
from spiders.page.phrases import comparison_key, is_share, is_tail

PARAGRAPHS: Final = frozenset(["p", "div", "ul", "ol", "blockquote"])
DROPPED: Final = frozenset("script style noscript template iframe object embed form svg".split())  # noqa: SIM905 - words read better in a row
ALONE: Final = frozenset(["br", "hr", "img", "col", "wbr"])
SHOWN: Final = frozenset([*ALONE, "td", "th", "tr"])
WRITTEN: Final = frozenset(
    "href alt width height colspan rowspan scope lang dir start reversed type value datetime cite "  # noqa: SIM905 - words read better in a row
    "title hreflang span".split()
)
TAIL_FROM: Final = 0.5
"""The share of a body's text after which a line such as "Other news" ends it."""

HUGE: Final = f"the body is longer than {MOST:,} characters of HTML; only its beginning is kept"

BUTTONS: Final = frozenset(["a", "li", "button", "span"])
NEAR_BUTTON: Final = 60
"""Characters around a button up to which they are a bar of buttons, not a sentence."""


def clean_body(
    fragment: str, base: str, title: str, drop: Sequence[str] = (), *, declared: bool = False
) -> tuple[str, str, list[str]]:
    """The body as sanitized HTML and as text, with sentences on what could not be done.

    With ``declared`` nothing was chosen from the fragment yet, and its tail, headline and buttons
    are dropped here.
    """
    soup = BeautifulSoup(fragment, "lxml", multi_valued_attributes=None)
    reasons = drop_declared(soup, drop)
    if declared:
        cut_tail(soup)
        drop_lines(soup, title)
    if "<table" in fragment:
        unwrap_layout(soup)
    html, text = written(soup.body or soup, base)
    if is_huge(html):
        reasons.append(HUGE)
    return *both_of(html, text), reasons


def drop_declared(soup: BeautifulSoup, drop: Sequence[str]) -> list[str]:
    """Cut out what a source's rules name; a selector that can't be read is a reason, not an end."""
    reasons = []
    for selector in drop:
        try:
            for node in soup.select(selector):
                node.decompose()
        except (SelectorSyntaxError, NotImplementedError) as error:
            first = str(error).splitlines()[0]
            reasons.append(f"the drop rule {selector!r} can't be read: {first}")
    return reasons


def cut_tail(soup: BeautifulSoup) -> None:
    """Cut from the first line that announces other releases to the end of the body."""
    total = sum(map(len, soup.find_all(string=True)))
    before = 0
    for text in soup.find_all(string=True):
        before += len(text)
        line = text.strip()
        if not line or before < total * TAIL_FROM or not is_tail(line):
            continue
        holder = line_holder(text, line)
        if holder is None:
            continue
        for node in [*following(holder)]:
            node.extract()
        holder.extract()
        return


def unwrap_layout(soup: BeautifulSoup) -> None:
    """Take paragraphs out of a table that has one filled cell: it shows no data, it lays out."""
    for table in soup.find_all("table"):
        filled = [
            cell
            for cell in table.find_all(CELLS)
            if cell.find_parent("table") is table and (cell.get_text(strip=True) or cell.img)
        ]
        if len(filled) == 1 and filled[0].find(PARAGRAPHS):
            (cell,) = filled
            cell.name = "div"
            cell.attrs = {name: cell.attrs[name] for name in ("lang", "dir") if name in cell.attrs}
            table.replace_with(cell)


def line_holder(text: NavigableString, line: str) -> Tag | None:
    """The largest element that says no more than a line does; None where a text goes on."""
    holder = text.parent
    while holder is not None and holder.name not in {"body", "html", "[document]"}:
        above = holder.parent
        if holder.get_text().strip() != line:
            return None
        if above is None or above.get_text().strip() != line:
            return holder
        holder = above
    return None


def following(node: Tag) -> Iterator[PageElement]:
    """All that comes after an element, up to the end of the body."""
    level: Tag | None = node
    while level is not None and level.name not in {"body", "html", "[document]"}:
        yield from level.next_siblings
        level = level.parent


def drop_lines(soup: BeautifulSoup, title: str) -> None:
    """Drop the headline where the body repeats it, and the buttons of share bars."""
    headline = comparison_key(title)
    for node in soup.find_all(["h1", "h2", "h3"], limit=4):
        if headline and comparison_key(node.get_text()) == headline:
            node.decompose()
    for node in soup.find_all(BUTTONS):
        if node.parent is not None and is_share(node.get_text().strip()):
            around = node.parent.get_text().strip()
            if len(around) < NEAR_BUTTON:
                node.decompose()


def written(root: Tag, base: str) -> tuple[str, str]:  # noqa: C901, PLR0912 - one walk, flat on purpose
    """A fragment as HTML without empty elements, and as text: blank lines part paragraphs.

    Addresses become absolute, from ``base``.
    """
    html: list[str] = []
    text: list[str] = []
    opened: list[tuple[int, str, int]] = []
    shown = 0
    stack: list[PageElement | str] = [*reversed(root.contents)]
    while stack:
        node = stack.pop()
        if isinstance(node, Tag):
            name = node.name
            if name in DROPPED:
                continue
            if name in ALONE:
                shown += write_alone(node, name, base, html, text)
                continue
            opened.append((len(html), name, shown))
            html.append(f"<{name}{attributes(node, base)}>" if node.attrs else f"<{name}>")
            gap = gap_of(name)
            if gap:
                text.append(gap)
            if name in SILENT:
                stack.append(f"{name}/{len(text)}")
            else:
                stack.append(name)
            stack.extend(reversed(node.contents))
        elif isinstance(node, NavigableString):
            if not isinstance(node, PreformattedString):
                html.append(escape(node, quote=False))
                text.append(SPACE.sub(" ", node))
                shown += not node.isspace()
        else:
            place, name, before = opened.pop()
            silent = str(node).partition("/")[2]
            if silent:
                del text[int(silent) :]
            if shown == before and name not in SHOWN:
                del html[place:]
            else:
                html.append(f"</{name}>")
            gap = gap_of(name)
            if gap and name not in LINES:
                text.append(gap)
    return without_partings("".join(html)), "".join(text)


SPACE: Final = re.compile(r"\s+")


def write_alone(node: Tag, name: str, base: str, html: list[str], text: list[str]) -> bool:
    """Write an element that holds nothing, and whether it shows something.

    An image without an address is left out.
    """
    if name == "img":
        source = largest_source(node.attrs)
        link = node.parent
        href = str(link.get("href") or "") if link is not None and link.name == "a" else ""
        if leads_to_image(href):
            source = href
        url = absolute(base, source) if source else None
        if url:
            html.append(f'<img src="{escape(url)}"{attributes(node, base)}>')
        return bool(url)
    html.append(f"<{name}>")
    text.append("\n" if name == "br" else gap_of(name))
    return False


def attributes(node: Tag, base: str) -> str:
    """The attributes of an element that are kept, as HTML, addresses absolute."""
    parts = []
    for name, value in node.attrs.items():
        if name not in WRITTEN or not isinstance(value, str):
            continue
        kept = absolute(base, value) if name in ADDRESSES else value
        if kept is not None:
            parts.append(f' {name}="{escape(kept)}"')
    return "".join(parts)
