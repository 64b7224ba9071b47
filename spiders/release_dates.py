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
from spiders.date_witnesses import bare_time, machine_dates, state_date, url_date
from spiders.frames import Block, Survey
from spiders.hints import BIT
from spiders.metadata import Metadata

DOTTED: Final = re.compile(r"(?<!\d)\d{1,2}\.\s?\d{1,2}\.\s?(?:\d\d){1,2}(?!\d)")
"""A date with dots, which is written day first wherever it is written."""

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
SENTENCE: Final = 60
VAGUE: Final = frozenset(["meta:dc.date", "meta:dcterms.date", "meta:date", "json-ld:uploadDate"])
SHOWN: Final = 1.5
TRUSTED_WORTH, NAMED_WORTH, VAGUE_WORTH = 2.2, 1.6, 1.2
"""What a machine's date, one in the address, and one of any kind weigh against shown ones."""

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


@dataclass(frozen=True, slots=True)
class DateWitnesses:
    """All that may tell when a release was published."""

    meta: Metadata
    root: etree._Element
    seen: Survey
    place: Place
    reading: Reading
    url: str


def find_published(of: DateWitnesses) -> tuple[Published | None, list[str]]:
    """The date of publication, and a sentence on each witness that was not believed."""
    reasons: list[str] = []
    named, month = url_date(of.url, of.reading)
    told: Published | None = None
    for text, rule in machine_dates(of.meta, of.root):
        found = parse_date(text, of.reading, rule)
        if found is None:
            continue
        if plausible(found, of.reading.now):
            told = swapped(found, named)
            break
        reasons.append(f"the date {found.iso} of {rule} can't be one of publication")
    if told and trusted(told) and (named is None or near(told, named) or sure(told)):
        return as_shown(told, named, of), reasons
    best = weighed(told, named, month, of)
    best = best or bare_time(of.root, of.reading) or state_date(of.root, of.reading)
    if best is None:
        reasons.append("no date of publication was found")
    return best, reasons


def weighed(
    told: Published | None,
    named: Published | None,
    month: tuple[int, int] | None,
    of: DateWitnesses,
) -> Published | None:
    """The date that most speaks for, among what a page tells, shows and is named by."""
    best, top = told, 0.0
    if told is not None:
        top = TRUSTED_WORTH if trusted(told) else VAGUE_WORTH
    if named is not None and top < NAMED_WORTH:
        best, top = named, NAMED_WORTH
    today = of.reading.now.date()
    for worth, found in shown_dates(of.seen, of.place, of.reading):
        if not plausible(found, of.reading.now):
            continue
        bonus = -1.5 if found.day == today else 0.0
        if named is not None:
            bonus += 1.5 if found.day == named.day else -1.0
        elif month is not None:
            bonus += 0.5 if (found.day.year, found.day.month) == month else -0.5
        if worth + bonus > top:
            best, top = found, worth + bonus
    return best


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


def as_shown(told: Published, named: Published | None, of: DateWitnesses) -> Published:
    """An instant in UTC, as the source's own clock, the page's text or its address has it.

    A page whose system writes UTC shows its readers the local day. Where the source's zone is not
    known, the day that readers see is kept, without an hour.
    """
    if told.precision != "second" or told.zone != "UTC":
        return told
    if of.reading.zone != "UTC":
        return replace(told, zone=of.reading.zone)
    day = told.day
    others = {
        (told.at + dt.timedelta(hours=hours)).date() for hours in (WESTERNMOST, EASTERNMOST)
    } - {day}
    if named is not None and named.day in others:
        return replace(named, raw=told.raw)
    if named is not None or not others:
        return told
    shown = [found for worth, found in shown_dates(of.seen, of.place, of.reading) if worth > SHOWN]
    days = {found.day for found in shown}
    if day not in days and len(days & others) == 1:
        return next(found for found in shown if found.day in others)
    return told


def shown_dates(seen: Survey, place: Place, reading: Reading) -> Iterator[tuple[float, Published]]:
    """The dates that a reader sees around a release, each with how much speaks for it."""
    first = place.start if place.title is None else min(place.title, place.start)
    window = range(max(0, first - BEFORE), min(len(seen.blocks), place.end + AFTER))
    for order in window:
        block = seen.blocks[order]
        inside = place.start < order < place.end
        if (
            inside
            and order > place.start + 2
            and order < place.end - 2
            and len(block.text) > SENTENCE
        ):
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
