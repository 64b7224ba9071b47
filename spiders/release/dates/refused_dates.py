"""Find the text of a page's date that is rejected as impossible, such as 32 March.

The text is stored as written beside the release, which then has no date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from data.dates.parse import MAX_CHARS, plausible
from spiders.body.text_blocks import TextBlock
from spiders.page.date_labels import is_of_event, is_of_other, is_of_publication
from spiders.release.dates.metadata_dates import metadata_dates
from spiders.release.dates.publication_date import DateEvidence
from spiders.release.dates.visible_dates import (
    AFTER,
    BEFORE,
    CERTAIN_DATE_SCORE,
    DATED,
    OUTSIDE,
    SENTENCE,
    label_before,
)

FIGURES: Final = re.compile(r"\d(?:\D{0,12}\d){2}")
"""Three digits close together, as in every numeric date or date with a year."""


def refused_date(of: DateEvidence) -> str:
    """Return the text of a release's rejected date, or "".

    Metadata comes first, then implausible visible dates, then the text of an element marked or
    labelled as a date.
    """
    for text, _ in metadata_dates(of.meta, of.page):
        if FIGURES.search(text):
            return text[:MAX_CHARS].strip()
    shown = [
        (worth, found.raw)
        for worth, found in of.shown
        if worth >= CERTAIN_DATE_SCORE and not plausible(found, of.reading.now)
    ]
    if shown:
        return max(shown)[1]
    return next((block.text for block in _near(of) if _is_stated(block, of)), "")


def _near(of: DateEvidence) -> Iterator[TextBlock]:
    """Yield the blocks around a release that may contain its date."""
    place, blocks = of.place, of.seen.blocks
    first = place.start if place.title is None else min(place.title, place.start)
    yield from blocks[max(0, first - BEFORE) : place.start + AFTER]
    yield from blocks[max(place.end, place.start + AFTER) : place.end + AFTER]


def _is_stated(block: TextBlock, of: DateEvidence) -> bool:
    """Whether a short block with digits is marked or labelled as a publication date."""
    if len(block.text) > SENTENCE or not FIGURES.search(block.text):
        return False
    names = block.hints | block.container.near
    if (names | block.container.above) & OUTSIDE:
        return False
    said = f"{label_before(block, of.seen, of.place)} {block.text}"
    if is_of_other(said) or is_of_event(said):
        return False
    return bool(names & DATED or is_of_publication(said))
