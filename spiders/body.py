"""Cleans the fragment that holds a release's body, and reads it as HTML and as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bs4 import BeautifulSoup, NavigableString, Tag
from soupsieve import SelectorSyntaxError

from data.normalize import clean_text
from data.sanitize import sanitize
from spiders.fragment import MARK
from spiders.media import largest_source
from spiders.phrases import is_share, is_tail, letters

BLOCKS = frozenset(
    "p div section article main blockquote ul ol li dl dt dd table thead tbody tr td th caption "
    "pre figure figcaption h1 h2 h3 h4 h5 h6 hr header footer address details summary center".split()
)
LINES = frozenset(["li", "tr", "dt", "dd"])
SILENT = frozenset(["figcaption", "script", "style"])
TAIL_SHARE = 0.5
"""A tail is cut only where less than this share of the text comes after it."""


def clean_body(
    fragment: str, base: str, title: str, drop: Sequence[str] = ()
) -> tuple[str, str, list[str]]:
    """The body as sanitized HTML and as text, with sentences on what could not be done."""
    soup = BeautifulSoup(fragment, "lxml")
    reasons = drop_declared(soup, drop)
    for marked in soup.find_all(attrs={MARK: True}):
        marked.decompose()
    cut_tail(soup)
    drop_lines(soup, title)
    mend_images(soup)
    root = soup.body or soup
    return sanitize(root.decode_contents(), base), clean_text(plain_text(root)), reasons


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
    total = len(soup.get_text())
    seen = 0
    for text in soup.find_all(string=True):
        seen += len(text)
        line = str(text).strip()
        if not line or not is_tail(line) or seen < total * TAIL_SHARE:
            continue
        holder = line_holder(text)
        if holder.get_text().strip() != line:
            continue
        for node in [*following(holder)]:
            node.extract()
        holder.extract()
        return


def line_holder(text: NavigableString) -> Tag:
    """The largest element that says no more than one text does."""
    holder = text.parent
    assert holder is not None  # noqa: S101 - a text that was found in a soup has a parent
    line = text.strip()
    while (
        holder.parent is not None
        and holder.parent.name not in {"body", "html", "[document]"}
        and holder.parent.get_text().strip() == line
    ):
        holder = holder.parent
    return holder


def following(node: Tag) -> Iterator[Tag | NavigableString]:
    """All that comes after an element, up to the end of the body."""
    level: Tag | None = node
    while level is not None and level.name not in {"body", "html", "[document]"}:
        yield from list(level.next_siblings)  # type: ignore[misc]
        level = level.parent


def drop_lines(soup: BeautifulSoup, title: str) -> None:
    """Drop the headline where the body repeats it, and the buttons of share bars."""
    headline = letters(title)
    for node in soup.find_all(["h1", "h2", "h3"], limit=4):
        if headline and letters(node.get_text()) == headline:
            node.decompose()
    for node in soup.find_all(["a", "li", "button", "span"]):
        if node.parent is not None and is_share(node.get_text().strip()):
            around = node.parent.get_text().strip()
            if len(around) < 60:
                node.decompose()


def mend_images(soup: BeautifulSoup) -> None:
    """Give lazy images their address, the larger one where a link offers it."""
    for image in soup.find_all("img"):
        source = largest_source(image.attrs)
        link = image.find_parent("a")
        href = str(link.get("href", "")) if link is not None else ""
        if re.search(r"\.(jpe?g|png|webp|gif|avif)(\?|$)", href, re.IGNORECASE):
            source = href
            if link is not None:
                link.unwrap()
        if source:
            image["src"] = source
        else:
            image.decompose()


def plain_text(root: Tag) -> str:
    """The text of a fragment: paragraphs parted by a blank line, captions left out."""
    out: list[str] = []
    stack: list[Tag | NavigableString | str] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Tag):
            if node.name in SILENT:
                continue
            if node.name == "br":
                out.append("\n")
                continue
            gap = "\n" if node.name in LINES else "\n\n" if node.name in BLOCKS else ""
            if node.name in {"td", "th"}:
                gap = " "
            if gap:
                out.append(gap)
                stack.append(Gap(gap))
            stack.extend(reversed(node.contents))  # type: ignore[arg-type]
        elif isinstance(node, Gap):
            out.append(node)
        elif type(node) is NavigableString:
            out.append(" ".join(f"|{node}|".split())[1:-1])
    return "".join(out)


class Gap(str):
    """A break that ends a block."""

    __slots__ = ()
