"""When a release was published: the witnesses on its page, the most trusted first.

What the page says to machines (JSON-LD, microdata, meta, page state in scripts) is believed unless
its address contradicts it. Else the dates that a reader sees are weighed: by where they stand to
the headline and the body, by what their elements call themselves, by the words beside them, and by
the address.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from lxml import etree

from data.dates import Reading, find_dates, parse_date, plausible
from data.models import Published
from spiders.hints import BIT
from spiders.metadata import Metadata
from spiders.survey import Block, Survey

META_DATES: Final = (
    "article:published_time", "og:published_time", "og:article:published_time", "datepublished",
    "dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date.created", "dc.created",
    "publishdate", "publish_date", "publish-date", "published", "pubdate", "publication_date",
    "publication-date", "publicationdate", "date.created", "date_published", "article.published",
    "article:published", "sailthru.date", "parsely-pub-date", "cxenseparse:recs:publishtime",
    "datecreated", "citation_publication_date", "citation_date", "gentics.lifecycle.publishdate",
    "last-modified-date-first", "rnews:datepublished", "bt:pubdate", "article_date_original",
    "dc.date", "dcterms.date", "date",
)  # fmt: skip
STATE: Final = re.compile(
    r'\\?"(?:date_?published|published_?(?:at|date|time|on)?|publish(?:ed)?_?(?:date|time)|'
    r"first_?published(?:_?(?:at|date))?|publication_?date|pub_?date|date_?created|created_?at|"
    r'article_?date|display_?date|release_?date)\\?"\s*:\s*\\?"?([\d]{4}-[\d]{2}-[\d]{2}[^"\\,}]{0,20}|'
    r"1[0-9]{9}(?:[0-9]{3})?(?![0-9]))",
    re.IGNORECASE,
)
"""A date in the state that a script carries: ``"publishedAt":"2024-05-01T10:00:00Z"``."""

PUBLISHED: Final = re.compile(r'"datePublished"\s*:\s*"([^"]{8,40})"')
DOTTED: Final = re.compile(r"(?<!\d)\d{1,2}\.\s?\d{1,2}\.\s?(?:\d\d){1,2}(?!\d)")
"""A date with dots, which is written day first wherever it is written."""

URL_DAY: Final = re.compile(
    r"(?<!\d)((?:19|20)\d\d)([/_.-]?)(0?[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01]|[1-9](?![-_]))(?!\d)"
)
URL_DAY_LAST: Final = re.compile(
    r"(?<!\d)(0[1-9]|[12]\d|3[01])([_.-])(0[1-9]|1[0-2])\2(20\d\d)(?!\d)"
)
URL_MONTH: Final = re.compile(r"/((?:19|20)\d\d)/(0?[1-9]|1[0-2])(?:/|$|-)")
LIKELY: Final = re.compile(r"\d{4}|\d[./-]\s?\d{1,2}[./-]\s?\d{2}|[年๐-๙०-९۰-۹٠-٩]")
CHANGED: Final = re.compile(
    "updated?|modified|aktualisiert|zuletzt|geändert|letzte|mis à jour|modifié|actualizad|"
    "modificad|atualizad|aggiornat|bijgewerkt|uppdaterad|oppdatert|opdateret|обновлен|изменен|"
    "оновлен|güncelle|yenilən|zaktualizowan|aktualizov|frissít|actualizat|更新|수정|cập nhật|"
    "diperbarui|تحديث|به‌روز|עודכן",
    re.IGNORECASE,
)
SAID: Final = re.compile(
    "publi|posted|released?|issued|veröffentlicht|erschienen|erstellt|datum|date\\b|fecha|опублик|"
    "дата|yayın|tarih|tarix|dərc|publicat|gepubliceerd|publicerad|publisert|data|dodano|zveřejn|"
    "közzé|発表|公開|掲載|发布|發布|时间|등록|입력|게시|đăng|diterbitkan|نشر|تاریخ|פורסם|दिनांक",
    re.IGNORECASE,
)
OUTSIDE: Final = (
    BIT["related"] | BIT["nav"] | BIT["comment"] | BIT["footer"] | BIT["foot"] | BIT["side"]
    | BIT["aside"] | BIT["navigation"]
)  # fmt: skip
MAX_LINE: Final = 160
MAX_SCRIPT: Final = 500_000
VAGUE: Final = frozenset(["meta:dc.date", "meta:dcterms.date", "meta:date", "json-ld:uploadDate"])
SHOWN: Final = 1.5
WESTERNMOST, EASTERNMOST = -8, 12
"""Hours from UTC between which nearly all press rooms lie."""

BEFORE, AFTER = 14, 6
"""Blocks before the headline and after the body that are looked at."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the parts of a release stand, as numbers of blocks: body from ``start`` to ``end``."""

    title: int | None
    start: int
    end: int


