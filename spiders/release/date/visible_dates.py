"""Find the visible dates on a release page, and score how likely each is the publication date.

A score depends on the position relative to headline and body, on class names, and on the
surrounding words.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Final

from lxml import etree

from data.dates.context import DateContext
from data.dates.parse import find_dates, plausible
from data.dates.partial import day_in_year, month_and_day
from data.models import Published
from spiders.body.frames import Footers
from spiders.body.text_blocks import BlockTree, TextBlock
from spiders.page.date_labels import (
    MAX_LABEL,
    is_as_of,
    is_of_change,
    is_of_event,
    is_of_other,
    is_of_publication,
)
from spiders.release.date.metadata_dates import time_of
from spiders.release.date.places import (
    DATED,
    MAX_LINE,
    OWN_BLOCKS_BELOW,
    DatePlace,
    blocks_of_changes,
    is_outside,
    is_own,
    label_before,
    searched_blocks,
    short_lines_below,
    weight,
)

DOTTED_DATE: Final = re.compile(r"(?<!\d)\d{1,2}\.\s?\d{1,2}\.\s?(?:\d\d){1,2}(?!\d)")
"""Pattern of a numeric date with dots, which begins with the day in every country."""

AMBIGUOUS_DATE: Final = re.compile(r"(?<!\d)\d{1,2}\s?([/-])\s?\d{1,2}\s?\1\s?(?:\d\d){1,2}(?!\d)")
"""Pattern of a numeric date that may begin with the day or with the month."""

DATE_HINT: Final = re.compile(
    r"[\d年](?:(?<=[年๐-๙०-९۰-۹٠-٩])|\d{3}|[./-]\s?\d{1,2}[./-]\s?\d{2}"
    r"|[\W_]{0,2}[^\W\d]{3,10}[\W_]{1,3}\d\d\b|,\s?['’]?\d\d\b)"
)
"""Pattern of a part of every text with a date, for a quick first check."""

DATE_CHARACTER: Final = re.compile("[\\d年]")
"""Pattern of a digit or 年. Every text with a date contains one of these characters."""

OTHER_PROPERTIES: Final = frozenset(("startDate", "endDate", "doorTime", "validThrough", "expires"))
"""Date properties of schema.org that are not publication dates."""

MODIFICATION_PENALTY: Final = 0.3
"""Amount subtracted from the score of a modification date that is also in a ``<time>`` element."""

CHANGED_RULE: Final = "changed"
"""Name of the rule for a date that is known only as the date of the last modification."""

MAX_PIECES: Final = 40
"""Maximum number of text pieces per block that are checked for adjacent digits."""

JOINT_CHARS: Final = 12
"""Maximum number of characters on each side of the boundary between two elements whose digits
touch. These characters locate the boundary in the text of the block."""

MAX_CALENDAR_LEAF_LENGTH: Final = 24
"""Maximum length of a date that is shown like a page of a tear-off calendar, in characters."""

DATE_PART: Final = re.compile(r"(?:\d{1,4}|[^\W\d]{3,12})[.,]?")
"""Pattern of an element's text that is only a day, a month or a year."""

CERTAIN_DATE_SCORE: Final = 1.5
"""Minimum score of a date that certainly belongs to the release."""

MAX_YEARLESS_LINE_LENGTH: Final = 40
"""Maximum length of a line with a day and month but no year, in characters."""

TIME_AT_END: Final = re.compile(
    r"[\s,]{0,3}\d{1,2}\s?[:時时시]\s?\d{2}\s?[分분]?\s?(?:[ap]\.?m\.?)?[\s\])]{0,3}$"
)
"""Pattern of a time of day at the end of a line."""

YEAR_IN_NAME: Final = re.compile(
    r"(?<!\d)((?:19|20)\d\d)(?:[/_-]?(0[1-9]|1[0-2])(?:[/_-]?\d\d)?)?(?!\d)"
)
"""Pattern of a year in a URL or class name, with or without month and day."""

MAX_NAME_LENGTH: Final = 400
"""Maximum number of characters of a URL or class name that are searched for years."""

MAX_TIMES = 20
"""Maximum number of ``<time>`` elements read per block."""


@dataclass(frozen=True, slots=True)
class SeenDate:
    """A visible date, scored as a candidate for the publication date (``worth``).

    ``changed`` is true if the date is labelled as a modification date. ``stated`` is true if it is
    above the text or has a publication label, and so certainly belongs to the release.
    """

    worth: float
    published: Published
    changed: bool
    stated: bool


