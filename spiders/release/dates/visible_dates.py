"""The dates that a reader sees on a release page, each with how much speaks for it.

Weighed by where they stand to the headline and the body, by what their elements call themselves,
and by the words beside them.
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
from spiders.page.date_labels import AS_OF, CHANGED, MAX_LABEL, OF_SITE, OTHER, SAID, is_of_event
from spiders.page.media_urls import leads_to_file
from spiders.release.dates.metadata_dates import time_of

DOTTED: Final = re.compile(r"(?<!\d)\d{1,2}\.\s?\d{1,2}\.\s?(?:\d\d){1,2}(?!\d)")
"""A date with dots, which is written day first wherever it is written."""

TWO_WAYS: Final = re.compile(r"(?<!\d)\d{1,2}\s?([/-])\s?\d{1,2}\s?\1\s?(?:\d\d){1,2}(?!\d)")
"""A date in figures that may begin with the day or with the month."""

LIKELY: Final = re.compile(
    r"[\d年](?:(?<=[年๐-๙०-९۰-۹٠-٩])|\d{3}|[./-]\s?\d{1,2}[./-]\s?\d{2}"
    r"|[\W_]{0,2}[^\W\d]{3,10}[\W_]{1,3}\d\d\b|,\s?['’]?\d\d\b)"
)
"""What a text with a date holds. All begins with one of a few characters: few places are tried."""

OUTSIDE: Final = (
    BIT["related"] | BIT["nav"] | BIT["comment"] | BIT["footer"] | BIT["foot"] | BIT["side"]
    | BIT["aside"] | BIT["navigation"]
)  # fmt: skip
DATED, BESIDE_DATES = BIT["date"], BIT["meta"] | BIT["byline"]
COLUMNS: Final = BIT["side"] | BIT["aside"] | BIT["nav"] | BIT["footer"]
"""Names of parts of a page that say nothing where the headline stands in them too."""

NOT_PUBLISHED: Final = frozenset(("startDate", "endDate", "doorTime", "validThrough", "expires"))
"""Properties of schema.org that are dates of something else."""

RENEWED: Final = 0.3
"""What a ``<time>`` of a change weighs less than one of publication in its place."""

CHANGE: Final = "changed"
"""The rule of a date that a release only states as that of its last change."""

ABOVE: Final = 3
"""Blocks before a headline in which a label of a change is the release's own."""

FRAMES: Final = (
    BIT["head"]
    | BIT["navigation"]
    | BIT["foot"]
    | BIT["aside"]
    | BIT["sidebar"]
    | BIT["thread"]
    | BIT["others"]
)
"""Parts of a page beside its release, as their tags and names surely tell."""

MAX_LINE: Final = 160
MAX_PIECES: Final = 40
"""Maximum texts of one block that are looked at for figures that meet."""

FIGURES: Final = 12
"""Maximum characters on either side of such a place."""
SENTENCE: Final = 60
LEAF: Final = 24
"""Characters of a calendar leaf at the most."""

PART: Final = re.compile(r"(?:\d{1,4}|[^\W\d]{3,12})[.,]?")
"""A day, a month or a year on it."""

SHOWN: Final = 1.5
"""From which weight on a date is surely shown as the release's."""

BRACKETED: Final = re.compile(
    r"[\[【(（][^\])】）]{0,30}(?:\d{4}|\d[./-]\d)[^\])】）]{0,15}[\])】）]"
)
"""A date in brackets that begins a paragraph: "[July 5, 2022] The board …"."""

MAX_INNER_BLOCKS: Final = 1_000
"""Maximum blocks at each end of a body whose dates are read."""

BELOW: Final = 40
"""Blocks below a text in which a line may still say when it was published."""

BEFORE, AFTER = 6, 6
"""Blocks before the headline and after the body that are looked at."""


@dataclass(frozen=True, slots=True)
class DatePlace:
    """Where the parts of a release stand, as numbers of blocks: body from ``start`` to ``end``."""

    title: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SeenDate:
    """A date that readers see, and how much speaks for its being that of publication.

    ``changed`` is whether it is labelled as the date of a change. ``stated`` is whether the release
    states another one: above its text, or with a label of publication.
    """

    worth: float
    published: Published
    changed: bool
    stated: bool


NEXT: Final = 2
"""Blocks after the headline in which a short line still stands above the text."""

LABEL: Final = 25
"""Characters of a line that may name the date in the next one."""


