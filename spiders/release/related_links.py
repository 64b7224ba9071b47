"""The other releases that a page links to after its body: related and latest news."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml import etree

from data.models import Link
from data.text.clean import clean_line
from data.text.urls import absolute
from spiders.page.class_hints import BIT, hints_in, names_of
from spiders.page.media_urls import leads_to_file

MIN_TITLE, MAX_LINKS = 16, 30
"""Characters of a link's text from which it may be a release's title, and links that are kept."""

ELSEWHERE: Final = (
    BIT["footer"] | BIT["foot"] | BIT["nav"] | BIT["navigation"] | BIT["comment"] | BIT["share"]
)
ASIDE: Final = frozenset(["nav", "footer", "header"])
LINKS_SEEN: Final = 80
"""Links after a body that are looked at: what follows further down is no neighbour of it."""

ABOVE_LINK: Final = 6
"""Elements above a link whose names are looked at."""


def links_after(body: etree._Element, base: str) -> tuple[Link, ...]:
    """The other releases that a page links to after its body, or after the last part of one."""
    found: dict[str, Link] = {}
    met: set[str] = set()
    known: dict[etree._Element, bool] = {}
    seen = 0
    for link in _anchors_after(body):
        href = link.get("href") or ""
        if not href or href in met or href.startswith("#"):
            continue
        title = clean_line("".join(map(str, link.itertext())))
        if len(title) < MIN_TITLE or _elsewhere(link, known):
            continue
        met.add(href)
        seen += 1
        url = absolute(base, href)
        if url and url.startswith("http") and not leads_to_file(url):
            found.setdefault(url, Link(url, title))
        if len(found) >= MAX_LINKS or seen >= LINKS_SEEN:
            break
    return tuple(found.values())


def _anchors_after(body: etree._Element) -> Iterator[etree._Element]:
    for element in (body, *body.iterancestors()):
        for after in element.itersiblings():
            if after.tag not in ASIDE:
                yield from after.iter("a")


def _elsewhere(link: etree._Element, known: dict[etree._Element, bool]) -> bool:
    """Whether the elements around a link are or call themselves a menu, a footer or the like.

    ``known`` is what was found so by the element that holds a link.
    """
    holder = link.getparent()
    if holder is None:
        return False
    if holder not in known:
        around = (holder, *holder.iterancestors())
        near = map(names_of, around[:ABOVE_LINK])
        known[holder] = any(one.tag in ASIDE for one in around) or any(
            hints_in(name) & ELSEWHERE for name in near
        )
    return known[holder]
