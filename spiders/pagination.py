"""The address of the page that follows a listing page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from lxml import etree

from data.months import fold
from spiders.link_targets import resolve, target_of
from spiders.page import Page
from spiders.pagination_words import MORE, NEXT, OLDER, PREVIOUS
from spiders.source import ListingRules

MAX_LINKS = 10_000
"""Links of a page that are looked at."""

_ARROWS = frozenset(
    ("›", "»", ">", ">>", "→", "▶", "►", "⟩", "❯", "≫", "⇒", "〉", "＞", "…", "...")
)
_STRONG_CLASS = re.compile(
    r"(?:^|[\s_-])(?:next|older|nextpostslink|nextpage|next_page|page_next|pagenext|nav-previous)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_MORE_CLASS = re.compile(r"(?:load|show|view)[_-]?more", re.IGNORECASE)
_PREVIOUS_CLASS = re.compile(r"(?:^|[\s_-])prev", re.IGNORECASE)
_PAGER_CLASS = re.compile(
    r"pag(?:er|ing|inat|enav|e-?numbers?|es?(?:$|[\s_-]))|(?:^|[\s_-])nav(?:igation)?[\s_-]links?|seiten",
    re.IGNORECASE,
)
_CAROUSEL = re.compile(r"carousel|slider|slick|swiper|lightbox|calendar|gallery", re.IGNORECASE)
_EDGES = re.compile(r"^[\s\W]+|[\s\W]+$")
_PAGE_NUMBER = re.compile(
    r"[/?&;](?:page|paged|p|pg|pagina|seite|sayfa|sehife|strana|stranica|strona|oldal|sivu|sida|side|pagen_\d|start|offset|from|skip|limitstart)[=/-]?\d",
    re.IGNORECASE,
)
_FORWARD = re.compile(r"^.{0,40}[›»>→▶►❯≫]\s*$")
_BACKWARD = re.compile(r"\s*[‹«<←◀◄❮≪]")
_NUMBERS = re.compile(r"(\d{1,9})")
_ACTIVE = re.compile(r"(?:^|[\s_-])(?:active|current|selected|on)(?:$|[\s_-])", re.IGNORECASE)
_LABEL = 40
_NUMBER = re.compile(r"\d{1,5}")


@dataclass(frozen=True, slots=True)
class _Candidate:
    url: str
    score: float


def next_page(page: Page, rules: ListingRules | None = None) -> str | None:
    """The absolute address of the next page of a listing, or None on the last one.

    A declared ``next`` selector wins. Else rel=next (HTML, 4.6.7), what the link says or is called,
    the number after the current one, and a load-more address, in this order. Never the page itself.
    """
    if rules and rules.next:
        return _declared(page, rules.next)
    best = max(_candidates(page), key=lambda found: found.score, default=None)
    return best.url if best and best.score > 0 else None


def _declared(page: Page, selector: str) -> str | None:
    for found in page.selector.css(selector):
        if isinstance(found.root, str):
            address = resolve(found.root, page.base)
        else:
            address = target_of(found.root, page.base)
        if address and not _same(address, page.url):
            return address
    return None


def _candidates(page: Page) -> Iterator[_Candidate]:
    here = urlsplit(page.url)
    numbers: dict[etree._Element, list[tuple[int, str, etree._Element]]] = {}
    count = 0
    for node in page.tree.iter("link", "a", "button"):
        count += 1
        if count > MAX_LINKS:
            break
        address = target_of(node, page.base)
        if not address or _same(address, page.url):
            continue
        if urlsplit(address).hostname != here.hostname and here.hostname:
            continue
        if node.tag == "link":
            if "next" in (node.get("rel") or "").lower().split():
                yield _Candidate(address, 6.0)
            continue
        label = _label(node)
        if _NUMBER.fullmatch(label):
            numbers.setdefault(_pager_of(node), []).append((int(label), address, node))
        numbered = _is_page_of(page.url, address, loads=node.tag == "button")
        score = _score(node, label, numbered=numbered)
        if score > 0:
            yield _Candidate(address, score + 0.2 * numbered + 0.3 * _step(page.url, address))
    yield from _numbered(numbers)


def _label(node: etree._Element) -> str:
    text = " ".join("".join(map(str, node.itertext())).split())[:200]
    if not text:
        image = node.find(".//img")
        text = node.get("title") or node.get("aria-label") or ""
        if image is not None:
            text = image.get("alt") or image.get("title") or text
    return text


def _score(node: etree._Element, label: str, *, numbered: bool) -> float:
    names = _names(node)
    said = fold(_EDGES.sub("", label)) if len(label) <= _LABEL else ""
    titled = fold(_EDGES.sub("", node.get("title") or node.get("aria-label") or ""))[:_LABEL]
    rel = (node.get("rel") or "").lower().split()
    if said in PREVIOUS or titled in PREVIOUS or "prev" in rel:
        return 0.0
    near = f"{names} {_names(node.getparent())}"
    around = f"{near} {_names(_up(node, 2))} {_names(_up(node, 3))}"
    if _CAROUSEL.search(around):
        return 0.0
    pager = bool(_PAGER_CLASS.search(around))
    score = 0.0
    if "next" in rel:
        score += 5.0
    if {said, titled} & (NEXT | OLDER):
        score += 3.0
    elif label.strip() in _ARROWS and pager:
        score += 1.5
    elif numbered and _FORWARD.search(label) and not _BACKWARD.match(label):
        score += 1.2
    elif numbered and (said in MORE or titled in MORE or said.startswith("more ")):
        score += 1.0
    elif numbered and _MORE_CLASS.search(near):
        score += 0.8
    score += _named_next(node)
    return score + 0.5 if pager and score else score


def _named_next(node: etree._Element) -> float:
    """What the class or id of a link, or of the element that holds it, says of a next page."""
    names = _names(node)
    if _STRONG_CLASS.search(names) and not _PREVIOUS_CLASS.search(names):
        return 2.5
    return 2.0 if _STRONG_CLASS.search(_names(node.getparent())) else 0.0


def _names(node: etree._Element | None) -> str:
    if node is None:
        return ""
    return f"{node.get('class') or ''} {node.get('id') or ''}"[:300]


def _up(node: etree._Element, steps: int) -> etree._Element | None:
    for _ in range(steps):
        parent = node.getparent()
        if parent is None:
            return None
        node = parent
    return node


def _pager_of(node: etree._Element) -> etree._Element:
    """The element that holds the row of page numbers: above the list item of this one."""
    parent = node.getparent()
    if parent is not None and parent.tag in {"li", "span", "td", "b", "strong", "div"}:
        links = len(list(islice(parent.iter("a"), 2)))
        above = parent.getparent()
        if links == 1 and above is not None:
            return above
    return parent if parent is not None else node


def _is_page_of(here: str, address: str, *, loads: bool = False) -> bool:
    """Whether an address is a numbered part of the listing: its number in the query or the path.

    What a button ``loads`` is a part of its page, so any number in the query tells which.
    """
    mine, other = urlsplit(here), urlsplit(address)
    if mine.path.rstrip("/") == other.path.rstrip("/"):
        return mine.query != other.query
    return bool(loads and _NUMBERS.search(other.query)) or bool(
        _PAGE_NUMBER.search(f"{other.path}?{other.query}")
    )


def _step(here: str, address: str) -> int:
    """1 where an address differs from the page's in one number that is higher, -1 where lower."""
    mine, other = _NUMBERS.split(here), _NUMBERS.split(address)
    if len(mine) != len(other):
        return 0
    changed = [
        (old, new) for old, new in zip(mine, other, strict=True) if old.strip() != new.strip()
    ]
    if len(changed) != 1 or not all(number.isdecimal() for number in changed[0]):
        return 0
    return 1 if int(changed[0][1]) > int(changed[0][0]) else -1


