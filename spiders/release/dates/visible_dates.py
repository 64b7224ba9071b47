"""Find the visible dates on a release page and score each as the publication date.

The score depends on the position relative to headline and body, on class names, and on the
surrounding words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, pairwise
from typing import Final

from data.dates.context import DateContext
from data.dates.parse import find_dates, plausible
from data.models import Published
from spiders.body.frames import Footers
from spiders.body.text_blocks import BlockTree, TextBlock
from spiders.page.class_hints import BIT
from spiders.page.date_labels import (
    MAX_LABEL,
    is_as_of,
    is_of_change,
    is_of_event,
    is_of_other,
    is_of_publication,
    names_site,
)
from spiders.page.media_urls import leads_to_file
from spiders.release.dates.metadata_dates import time_of

DOTTED: Final = re.compile(r"(?<!\d)\d{1,2}\.\s?\d{1,2}\.\s?(?:\d\d){1,2}(?!\d)")
"""A numeric date with dots. Such dates have the day first in every country."""

TWO_WAYS: Final = re.compile(r"(?<!\d)\d{1,2}\s?([/-])\s?\d{1,2}\s?\1\s?(?:\d\d){1,2}(?!\d)")
"""A numeric date that may begin with the day or with the month."""

LIKELY: Final = re.compile(
    r"[\d年](?:(?<=[年๐-๙०-९۰-۹٠-٩])|\d{3}|[./-]\s?\d{1,2}[./-]\s?\d{2}"
    r"|[\W_]{0,2}[^\W\d]{3,10}[\W_]{1,3}\d\d\b|,\s?['’]?\d\d\b)"
)
"""A part of every text with a date. The pattern begins with one of few characters, so it is fast to
search."""

OUTSIDE: Final = (
    BIT["related"] | BIT["nav"] | BIT["comment"] | BIT["footer"] | BIT["foot"] | BIT["side"]
    | BIT["aside"] | BIT["navigation"]
)  # fmt: skip
DATED, BESIDE_DATES = BIT["date"], BIT["meta"] | BIT["byline"]
COLUMNS: Final = BIT["side"] | BIT["aside"] | BIT["nav"] | BIT["footer"]
"""Page parts that do not lower a date's score if they contain the headline too."""

NOT_PUBLISHED: Final = frozenset(("startDate", "endDate", "doorTime", "validThrough", "expires"))
"""Date properties of schema.org that are not publication dates."""

MODIFICATION_PENALTY: Final = 0.3
"""Amount by which a modification date in ``<time>`` scores lower than a publication date."""

CHANGE: Final = "changed"
"""Name of the rule for a date that is only labelled as the last modification."""

ABOVE: Final = 3
"""Number of blocks before a headline in which a date label belongs to the release."""

FRAMES: Final = (
    BIT["head"]
    | BIT["navigation"]
    | BIT["foot"]
    | BIT["aside"]
    | BIT["sidebar"]
    | BIT["thread"]
    | BIT["others"]
)
"""Page parts that are certainly outside the release, by their tags and class names."""

MAX_LINE: Final = 160
MAX_PIECES: Final = 40
"""Maximum number of text pieces per block that are checked for adjacent digits."""

FIGURES: Final = 12
"""Number of characters compared on each side of the boundary between two elements that ends and
begins with a digit."""
SENTENCE: Final = 60
LEAF: Final = 24
"""Maximum length of a calendar leaf's text (characters)."""

PART: Final = re.compile(r"(?:\d{1,4}|[^\W\d]{3,12})[.,]?")
"""A day, a month or a year on a calendar leaf."""

CERTAIN_DATE_SCORE: Final = 1.5
"""Minimum score of a date that certainly belongs to the release."""

BRACKETED: Final = re.compile(
    r"[\[【(（][^\])】）]{0,30}(?:\d{4}|\d[./-]\d)[^\])】）]{0,15}[\])】）]"
)
"""A date in brackets at the beginning of a paragraph: "[July 5, 2022] The board …"."""

