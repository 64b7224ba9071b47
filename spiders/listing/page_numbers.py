"""What numbers say of the pages of a listing: those of a pager, and those in addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from urllib.parse import urljoin, urlsplit

from lxml import etree

from data.text.urls import MAX_ADDRESS
from spiders.page.class_hints import names_around, names_of

PAGER_CLASS = re.compile(
    r"pag(?:er|ing|inat|enav|e-?numbers?|es?(?:$|[\s_-]))|(?:^|[\s_-])nav(?:igation)?[\s_-]links?|seiten",
    re.IGNORECASE,
)


def label_of(node: etree._Element) -> str:
    """What a link says, or what its image or title does where it has no words."""
    text = " ".join("".join(map(str, node.itertext())).split())[:200]
    if not text:
        image = node.find(".//img")
        text = node.get("title") or node.get("aria-label") or ""
        if image is not None:
            text = image.get("alt") or image.get("title") or text
    return text


NUMBER = re.compile(r"\d{1,5}")
Numbered = tuple[int, str]
"""The number that a link shows, and its address."""

_PAGE_NUMBER = re.compile(
    r"[/?&;](?:page|paged|p|pg|pagina|seite|sayfa|sehife|strana|stranica|strona|oldal|sivu|sida|side|pagen_\d|start|offset|from|skip|limitstart)[=/-]?\d"
    r"|/index[-_]?\d{1,4}\.\w{2,5}(?:$|[?&])",
    re.IGNORECASE,
)
_CALENDAR = re.compile(
    r"[?&;](?:mini|month|mon|monat|mois|mes|mese|maand|week|cal\w{0,10})=\d", re.IGNORECASE
)
_CALENDAR_NAMES = re.compile(r"calendar|kalender|calendrier|datepicker", re.IGNORECASE)
_DAY = re.compile(r"(?:19|20)\d\d[/-]\d{1,2}[/-]\d{1,2}(?:$|[/?&])")
_DRAWN = re.compile(
    r"createPage(?:HTML|Html)\(\s*(?:['\"][\w-]{1,40}['\"]\s*,\s*)?(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*"
    r"['\"]([\w-]{1,80})['\"]\s*,\s*['\"](\w{2,5})['\"]"
)
_NUMBERS = re.compile(r"(\d{1,9})")
_ACTIVE = re.compile(r"(?:^|[\s_-])(?:active|current|selected|on)(?:$|[\s_-])", re.IGNORECASE)


def is_page_of(here: str, address: str, *, loads: bool = False) -> bool:
    """Whether an address may be a numbered part of the listing: its number in the query or path.

    What a button ``loads`` is a part of its page, so any number in the query tells which.
    """
    if len(address) > MAX_ADDRESS:
        return False
    mine, other = urlsplit(here), urlsplit(address)
    if mine.path.rstrip("/") == other.path.rstrip("/"):
        return mine.query != other.query
    if loads and _NUMBERS.search(other.query):
        return True
    return bool(_PAGE_NUMBER.search(f"{other.path}?{other.query}"))


def leads_on(here: str, address: str) -> bool:
    """Whether an address counts up: it names a page or an offset, or a number of it is higher."""
    if len(address) > MAX_ADDRESS:
        return False
    return bool(_PAGE_NUMBER.search(address)) or step(here, address) > 0


def is_of_calendar(here: str, address: str) -> bool:
    """Whether an address is that of another month in a calendar, and no older page of an archive.

    A calendar has no end.
    """
    if not _CALENDAR.search(address) or _PAGE_NUMBER.search(address):
        return False
    return step(here, address) >= 0


def step(here: str, address: str) -> int:
    """1 where an address differs from the page's in one number that is higher, -1 where lower."""
    if len(address) > MAX_ADDRESS:
        return 0
    mine, other = _NUMBERS.split(here), _NUMBERS.split(address)
    if len(mine) != len(other):
        return 0
    changed = [
        (old, new) for old, new in zip(mine, other, strict=True) if old.strip() != new.strip()
    ]
    if len(changed) != 1 or not all(number.isdecimal() for number in changed[0]):
        return 0
    return 1 if int(changed[0][1]) > int(changed[0][0]) else -1


def by_script(here: str, text: str) -> str | None:
    """The next page where a script draws the pager of numbered files: ``index_1.html``.

    ``createPageHTML(pages, shown, "index", "html")`` stands on the pages of a publishing system in
    wide use (TRS WCM); the first page is number 0 and bears no number.
    """
    for count, shown, name, ending in _DRAWN.findall(text):
        following = int(shown) + 1
        if following < int(count):
            return urljoin(here, f"{name}_{following}.{ending}")
    return None


def pager_of(node: etree._Element) -> etree._Element:
    """The element that holds the row of page numbers: above the list item of this one."""
    parent = node.getparent()
    if parent is not None and parent.tag in {"li", "span", "td", "b", "strong", "div"}:
        links = len(list(islice(parent.iter("a"), 2)))
        above = parent.getparent()
        if links == 1 and above is not None:
            return above
    return parent if parent is not None else node


def after_current(
    pagers: Mapping[etree._Element, Sequence[Numbered]],
) -> Iterator[tuple[str, etree._Element]]:
    """The addresses of the pages after the ones shown, each with its pager."""
    for pager, links in pagers.items():
        if _CALENDAR_NAMES.search(names_around(pager, 5)):
            continue
        linked = dict(links)
        current = _current(pager, linked)
        following = linked.get(current + 1) if current is not None else None
        if following and not _DAY.search(following):
            yield following, pager


def _current(pager: etree._Element, linked: dict[int, str]) -> int | None:
    """The number of the page shown: the one that is no link, or is marked as current."""
    for text in map(str, pager.itertext()):
        label = text.strip(" \t\r\n[]()|-")
        if NUMBER.fullmatch(label) and int(label) not in linked:
            number = int(label)
            if number + 1 in linked or number - 1 in linked:
                return number
    for node in pager.iter("a"):
        label = label_of(node)
        marked = node.get("aria-current") or _ACTIVE.search(
            f"{names_of(node)} {names_of(node.getparent())}"
        )
        if marked and NUMBER.fullmatch(label):
            return int(label)
    return None