def visible_dates(
    seen: BlockTree, place: DatePlace, context: DateContext
) -> Iterator[tuple[float, Published]]:
    """Yield the visible dates around a release, each with its score as the publication date.

    Modification dates are skipped if the release also shows a publication date.
    """
    footers = Footers()
    found = [
        one
        for block in searched_blocks(seen, place)
        for one in dates_of_block(block, seen, place, context, footers)
    ]
    is_stated = any(one.stated and one.worth >= CERTAIN_DATE_SCORE for one in found)
    for one in found:
        if not (is_stated and one.changed):
            yield one.worth, one.published


def stated_change(seen: BlockTree, place: DatePlace, context: DateContext) -> Published | None:
    """Return the plausible date that a release labels as its last modification, or None."""
    for block in blocks_of_changes(seen, place):
        text = start_of(block)
        dates = find_dates(text, context, CHANGED_RULE) if DATE_HINT.search(text) else ()
        for found, beside in called(text, dates, label_before(block, seen, place)):
            if is_change(beside) and plausible(found, context.now):
                return found
    return None


def labelled_below(seen: BlockTree, place: DatePlace, context: DateContext) -> Published | None:
    """Return the only labelled publication date in the short lines below the text, or None."""
    footers = Footers()
    found: list[Published] = []
    for block in short_lines_below(seen, place):
        if DATE_HINT.search(block.text) and not is_outside(block, seen, place, footers):
            dates = called(block.text, find_dates(block.text, context, "line"), "")
            found += [
                date
                for date, beside in dates
                if is_of_publication(beside) and not is_change(beside)
            ]
    plausible_ones = [date for date in found if plausible(date, context.now)]
    return plausible_ones[0] if len(found) == len(plausible_ones) == 1 else None


def yearless_date(
    root: etree._Element, url: str, seen: BlockTree, place: DatePlace, context: DateContext
) -> Published | None:
    """Return the date of a short line near the headline that contains no year, or None.

    The year comes from the page's URL, or from the id or class of its ``<body>``.
    """
    years = list(_years(root, url))
    for block in (
        seen.blocks[max(0, place.first - OWN_BLOCKS_BELOW) : place.start + OWN_BLOCKS_BELOW]
        if years
        else ()
    ):
        if len(block.text) > MAX_YEARLESS_LINE_LENGTH or not is_own(block, seen, place):
            continue
        day = month_and_day(TIME_AT_END.sub("", block.text), context)
        for year, month in years:
            if day is None or month not in {None, day[0]}:
                continue
            found = day_in_year(year, day, context.zone, block.text, "line")
            if found and plausible(found, context.now):
                return found
    return None


def _years(root: etree._Element, url: str) -> Iterator[tuple[int, int | None]]:
    """Yield the years in a page's URL and in the id and class of its ``<body>``.

    Each year is paired with the month that follows it, or with None.
    """
    path = url.partition("://")[2].partition("/")[2].partition("?")[0]
    for match in YEAR_IN_NAME.finditer(path[:MAX_NAME_LENGTH]):
        yield int(match[1]), int(match[2]) if match[2] else None
    body = root.find("body")
    names = f"{body.get('id', '')} {body.get('class', '')}" if body is not None else ""
    for match in YEAR_IN_NAME.finditer(names[:MAX_NAME_LENGTH]):
        # A year without a month may be the year when the site was designed.
        if match[2]:
            yield int(match[1]), int(match[2])


def near(one: Published, other: Published) -> bool:
    """Whether two dates are at most one day apart, as they may be because of time zones."""
    return abs((one.day - other.day).days) <= 1