MAX_INNER_BLOCKS: Final = 1_000
"""Maximum number of blocks at each end of a body that are searched for dates."""

BELOW: Final = 40
"""Number of blocks below a text that are searched for a line with its publication date."""

BEFORE, AFTER = 6, 6
"""Number of blocks searched for dates before the headline and after the body."""


@dataclass(frozen=True, slots=True)
class DatePlace:
    """Block numbers of a release's parts: ``title``, and the body from ``start`` to ``end``."""

    title: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SeenDate:
    """A visible date and its score as the publication date.

    ``changed`` is whether the date is labelled as a modification date. ``stated`` is whether the
    release states it as its own date: above the text, or with a publication label.
    """

    worth: float
    published: Published
    changed: bool
    stated: bool


NEXT: Final = 2
"""Number of blocks after the headline in which a short line still counts as above the text."""

LABEL: Final = 25
"""Maximum length of a line that may be the label of a date in the next line (characters)."""


def visible_dates(
    seen: BlockTree, place: DatePlace, reading: DateContext
) -> Iterator[tuple[float, Published]]:
    """Yield the visible dates around a release with their scores.

    Modification dates are skipped if the release states a publication date.
    """
    found = list(_all_dates(seen, place, reading))
    is_stated = any(one.stated and one.worth >= CERTAIN_DATE_SCORE for one in found)
    for one in found:
        if not (is_stated and one.changed):
            yield one.worth, one.published


def _all_dates(seen: BlockTree, place: DatePlace, reading: DateContext) -> Iterator[SeenDate]:
    first = place.start if place.title is None else min(place.title, place.start)
    footers = Footers()
    top = range(max(0, first - BEFORE), min(place.end, place.start + MAX_INNER_BLOCKS))
    bottom = range(max(top.stop, place.end - MAX_INNER_BLOCKS), place.end + AFTER)
    for order in chain(top, bottom[: max(0, len(seen.blocks) - bottom.start)]):
        block = seen.blocks[order]
        inside = place.start < order < place.end
        if (
            inside
            and order > place.start + 3
            and order < place.end - 2
            and len(block.text) > SENTENCE
            and not BRACKETED.match(block.text)
        ):
            continue
        yield from dates_of_block(block, seen, place, reading, footers)


def stated_change(seen: BlockTree, place: DatePlace, reading: DateContext) -> Published | None:
    """Return the date that a release labels as its last modification, or None.

    The label must be near the headline or right below the text, outside menus and footers. The date
    must be plausible.
    """
    footers = Footers()
    first = place.start if place.title is None else min(place.start, place.title)
    above = range(max(0, first - ABOVE), place.start + NEXT)
    below = range(max(above.stop, place.end - NEXT), place.end + NEXT)
    for order in chain(above, below):
        if order >= len(seen.blocks):
            return None
        block = seen.blocks[order]
        if not is_own(block, seen, place) or is_outside(block, seen, place, footers):
            continue
        text = line_of(block)
        dates = find_dates(text, reading, CHANGE) if LIKELY.search(text) else ()
        for found, beside in called(text, dates, label_before(block, seen, place)):
            if is_change(beside) and plausible(found, reading.now):
                return found
    return None


def labelled_below(seen: BlockTree, place: DatePlace, reading: DateContext) -> Published | None:
    """Return the only date below the text with a publication label in a short line, or None."""
    footers = Footers()
    found: list[Published] = []
    for block in islice(seen.blocks, place.end + AFTER, place.end + BELOW):
        if len(block.text) > SENTENCE or not LIKELY.search(block.text):
            continue
        around = block.container.hints | block.container.above
        if around & FRAMES or is_outside(block, seen, place, footers):
            continue
        dates = called(block.text, find_dates(block.text, reading, "line"), "")
        found += [
            date for date, beside in dates if is_of_publication(beside) and not is_change(beside)
        ]
    plausible_ones = [date for date in found if plausible(date, reading.now)]
    return plausible_ones[0] if len(found) == len(plausible_ones) == 1 else None


