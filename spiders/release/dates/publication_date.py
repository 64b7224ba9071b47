"""Find the publication date of a release among the dates on its page.

A date in metadata (JSON-LD, microdata, meta elements) is used unless the page's address contradicts
it. Otherwise the visible dates are scored by position, class names, surrounding words and the
address.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from data.dates.context import DateContext
from data.dates.parse import parse_date, plausible
from data.models import Published
from spiders.body.main_content import MainContent
from spiders.body.text_blocks import BlockTree
from spiders.items import ListingItem
from spiders.page.css import declared_text
from spiders.page.embedded_metadata import EmbeddedMetadata
from spiders.page.page import Page
from spiders.release.dates.metadata_dates import (
    VAGUE_DATES,
    bare_time,
    last_modified,
    metadata_dates,
    state_date,
    url_date,
)
from spiders.release.dates.visible_dates import (
    CERTAIN_DATE_SCORE,
    CHANGE,
    DatePlace,
    labelled_below,
    near,
    stated_change,
    visible_dates,
)
from spiders.release.dates.yearless_dates import yearless_date
from spiders.sources.source_file import ReleaseRules

VAGUE: Final = frozenset(["json-ld:uploadDate"]) | frozenset(
    f"meta:{name}" for name in ("og:article:published_time", *VAGUE_DATES)
)
IN_UTC: Final = re.compile(r"(?:Z|GMT|UTC|[+-]00:?00)\s*$", re.IGNORECASE)
SLASHED: Final = re.compile(r"\d{1,2}([/.-])\d{1,2}\1\d{4}")
MAX_DATE_LAG: Final = dt.timedelta(hours=1)
"""Maximum time by which a publication date may be later than the page's last modification."""

TRUSTED_WORTH, NAMED_WORTH, VAGUE_WORTH = 2.2, 1.6, 1.2
"""Scores of a date in trusted metadata, in the address, and in vague metadata, compared with
visible dates."""

WESTERNMOST, EASTERNMOST = -8, 12
"""Range of UTC offsets of nearly all press rooms (hours)."""


QUARTER: Final = 15
"""Difference between two time zones (minutes). All differences are multiples of it."""

MAX_OFFSET: Final = 14 * 60
"""Maximum offset of a time zone from UTC (minutes)."""

STATED = ("json-ld", "meta", "microdata", "state")
"""Prefixes of rules for dates in a page's metadata or state."""


@dataclass(frozen=True)
class DateEvidence:
    """The parts of a page from which the publication date is chosen."""

    page: Page
    meta: EmbeddedMetadata
    seen: BlockTree
    place: DatePlace
    reading: DateContext

    @cached_property
    def shown(self) -> Sequence[tuple[float, Published]]:
        """The visible dates with their scores; see `visible_dates`."""
        return tuple(visible_dates(self.seen, self.place, self.reading))


def read_published(
    rules: ReleaseRules,
    listed: ListingItem | None,
    evidence: DateEvidence,
    reasons: list[str],
) -> Published | None:
    """Return the declared date, else the detected date, else the listing's date.

    The listing's date also replaces a detected date from outside the metadata that is more than a
    day away.
    """
    if declared := declared_text(evidence.page.tree, rules.published, reasons, apart=True):
        found = parse_date(declared, evidence.reading, "declared")
        if found is not None:
            return found
        reasons.append(f"the declared date {declared[:60]!r} can't be read")
    published, doubts = find_published(evidence)
    if listed is not None and listed.published is not None:
        # A date elsewhere on the page may belong to another release. The listing's date belongs to
        # this release.
        stated = published is not None and published.rule.startswith(STATED)
        day = listed.published.day
        apart = published is None or abs(published.day - day) > dt.timedelta(days=1)
        if apart and not stated:
            return listed.published
    if published is None or published.rule == CHANGE:
        reasons.extend(doubts)
    return published


def find_published(of: DateEvidence) -> tuple[Published | None, list[str]]:
    """Return the publication date, and a sentence for each problem found with the page's dates."""
    reasons: list[str] = []
    named, month = url_date(of.page.url, of.reading)
    told: Published | None = None
    odd: Published | None = None
    changed = last_modified(of.meta, of.reading)
    for text, rule in metadata_dates(of.meta, of.page):
        found = parse_date(text, of.reading, rule)
        if found is None:
            continue
        if changed and found.precision == "second" and found.at > changed.at + MAX_DATE_LAG:
            told = told or found
            continue
        if plausible(found, of.reading.now):
            told = with_day_and_month_swapped(found, named, of)
            break
        reasons.append(f"the date {found.iso} of {rule} can't be a publication date")
        odd = odd or (found if trusted(found) else None)
    if told and trusted(told) and (named is None or near(told, named) or sure(told)):
        return as_shown(told, named, of), reasons
    best = best_scored(told, named, month, of)
    root = of.page.tree
    best = best or yearless_date(root, of.page.url, of.seen, of.place, of.reading)
    best = best or labelled_below(of.seen, of.place, of.reading)
    best = best or bare_time(root, of.reading) or state_date(root, of.reading)
    if best is None:
        reasons.append("no publication date was found")
        best = stated_change(of.seen, of.place, of.reading)
        if best is not None:
            reasons.append(f"the date {best.iso} is the date of the last change")
    # A date from trusted metadata is kept even if it is implausible. The store reports it and does
    # not sort by it.
    return best or odd, reasons