def visible_dates(
    seen: BlockTree, place: DatePlace, reading: DateContext
) -> Iterator[tuple[float, Published]]:
    """The dates that a reader sees around a release, each with how much speaks for it.

    A date of a change never stands beside one that the release states as its own.
    """
    found = list(_all_dates(seen, place, reading))
    is_stated = any(one.stated and one.worth >= SHOWN for one in found)
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
    """The date that a release states as that of its last change, or None.

    Only a label in the release's own block counts: near the headline, or right below the text. Its
    date must be plausible.
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
    """The only date below the text that a short line calls that of publication, or None."""
    footers = Footers()
    found: list[Published] = []
    for block in islice(seen.blocks, place.end + AFTER, place.end + BELOW):
        if len(block.text) > SENTENCE or not LIKELY.search(block.text):
            continue
        around = block.container.hints | block.container.above
        if around & FRAMES or is_outside(block, seen, place, footers):
            continue
        dates = called(block.text, find_dates(block.text, reading, "line"), "")
        found += [date for date, beside in dates if SAID.search(beside) and not is_change(beside)]
    plausible_ones = [date for date in found if plausible(date, reading.now)]
    return plausible_ones[0] if len(found) == len(plausible_ones) == 1 else None


def near(told: Published, named: Published) -> bool:
    """Whether two dates name the same day, or days that a time zone may part."""
    return abs((told.day - named.day).days) <= 1


def dates_of_block(
    block: TextBlock,
    survey: BlockTree,
    place: DatePlace,
    reading: DateContext,
    footers: Footers,
) -> Iterator[SeenDate]:
    """The dates in one block, with their scores."""
    if any(element.get("itemprop") in NOT_PUBLISHED for element, _ in block.pieces):
        return
    text = line_of(block)
    seen = written_dates(block, text, reading)
    marked = marked_times(block, reading)
    if place.title is not None and block.order < place.title - 1:
        # What stands in a header on the day of the visit is the day of the visit.
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
        if OTHER.search(beside) or is_of_event(beside) or (changed and not own):
            continue
        is_stated = not changed and (above or (own and bool(SAID.search(beside))))
        if stated:
            # Of a date that machines are told too, its being one of a change says less.
            worth = score - RENEWED * changed
            exact = (SeenDate(worth + 1.0, one, changed, is_stated) for one in marked)
            yield from (one for one in exact if near(one.published, found))
        else:
            worth = score + named(beside) + (0.5 if len(found.raw) * 2 > len(text) else 0.0)
        yield SeenDate(worth, found, changed, is_stated)


def line_of(block: TextBlock) -> str:
    """The first line's worth of a block, in which figures of neighbouring elements stay apart."""
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
    """The dates that the text of a block writes out."""
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
    # The parts of a calendar leaf stand in elements of their own, often without a space.
    return find_dates(" ".join(parts), reading, rule) if all(map(PART.fullmatch, parts)) else ()


def label_before(block: TextBlock, survey: BlockTree, place: DatePlace) -> str:
    """The short line before a block, unless it is the headline or about a date of its own."""
    if not block.order or block.order - 1 == place.title:
        return ""
    text = survey.blocks[block.order - 1].text
    return "" if len(text) > LABEL or any(map(str.isdigit, text)) else text


def called(text: str, seen: tuple[Published, ...], label: str) -> Iterator[tuple[Published, str]]:
    """The dates of a text, each with the words that stand right before it."""
    before = 0
    for found in seen:
        start = max(text.find(found.raw, before), before)
        yield found, text[before:start] if before else f"{label} {text[:start]}"
        before = start + len(found.raw)


def as_stated(shown: Published, marked: Sequence[Published]) -> Published:
    """A date in figures as a ``<time>`` of its block states it, if only day and month differ.

    Readers may take 01/02/2014 either way, and machines only one. Dots are day first everywhere.
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
"""``<time>`` elements of a block that are read."""


def marked_times(block: TextBlock, reading: DateContext) -> list[Published]:
    """The dates that the ``<time>`` elements in a block state."""
    times = (
        element
        for element, tail in block.pieces
        if element.tag == "time" and not tail and element.get("datetime")
    )
    dates = (time_of(element, reading) for element in islice(times, MAX_TIMES))
    return [found for found in dates if found]


def is_change(beside: str) -> bool:
    """Whether the words before a date call it that of a change."""
    label = beside[-MAX_LABEL:]
    return bool(CHANGED.search(label) or AS_OF.search(label))


def is_own(block: TextBlock, seen: BlockTree, place: DatePlace) -> bool:
    """Whether a short block near the headline or right below the text is the release's own."""
    first = place.start if place.title is None else min(place.start, place.title)
    if not first - ABOVE <= block.order < place.end + NEXT or len(block.text) > MAX_LINE:
        return False
    if block.order == place.title:
        return False
    around = block.container.hints | block.container.above
    if place.title is not None:
        around &= ~seen.blocks[place.title].container.above
    return not around & FRAMES and not OF_SITE.search(block.text)


def named(beside: str) -> float:
    """What the words beside a date say for its being one of publication."""
    if is_change(beside):
        return -0.8 if AS_OF.search(beside) else -1.6
    return 0.7 if SAID.search(beside) else 0.0


def is_outside(block: TextBlock, seen: BlockTree, place: DatePlace, footers: Footers) -> bool:
    """Whether a block says nothing about its release: it is in a footer, or links to a file."""
    if block.order > place.start and _is_in(footers, block):
        return place.title is None or not _is_in(footers, seen.blocks[place.title])
    links = [element for element, tail in block.pieces if element.tag == "a" and not tail]
    return bool(links) and all(leads_to_file(link.get("href") or "") for link in links)


def _is_in(footers: Footers, block: TextBlock) -> bool:
    return bool(block.pieces) and footers.has(block.pieces[0][0])


def weight(block: TextBlock, seen: BlockTree, place: DatePlace) -> float:
    """How much the place and the names of a block speak for a date in it."""
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