def near(told: Published, named: Published) -> bool:
    """Whether two dates are at most one day apart, which may be due to time zones."""
    return abs((told.day - named.day).days) <= 1


def dates_of_block(
    block: TextBlock,
    survey: BlockTree,
    place: DatePlace,
    reading: DateContext,
    footers: Footers,
) -> Iterator[SeenDate]:
    """Yield the dates in one block with their scores."""
    if any(element.get("itemprop") in NOT_PUBLISHED for element, _ in block.pieces):
        return
    text = line_of(block)
    seen = written_dates(block, text, reading)
    marked = marked_times(block, reading)
    if place.title is not None and block.order < place.title - 1:
        # Today's date in a page header is the date of the visit, not of the release.
        seen = tuple(found for found in seen if found.day != reading.now.date())
    if not (seen or marked) or is_outside(block, survey, place, footers):
        return
    score = weight(block, survey, place)
    label = label_before(block, survey, place)
    said = [(as_stated(found, marked), beside) for found, beside in called(text, seen, label)]
    seen = tuple(found for found, _ in said)
    stated = bool(marked) and (not seen or any(near(marked[0], other) for other in seen))
    if not seen:
        said = [(found, label) for found in marked]
    elif len(block.text) > MAX_LINE and not stated:
        score -= 0.6
    own = is_own(block, survey, place)
    above = own and block.order < place.start + NEXT
    for found, beside in said:
        changed = is_change(beside)
        if is_of_other(beside) or is_of_event(beside) or (changed and not own):
            continue
        is_stated = not changed and (above or (own and is_of_publication(beside)))
        if stated:
            # A modification label counts less if the date is also in a ``<time>`` element.
            worth = score - MODIFICATION_PENALTY * changed
            exact = (SeenDate(worth + 1.0, one, changed, is_stated) for one in marked)
            yield from (one for one in exact if near(one.published, found))
        else:
            worth = score + named(beside) + (0.5 if len(found.raw) * 2 > len(text) else 0.0)
        yield SeenDate(worth, found, changed, is_stated)


def line_of(block: TextBlock) -> str:
    """Return the beginning of a block's text, with digits of adjacent elements separated."""
    line = block.text[:MAX_LINE]
    if len(block.pieces) == 1:
        return line
    texts = [(one.tail if tail else one.text) or "" for one, tail in block.pieces[:MAX_PIECES]]
    for left, right in pairwise(texts):
        if left[-1:].isdigit() and right[:1].isdigit():
            before, after = left[-FIGURES:].lstrip(), right[:FIGURES].rstrip()
            line = line.replace(before + after, f"{before} {after}", 1)
    return line


def written_dates(block: TextBlock, text: str, reading: DateContext) -> tuple[Published, ...]:
    """Return the dates in the text of a block."""
    rule = "class" if (block.hints | block.container.near) & DATED else "line"
    if LIKELY.search(text):
        if reading.order is None and DOTTED.search(text):
            reading = replace(reading, order="DMY")
        if seen := find_dates(text, reading, rule):
            return seen
    if len(block.pieces) == 1 or len(text) > LEAF:
        return ()
    said = ((one.tail if tail else one.text) or "" for one, tail in block.pieces)
    parts = [part for part in map(str.strip, said) if part]
    # Day, month and year of a calendar leaf are in separate elements, often without a space between
    # them.
    return find_dates(" ".join(parts), reading, rule) if all(map(PART.fullmatch, parts)) else ()


def label_before(block: TextBlock, survey: BlockTree, place: DatePlace) -> str:
    """Return the text of the previous block if it may be a label of this block's date, or "".

    The headline, long blocks and blocks with digits are not labels.
    """
    if not block.order or block.order - 1 == place.title:
        return ""
    text = survey.blocks[block.order - 1].text
    return "" if len(text) > LABEL or any(map(str.isdigit, text)) else text