def find_published(
    meta: Metadata, root: etree._Element, seen: Survey, place: Place, reading: Reading, url: str
) -> tuple[Published | None, list[str]]:
    """The date of publication, and a sentence on each witness that was not believed."""
    reasons: list[str] = []
    named, month = url_date(url, reading)
    told: Published | None = None
    for text, rule in machine_dates(meta, root):
        found = parse_date(text, reading, rule)
        if found is None:
            continue
        if plausible(found, reading.now):
            told = swapped(found, named)
            break
        reasons.append(f"the date {found.iso} of {rule} can't be one of publication")
    if told and trusted(told) and (named is None or near(told, named) or sure(told)):
        if told.precision == "second" and told.zone == "UTC":
            return as_shown(told, named, seen, place, reading), reasons
        return told, reasons
    best = told
    top = 0.0 if told is None else 2.2 if trusted(told) else 1.2
    if named is not None and top < 1.6:
        best, top = named, 1.6
    for score, found in shown_dates(seen, place, reading):
        if not plausible(found, reading.now):
            continue
        if named is not None:
            score += 1.5 if found.day == named.day else -1.0
        elif month is not None:
            score += 0.5 if (found.day.year, found.day.month) == month else -0.5
        if found.day == reading.now.date():
            score -= 1.5
        if score > top:
            best, top = found, score
    if best is None:
        best = bare_time(root, reading) or state_date(root, reading)
    if best is None:
        return None, [*reasons, "no date of publication was found"]
    return best, reasons


def swapped(told: Published, named: Published | None) -> Published:
    """A date whose day and month were read the wrong way round, where the address says so."""
    if named is None or told.day == named.day:
        return told
    turned = (told.day.year, told.day.day, told.day.month)
    return named if turned == (named.day.year, named.day.month, named.day.day) else told


def trusted(told: Published) -> bool:
    """Whether a witness means publication and nothing else; ``date`` alone may be any date."""
    return told.rule not in VAGUE


def near(told: Published, named: Published) -> bool:
    """Whether two witnesses name the same day, or days that a time zone may part."""
    return abs((told.day - named.day).days) <= 1


def sure(told: Published) -> bool:
    """Whether a machine's date stands even against the page's address."""
    return told.rule.startswith("json-ld:datePublished") or "publish" in told.rule


def as_shown(
    told: Published, named: Published | None, seen: Survey, place: Place, reading: Reading
) -> Published:
    """An instant in UTC, as the source's own clock, the page's text or its address has it.

    A page whose system writes UTC shows its readers the local day. Where the source's zone is not
    known, the day that readers see is kept, without an hour.
    """
    if reading.zone != "UTC":
        return replace(told, zone=reading.zone)
    day = told.day
    others = {
        (told.at + dt.timedelta(hours=hours)).date() for hours in (WESTERNMOST, EASTERNMOST)
    } - {day}
    if not others:
        return told
    if named is not None and named.day in others:
        return replace(named, raw=told.raw)
    if named is not None:
        return told
    shown = [found for score, found in shown_dates(seen, place, reading) if score > SHOWN]
    days = {found.day for found in shown}
    if day not in days and len(days & others) == 1:
        return next(found for found in shown if found.day in others)
    return told


def machine_dates(meta: Metadata, root: etree._Element) -> Iterator[tuple[str, str]]:
    """Texts that a page marks as its date, with the rule that found each."""
    for key in ("datePublished", "dateCreated", "uploadDate"):
        text = meta.text(key)
        if text:
            yield text, f"json-ld:{key}"
    for text in meta.broken:
        if match := PUBLISHED.search(text):
            yield match[1], "json-ld:datePublished"
    for name in META_DATES[:-3]:
        text = meta.meta(name)
        if text:
            yield text, f"meta:{name}"
    for element in root.iter("time", "span", "p", "div", "abbr", "td", "dd"):
        if element.get("itemprop") == "datePublished" or element.get("pubdate") is not None:
            text = element.get("content") or element.get("datetime") or whole_text(element)
            if text:
                yield text, "microdata:datePublished"
    for name in META_DATES[-3:]:
        text = meta.meta(name)
        if text:
            yield text, f"meta:{name}"


