"""Find links to other releases below a release's body, such as related and latest news."""

from collections.abc import Iterator
from math import inf
from typing import Final

from lxml import etree

from data.models import Link
from data.text.clean import clean_line
from data.text.urls import absolute, page_address, part_fragment
from spiders.page.class_hints import BIT, class_and_id, hints_in
from spiders.page.html_tree import text_content
from spiders.page.media_urls import leads_to_file
from spiders.release.headline_text import latin_lengths

MIN_TITLE, MAX_LINKS = 16, 30
"""Limits for links to other releases.

- `MIN_TITLE`: minimum length of a link's text, in Latin letters
- `MAX_LINKS`: maximum number of links kept per page"""

OTHER_REGIONS: Final = (
    BIT["footer"] | BIT["foot"] | BIT["nav"] | BIT["navigation"] | BIT["comment"] | BIT["share"]
)
SIDE_TAGS: Final = frozenset(["nav", "footer", "header"])
MAX_LINKS_SEEN: Final = 80
"""Maximum number of links checked after a body. Links further down are unrelated to the release."""

MAX_ANCESTORS: Final = 6
"""Maximum number of ancestors of a link whose class and id are checked."""


def links_after(body: etree._Element, base: str) -> tuple[Link, ...]:
    """Return the links to other releases after a release's text.

    ``body`` is the element with the last block of the text. ``base`` is the base URL.
    """
    found: dict[str, Link] = {}
    met: set[str] = set()
    below: dict[etree._Element, float] = {}
    seen = 0
    for link in _anchors_after(body):
        href = link.get("href") or ""
        if not href or href in met or href.startswith("#"):
            continue
        text = text_content(link)
        if latin_lengths(text)[0] < MIN_TITLE or _elsewhere(link, below):
            continue
        title = clean_line(text)
        if latin_lengths(title)[0] < MIN_TITLE:
            continue
        met.add(href)
        seen += 1
        url = absolute(base, href)
        if url and part_fragment(url):
            url = page_address(url)
        if url and url.startswith("http") and not leads_to_file(url):
            found.setdefault(url, Link(url, title))
        if len(found) >= MAX_LINKS or seen >= MAX_LINKS_SEEN:
            break
    return tuple(found.values())


def _anchors_after(body: etree._Element) -> Iterator[etree._Element]:
    for element in (body, *body.iterancestors()):
        for after in element.itersiblings():
            if after.tag not in SIDE_TAGS:
                yield from after.iter("a")


def _elsewhere(link: etree._Element, below: dict[etree._Element, float]) -> bool:
    """Whether a link is inside a menu, footer or similar part of the page.

    ``below`` is a cache, which maps each checked element to the number of levels below it that
    still count as inside such a part.
    """
    around: list[etree._Element] = []
    holder = link.getparent()
    while holder is not None and holder not in below:
        around.append(holder)
        holder = holder.getparent()
    levels = 0.0 if holder is None else below[holder]
    for one in reversed(around):
        own = MAX_ANCESTORS if hints_in(class_and_id(one)) & OTHER_REGIONS else 0
        levels = below[one] = inf if one.tag in SIDE_TAGS else max(own, levels - 1)
    return levels > 0