def called(text: str, seen: tuple[Published, ...], label: str) -> Iterator[tuple[Published, str]]:
    """Yield the dates of a text, each with the words directly before it."""
    before = 0
    for found in seen:
        start = max(text.find(found.raw, before), before)
        yield found, text[before:start] if before else f"{label} {text[:start]}"
        before = start + len(found.raw)


def as_stated(shown: Published, marked: Sequence[Published]) -> Published:
    """Return the date of a ``<time>`` in the same block if only day and month are swapped.

    Otherwise the visible date is returned. A visible date such as 01/02/2014 is ambiguous, but the
    ``datetime`` of a ``<time>`` is not. Dates with dots have the day first everywhere.
    """
    if not TWO_WAYS.search(shown.raw):
        return shown
    day = shown.day
    for found in marked:
        other = found.day
        if day != other and (day.year, day.month, day.day) == (other.year, other.day, other.month):
            return found
    return shown


MAX_TIMES = 20
"""Maximum number of ``<time>`` elements read per block."""


def marked_times(block: TextBlock, reading: DateContext) -> list[Published]:
    """Return the dates of the ``<time>`` elements in a block."""
    times = (
        element
        for element, tail in block.pieces
        if element.tag == "time" and not tail and element.get("datetime")
    )
    dates = (time_of(element, reading) for element in islice(times, MAX_TIMES))
    return [found for found in dates if found]


def is_change(beside: str) -> bool:
    """Whether the words before a date label it as a modification date."""
    label = beside[-MAX_LABEL:]
    return is_of_change(label) or is_as_of(label)


def is_own(block: TextBlock, seen: BlockTree, place: DatePlace) -> bool:
    """Whether a short block near the headline or right below the text belongs to the release."""
    first = place.start if place.title is None else min(place.start, place.title)
    if not first - ABOVE <= block.order < place.end + NEXT or len(block.text) > MAX_LINE:
        return False
    if block.order == place.title:
        return False
    around = block.container.hints | block.container.above
    if place.title is not None:
        around &= ~seen.blocks[place.title].container.above
    return not around & FRAMES and not names_site(block.text)


def named(beside: str) -> float:
    """Score the words beside a date as labels of a publication date.

    Publication labels score positive, modification labels negative.
    """
    if is_change(beside):
        return -0.8 if is_as_of(beside) else -1.6
    return 0.7 if is_of_publication(beside) else 0.0


def is_outside(block: TextBlock, seen: BlockTree, place: DatePlace, footers: Footers) -> bool:
    """Whether a block is in a footer, or all its links lead to files.

    Such a block does not belong to the release.
    """
    if block.order > place.start and _is_in(footers, block):
        return place.title is None or not _is_in(footers, seen.blocks[place.title])
    links = [element for element, tail in block.pieces if element.tag == "a" and not tail]
    return bool(links) and all(leads_to_file(link.get("href") or "") for link in links)


def _is_in(footers: Footers, block: TextBlock) -> bool:
    return bool(block.pieces) and footers.has(block.pieces[0][0])


def weight(block: TextBlock, seen: BlockTree, place: DatePlace) -> float:
    """Score a block's position and class names as the place of the publication date."""
    score = 1.0
    names = block.hints | block.container.near
    if names & DATED:
        score += 1.0
    elif names & BESIDE_DATES:
        score += 0.4
    above = block.container.above
    if place.title is not None:
        above &= ~(COLUMNS & seen.blocks[place.title].container.above)
    if (names | above) & OUTSIDE:
        score -= 1.0
    heads = place.title is not None and place.title < block.order <= place.title + NEXT
    if block.order < place.start or (heads and len(block.text) <= SENTENCE):
        after = place.title is not None and block.order >= place.title
        distance = place.start - block.order
        score += 1.2 if after else 0.7 - min(distance, 20) * 0.05
    elif block.order >= place.end:
        score -= 0.2 + 0.1 * (block.order - place.end)
    else:
        score -= 0.3
    return score
