"""The address of the page that follows a listing page."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from urllib.parse import urlsplit

from lxml import etree

from data.text.folding import fold_date
from spiders.listing.page_numbers import (
    NUMBER,
    PAGER_CLASS,
    Numbered,
    after_current,
    by_script,
    is_of_calendar,
    is_page_of,
    label_of,
    leads_on,
    pager_of,
    step,
)
from spiders.listing.pagination_words import MORE, NEXT, OLDER, PREVIOUS
from spiders.page.class_hints import names_around, names_of
from spiders.page.css import CssSelector
from spiders.page.links import link_target, resolve
from spiders.page.page import Page
from spiders.sources.source_file import ListingRules

MAX_LINKS = 10_000
"""Links of a page that are looked at."""

LOADERS = ("hx-get", "data-next-url", "data-next-page", "data-next-href", "data-next")
"""Attributes by which any element may load the rest of an endless list."""

_NEXT_OR_OLDER = NEXT | OLDER
_ON = _NEXT_OR_OLDER | MORE
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
_CAROUSEL = re.compile(
    r"carousel|slider|slick|swiper|lightbox|calendar|datepicker|gallery", re.IGNORECASE
)
_EDGES = re.compile(r"^[\s\W]+|[\s\W]+$")
_DIGITS = re.compile(r"\d+")
_FORWARD = re.compile(r"^.{0,40}[›»>→▶►❯≫⟩]\s*$")
_BACKWARD = re.compile(r"\s*[‹«<←◀◄❮≪⟨⟪]")
_LABEL = 40
_SHORT = 3
"""Words of *more …* up to which it is no headline."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An address that may be the next page's; ``sure`` where rel or a class says so."""

    url: str
    score: float
    label: str = ""
    pager: bool = False
    sure: bool = False


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
    for found in CssSelector(selector).found(page.tree):
        if isinstance(found, str):
            address = resolve(found, page.base)
        else:
            address = link_target(found, page.base)
        if address and not _same(address, page.url):
            return address
    return None


def _candidates(page: Page) -> Iterator[_Candidate]:
    here = urlsplit(page.url)
    host = here.hostname
    numbers: dict[etree._Element, list[Numbered]] = defaultdict(list)
    called: dict[str, set[str]] = defaultdict(set)
    found: list[_Candidate] = []
    for count, node in enumerate(chain(page.tree.iter("link", "a", "button"), _loaders(page))):
        if count >= MAX_LINKS:
            break
        address = link_target(node, page.base)
        if not address:
            continue
        there = urlsplit(address)
        if there.hostname != host and host:
            continue
        if there.query == here.query and _same(address, page.url):
            continue
        if node.tag == "link":
            if "next" in (node.get("rel") or "").lower().split():
                yield _Candidate(address, 6.0)
            continue
        label = label_of(node)
        called[label].add(address)
        if NUMBER.fullmatch(label):
            numbers[pager_of(node)].append((int(label), address))
        candidate = _rated(node, label, address, page.url)
        if candidate.score > 0 and not is_of_calendar(page.url, address):
            found.append(candidate)
    yield from _single(found, called, page.url)
    yield from _counted(page, numbers)


def _counted(page: Page, numbers: dict[etree._Element, list[Numbered]]) -> Iterator[_Candidate]:
    """What comes after the page shown in pagers of numbers, also those that scripts draw."""
    if b"createPage" in page.markup and (drawn := by_script(page.url, page.text)):
        yield _Candidate(drawn, 2.0)
    for address, pager in after_current(numbers):
        yield _Candidate(address, 1.2 + 0.2 * bool(PAGER_CLASS.search(names_of(pager))))


def _loaders(page: Page) -> Iterator[etree._Element]:
    """The elements, no links or buttons, that load the rest of an endless list."""
    if not any(name.encode() in page.markup for name in LOADERS):
        return
    for node in page.tree.iter():
        if node.tag not in {"link", "a", "button"} and any(map(node.get, LOADERS)):
            yield node