def whole_text(element: etree._Element) -> str:
    """An element's text as one short line."""
    return " ".join("".join(map(str, element.itertext())).split())[:MAX_LINE]


def url_date(url: str, reading: Reading) -> tuple[Published | None, tuple[int, int] | None]:
    """The day, and the year and month, that an address names."""
    path = url.partition("://")[2].partition("/")[2].partition("?")[0]
    for match in URL_DAY.finditer(path):
        year, _, month, day = match.groups()
        if match[2] or (len(month) == 2 and len(day) == 2):
            found = parse_date(f"{year}-{int(month):02}-{int(day):02}", reading, "url")
            if found and plausible(found, reading.now):
                return replace(found, raw=match[0]), None
    for match in URL_DAY_LAST.finditer(path):
        found = parse_date(f"{match[4]}-{match[3]}-{match[1]}", reading, "url")
        if found and plausible(found, reading.now):
            return replace(found, raw=match[0]), None
    month_only = URL_MONTH.search(f"/{path}")
    return None, (int(month_only[1]), int(month_only[2])) if month_only else None


def shown_dates(seen: Survey, place: Place, reading: Reading) -> Iterator[tuple[float, Published]]:
    """The dates that a reader sees around a release, each with how much speaks for it."""
    first = place.start if place.title is None else min(place.title, place.start)
    window = range(max(0, first - BEFORE), min(len(seen.blocks), place.end + AFTER))
    for order in window:
        block = seen.blocks[order]
        inside = place.start < order < place.end
        if inside and order > place.start + 2 and order < place.end - 2 and len(block.text) > 60:
            continue
        yield from dates_of_block(block, place, reading)


def dates_of_block(
    block: Block, place: Place, reading: Reading
) -> Iterator[tuple[float, Published]]:
    """The dates in one block, with their scores."""
    text = block.text[:MAX_LINE]
    score = weight(block, place)
    rule = "class" if (block.hints | block.frame.near) & BIT["date"] else "line"
    seen: tuple[Published, ...] = ()
    if LIKELY.search(text):
        if reading.order is None and DOTTED.search(text):
            reading = replace(reading, order="DMY")
        seen = find_dates(text, reading, rule)
    for element, tail in block.pieces:
        stamp = element.get("datetime") if element.tag == "time" and not tail else None
        found = parse_date(stamp, reading, "time") if stamp else None
        if found and (not seen or any(near(found, other) for other in seen)):
            yield score + 1.0, found
            return
    before = 0
    for found in seen:
        start = text.find(found.raw, before)
        beside = text[before : max(start, before)]
        before = max(start, before) + len(found.raw)
        extra = 0.0
        if CHANGED.search(beside):
            extra -= 0.9
        elif SAID.search(beside):
            extra += 0.7
        extra += 0.5 if len(found.raw) * 2 > len(text) else 0.0
        extra -= 0.6 if len(block.text) > MAX_LINE else 0.0
        yield score + extra, found


def weight(block: Block, place: Place) -> float:
    """How much the place and the names of a block speak for a date in it."""
    score = 1.0
    names = block.hints | block.frame.near
    if names & BIT["date"]:
        score += 1.0
    elif names & (BIT["meta"] | BIT["byline"]):
        score += 0.4
    if (names | block.frame.above) & OUTSIDE:
        score -= 1.0
    if block.order < place.start:
        after = place.title is not None and block.order >= place.title
        distance = place.start - block.order
        score += 1.2 if after else 0.7 - min(distance, 20) * 0.05
    elif block.order >= place.end:
        score -= 0.2 + 0.1 * (block.order - place.end)
    else:
        score -= 0.3
    return score


def bare_time(root: etree._Element, reading: Reading) -> Published | None:
    """The date of the first ``<time>`` of a page that has one, shown or not."""
    for element in root.iter("time"):
        found = parse_date(element.get("datetime") or "", reading, "time")
        if found and plausible(found, reading.now):
            return found
    return None


def state_date(root: etree._Element, reading: Reading) -> Published | None:
    """The date in the state that a script of the page carries, or None."""
    for script in root.iter("script"):
        text = script.text or ""
        if len(text) > MAX_SCRIPT or "ate" not in text and "ublish" not in text:
            continue
        for match in STATE.finditer(text):
            found = parse_date(match[1], reading, "state")
            if (
                found
                and plausible(found, reading.now)
                and found.at > dt.datetime(1995, 1, 1, tzinfo=dt.UTC)
            ):
                return found
    return None
