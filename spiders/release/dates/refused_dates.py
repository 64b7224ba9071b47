"""What a page states as its date, though it can be none: 32 March, or a day ten years ahead.

It is kept as the page wrote it beside the release, which then is without a date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from data.dates.parse import MAX_CHARS, plausible
from spiders.body.text_blocks import TextBlock
from spiders.page.date_labels import OTHER, SAID, is_of_event
from spiders.release.dates.metadata_dates import metadata_dates
from spiders.release.dates.publication_date import DateEvidence
from spiders.release.dates.visible_dates import (
    AFTER,
    BEFORE,
    DATED,
    OUTSIDE,
    SENTENCE,
    SHOWN,
    label_before,
)

FIGURES: Final = re.compile(r"\d(?:\D{0,12}\d){2}")
"""Three digits near one another, as every date in figures or with a year has them."""


def refused_date(of: DateEvidence) -> str:
    """The text of the date that a page states for a release and that is not believed, or "".

    What machines are told comes first, then what readers see: a date that can be read, else the
    text of an element that calls itself a date or is called so.
    """
    for text, _ in metadata_dates(of.meta, of.page):
        if FIGURES.search(text):
            return text[:MAX_CHARS].strip()
    shown = [
        (worth, found.raw)
        for worth, found in of.shown
        if worth >= SHOWN and not plausible(found, of.reading.now)
    ]
    if shown:
        return max(shown)[1]
    return next((block.text for block in _near(of) if _is_stated(block, of)), "")


def _near(of: DateEvidence) -> Iterator[TextBlock]:
    """The blocks around a release in which its date may stand."""
    place, blocks = of.place, of.seen.blocks
    first = place.start if place.title is None else min(place.title, place.start)
    yield from blocks[max(0, first - BEFORE) : place.start + AFTER]
    yield from blocks[max(place.end, place.start + AFTER) : place.end + AFTER]


def _is_stated(block: TextBlock, of: DateEvidence) -> bool:
    """Whether a short line with figures is called a date of publication."""
    if len(block.text) > SENTENCE or not FIGURES.search(block.text):
        return False
    names = block.hints | block.container.near
    if (names | block.container.above) & OUTSIDE:
        return False
    said = f"{label_before(block, of.seen, of.place)} {block.text}"
    if OTHER.search(said) or is_of_event(said):
        return False
    return bool(names & DATED or SAID.search(said))