def _numbered(
    pagers: dict[etree._Element, list[tuple[int, str, etree._Element]]],
) -> Iterator[_Candidate]:
    for pager, links in pagers.items():
        linked = {number: address for number, address, _ in links}
        current = _current(pager, linked)
        if current is not None and current + 1 in linked:
            yield _Candidate(
                linked[current + 1], 1.2 + 0.2 * bool(_PAGER_CLASS.search(_names(pager)))
            )


def _current(pager: etree._Element, linked: dict[int, str]) -> int | None:
    """The number of the page shown: the one that is no link, or is marked as current."""
    for text in map(str, pager.itertext()):
        label = text.strip(" \t\r\n[]()|-")
        if _NUMBER.fullmatch(label) and int(label) not in linked:
            number = int(label)
            if number + 1 in linked or number - 1 in linked:
                return number
    for node in pager.iter("a"):
        label = _label(node)
        marked = node.get("aria-current") or _ACTIVE.search(
            f"{_names(node)} {_names(node.getparent())}"
        )
        if marked and _NUMBER.fullmatch(label):
            return int(label)
    return None


def _same(address: str, url: str) -> bool:
    """Whether two addresses are one page to a server, which never sees a fragment."""
    mine, other = urlsplit(url), urlsplit(address)
    return (
        mine.hostname == other.hostname
        and (mine.path.rstrip("/") or "/") == (other.path.rstrip("/") or "/")
        and mine.query == other.query
    )