def dates_of_block(
    block: TextBlock,
    survey: BlockTree,
    place: DatePlace,
    context: DateContext,
    footers: Footers,
) -> Iterator[SeenDate]:
    """Yield the dates in one text block, each with its score as the publication date."""
    marked = marked_times(block, context)
    if not (marked or DATE_CHARACTER.search(block.text)):
        return
    if any(element.get("itemprop") in OTHER_PROPERTIES for element, _ in block.pieces):
        return
    text = start_of(block)
    seen = written_dates(block, text, context)
    if place.title is not None and block.order < place.title - 1:
        # Today's date in a page header is the date of the visit, not of the release.
        seen = tuple(found for found in seen if found.day != context.now.date())
    if not (seen or marked) or is_outside(block, survey, place, footers):
        return
    score = weight(block, survey, place)
    label = label_before(block, survey, place)
    labelled = [(as_stated(found, marked), beside) for found, beside in called(text, seen, label)]
    seen = tuple(found for found, _ in labelled)
    stated = bool(marked) and (not seen or any(near(marked[0], other) for other in seen))
    if not seen:
        labelled = [(found, label) for found in marked]
    elif len(block.text) > MAX_LINE and not stated:
        score -= 0.6
    own = is_own(block, survey, place)
    above = own and block.order < place.start + OWN_BLOCKS_BELOW
    for found, beside in labelled:
        changed = is_change(beside)
        if is_of_other(beside) or is_of_event(beside) or (changed and not own):
            continue
        is_stated = not changed and (above or (own and is_of_publication(beside)))
        if stated:
            # A modification label lowers the score less if the date is also in a ``<time>``
            # element.
            worth = score - MODIFICATION_PENALTY * changed
            exact = (SeenDate(worth + 1.0, one, changed, is_stated) for one in marked)
            yield from (one for one in exact if near(one.published, found))
        else:
            worth = score + label_worth(beside) + (0.5 if len(found.raw) * 2 > len(text) else 0.0)
        yield SeenDate(worth, found, changed, is_stated)


def start_of(block: TextBlock) -> str:
    """Return the beginning of a block's text, with spaces between digits of adjacent elements."""
    line = block.text[:MAX_LINE]
    if len(block.pieces) == 1:
        return line
    texts = [(one.tail if tail else one.text) or "" for one, tail in block.pieces[:MAX_PIECES]]
    for left, right in pairwise(texts):
        if left[-1:].isdigit() and right[:1].isdigit():
            before, after = left[-JOINT_CHARS:].lstrip(), right[:JOINT_CHARS].rstrip()
            line = line.replace(before + after, f"{before} {after}", 1)
    return line


def written_dates(block: TextBlock, text: str, context: DateContext) -> tuple[Published, ...]:
    """Return the dates that are written in the text of a block."""
    rule = "class" if (block.hints | block.container.near) & DATED else "line"
    if DATE_HINT.search(text):
        if context.order is None and DOTTED_DATE.search(text):
            context = replace(context, order="DMY")
        if seen := find_dates(text, context, rule):
            return seen
    if len(block.pieces) == 1 or len(text) > MAX_CALENDAR_LEAF_LENGTH:
        return ()
    texts = ((one.tail if tail else one.text) or "" for one, tail in block.pieces)
    parts = [part for part in map(str.strip, texts) if part]
    # Day, month and year of a calendar leaf are in separate elements, often without a space between
    # them.
    return (
        find_dates(" ".join(parts), context, rule) if all(map(DATE_PART.fullmatch, parts)) else ()
    )


def called(text: str, seen: tuple[Published, ...], label: str) -> Iterator[tuple[Published, str]]:
    """Yield each date in a text with the words directly before it.

    ``seen`` contains the dates. ``label`` is the text of the preceding block, which is added before
    the first date.
    """
    before = 0
    for found in seen:
        start = max(text.find(found.raw, before), before)
        yield found, text[before:start] if before else f"{label} {text[:start]}"
        before = start + len(found.raw)


def as_stated(shown: Published, marked: Sequence[Published]) -> Published:
    """Return the ``<time>`` date that equals a visible date with day and month swapped.

    ``marked`` contains the dates of the ``<time>`` elements in the same block. A visible date such
    as 01/02/2014 is ambiguous, but a ``datetime`` attribute is not. If no date in ``marked`` fits,
    the visible date is returned unchanged. Dates with dots always begin with the day.
    """
    if not AMBIGUOUS_DATE.search(shown.raw):
        return shown
    day = shown.day
    for found in marked:
        other = found.day
        if day != other and (day.year, day.month, day.day) == (other.year, other.day, other.month):
            return found
    return shown


def marked_times(block: TextBlock, context: DateContext) -> list[Published]:
    """Return the dates of the ``<time>`` elements in a block."""
    times = (
        element
        for element, tail in block.pieces
        if element.tag == "time" and not tail and element.get("datetime")
    )
    dates = (time_of(element, context) for element in islice(times, MAX_TIMES))
    return [found for found in dates if found]


def is_change(beside: str) -> bool:
    """Whether the words before a date are a label for a modification date."""
    label = beside[-MAX_LABEL:]
    return is_of_change(label) or is_as_of(label)


def label_worth(beside: str) -> float:
    """Return the score of the words before a date.

    A publication label scores above 0, a modification label below 0, other words 0.
    """
    if is_change(beside):
        return -0.8 if is_as_of(beside) else -1.6
    return 0.7 if is_of_publication(beside) else 0.0