def _single(
    found: list[_Candidate], called: dict[str, set[str]], here: str
) -> Iterator[_Candidate]:
    """The candidates without those whose label leads to many addresses, each a row's: *weiter*."""
    labels = {one.label for one in found}
    pages = {label: [url for url in called[label] if leads_on(here, url)] for label in labels}
    for one in found:
        count = len(called[one.label])
        own = one.sure or count == 1 or not one.label or pages[one.label] == [one.url]
        if own or (count == 2 and one.pager):  # noqa: PLR2004 - two lists, each with its pager
            yield one


def _rated(node: etree._Element, label: str, address: str, here: str) -> _Candidate:
    """How much a link's words, names and address speak for its leading to the next page."""
    rel = (node.get("rel") or "").lower().split()
    said = _words(label) if len(label) <= _LABEL else ""
    titled = _words(node.get("title") or node.get("aria-label") or "")[:_LABEL]
    if said in PREVIOUS or titled in PREVIOUS or "prev" in rel:
        return _Candidate(address, 0.0)
    loads = node.tag not in {"a", "link"}
    numbered = is_page_of(here, address, loads=loads)
    named = _named_next(node)
    worded = said in _NEXT_OR_OLDER or titled in _NEXT_OR_OLDER
    is_arrow = label.strip() in _ARROWS
    speaks = numbered or named or worded or is_arrow or "next" in rel
    if not speaks or _CAROUSEL.search(around := names_around(node, 3)):
        return _Candidate(address, 0.0)
    pager = bool(PAGER_CLASS.search(around))
    score = 0.0
    if "next" in rel:
        score += 5.0
    if worded:
        score += 3.0
    elif is_arrow and pager:
        score += 1.5
    elif numbered and _FORWARD.search(label) and not _BACKWARD.match(label):
        score += 1.2
    elif numbered and (_is_more(said, titled) or _leads_on(said, titled, address, here)):
        score += 1.0
    elif numbered and (
        node.tag not in {"a", "button"} or _MORE_CLASS.search(names_around(node, 1))
    ):
        score += 0.8
    found = _Candidate(address, score + named, label, pager, sure=bool("next" in rel or named))
    if not found.score:
        return found
    return replace(
        found, score=found.score + 0.5 * pager + 0.2 * numbered + 0.3 * step(here, address)
    )


def _words(text: str) -> str:
    return fold_date(_EDGES.sub("", text))


def _is_more(said: str, titled: str) -> bool:
    words = said.split()
    return said in MORE or titled in MORE or (words[:1] == ["more"] and 1 < len(words) <= _SHORT)


def _leads_on(said: str, titled: str, address: str, here: str) -> bool:
    """Whether a label that counts up begins or ends as those of next pages do: *next 20 items*."""
    if not leads_on(here, address):
        return False
    for text in (said, titled):
        words = _DIGITS.sub(" ", text).split()
        beginnings = (" ".join(words[:count]) for count in (1, 2, 3))
        endings = (" ".join(words[-count:]) for count in (1, 2))
        if any(part in _ON for part in beginnings) or any(part in NEXT for part in endings):
            return True
    return False


def _named_next(node: etree._Element) -> float:
    """What the class or id of a link, or of the element that holds it, says of a next page."""
    names = names_of(node)
    if _STRONG_CLASS.search(names) and not _PREVIOUS_CLASS.search(names):
        return 2.5
    return 2.0 if _STRONG_CLASS.search(names_of(node.getparent())) else 0.0


def _same(address: str, url: str) -> bool:
    """Whether two addresses are one page to a server, which never sees a fragment."""
    mine, other = urlsplit(url), urlsplit(address)
    return (
        mine.hostname == other.hostname
        and (mine.path.rstrip("/") or "/") == (other.path.rstrip("/") or "/")
        and mine.query == other.query
    )