def best_scored(
    told: Published | None,
    named: Published | None,
    month: tuple[int, int] | None,
    of: DateEvidence,
) -> Published | None:
    """Return the date with the best score among metadata, address and visible dates, or None."""
    best, top = told, 0.0
    if told is not None:
        top = TRUSTED_WORTH if trusted(told) else VAGUE_WORTH
    if named is not None and top < NAMED_WORTH:
        best, top = named, NAMED_WORTH
    today = of.reading.now.date()
    for worth, found in of.shown:
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


def with_day_and_month_swapped(
    told: Published, named: Published | None, of: DateEvidence
) -> Published:
    """Swap day and month of a metadata date if the page contradicts it.

    The address decides. Without a day in the address, the visible dates decide for numeric dates.
    """
    try:
        turned = told.day.replace(month=told.day.day, day=told.day.month)
    except ValueError:
        return told
    if named is not None:
        return named if turned == named.day else told
    if turned == told.day or not SLASHED.match(told.raw):
        return told
    shown = {found.day: found for _, found in of.shown}
    return told if told.day in shown else shown.get(turned, told)


def trusted(told: Published) -> bool:
    """Whether a date's rule means publication only. ``date`` alone may be any date."""
    return told.rule not in VAGUE


def sure(told: Published) -> bool:
    """Whether a metadata date takes precedence over the date in the page's address."""
    return told.rule.startswith("json-ld:datePublished") or "publish" in told.rule


def as_shown(told: Published, named: Published | None, of: DateEvidence) -> Published:
    """Convert an instant in UTC to the local day shown by the page or its address.

    A page whose system writes UTC shows readers the local day. If the source's time zone is
    unknown, the visible day is kept without a time. Other dates are returned unchanged.
    """
    if told.precision != "second":
        return told
    if told.zone != "UTC":
        return _as_labelled(told, of)
    day = told.day
    others = {
        (told.at + dt.timedelta(hours=hours)).date() for hours in (WESTERNMOST, EASTERNMOST)
    } - {day}
    if not others or not IN_UTC.search(told.raw):
        return told
    shown = [
        found
        for worth, found in of.shown
        if worth > CERTAIN_DATE_SCORE and may_be_same(found, told)
    ]
    days = {found.day for found in shown if found.rule != "time"}
    if named is not None and named.day in others and day not in days:
        return replace(named, raw=told.raw)
    if named is None and day not in days and len(days & others) == 1:
        return next(found for found in shown if found.day in others)
    return told


def _as_labelled(told: Published, of: DateEvidence) -> Published:
    """Return the visible day if a date's UTC label is probably wrong, else the date unchanged.

    Some systems label local time as UTC, or write midnight UTC for a day without a time. The page
    then shows the labelled day, which may differ from the day in the source's time zone.
    """
    labelled = told.at.date()
    midnight = told.at.time() == dt.time()
    if not IN_UTC.search(told.raw) or (labelled == told.day and not midnight):
        return told
    shown = [found for worth, found in of.shown if worth > CERTAIN_DATE_SCORE]
    if labelled != told.day and any(found.day == told.day for found in shown):
        return told
    days = (found for found in shown if found.day == labelled and found.precision == "day")
    return next(days, told)


def may_be_same(shown: Published, told: Published) -> bool:
    """Whether a visible date may be the instant ``told`` in some time zone.

    Time zones differ by multiples of 15 minutes.
    """
    if shown.precision != "second":
        return True
    minutes = round((shown.at - told.at).total_seconds() / 60)
    return abs(minutes) <= MAX_OFFSET and (minutes + 1) % QUARTER <= 2  # noqa: PLR2004 - tolerance of one minute


def date_place(order: int | None, body: MainContent | None, seen: BlockTree) -> DatePlace:
    """Return the positions of headline and body.

    ``order`` is the number of the headline's block.
    """
    if body is None:
        start = (order or 0) + 1
        return DatePlace(order, start, min(start + 10, len(seen.blocks)))
    start, end = body.kept[0].order, body.kept[-1].order + 1
    return DatePlace(order, order + 1 if order is not None and start <= order < end else start, end)


def trust(published: Published | None) -> float:
    """Return the confidence of a date by its rule."""
    if published is None:
        return 0.0
    if published.rule.startswith(("declared", "json-ld", "meta:")):
        return 0.95
    return {"time": 0.85, "class": 0.75, "url": 0.7, CHANGE: 0.3}.get(published.rule, 0.5)
