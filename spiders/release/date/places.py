"""Select the text blocks of a page that may show the release's date.

The date is usually between the headline and the body, or directly below the body. Blocks are
numbered in page order. Footers, side columns and lists of files are not part of the release.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from spiders.body.frames import Footers
from spiders.body.main_content import MainContent
from spiders.body.text_blocks import BlockTree, TextBlock
from spiders.page.class_hints import BIT
from spiders.page.date_labels import names_site
from spiders.page.media_files import leads_to_file

OUTSIDE: Final = (
    BIT["related"] | BIT["nav"] | BIT["comment"] | BIT["footer"] | BIT["foot"] | BIT["side"]
    | BIT["aside"] | BIT["navigation"]
)  # fmt: skip
"""Class hints of page parts that are probably not part of the release."""

DATED, BESIDE_DATE_HINTS = BIT["date"], BIT["meta"] | BIT["byline"]
"""Class hints of elements marked as dates, and of elements that often contain dates."""

COLUMN_HINTS: Final = BIT["side"] | BIT["aside"] | BIT["nav"] | BIT["footer"]
"""Class hints of sidebars, menus and footers. Dates in these parts get a lower score, unless the
headline is in a part of the same kind."""

FRAME_HINTS: Final = (
    BIT["head"]
    | BIT["navigation"]
    | BIT["foot"]
    | BIT["aside"]
    | BIT["sidebar"]
    | BIT["thread"]
    | BIT["others"]
)
"""Class hints of page parts that are certainly not part of the release."""

BLOCKS_BEFORE_HEADLINE, BLOCKS_AFTER_BODY = 6, 6
"""Numbers of blocks before the headline and after the body that are searched for dates."""

OWN_BLOCKS_ABOVE_HEADLINE: Final = 3
"""Maximum number of blocks above the headline that still belong to the release."""

OWN_BLOCKS_BELOW: Final = 2
"""Number of blocks after the headline, and after the body, that still belong to the release."""

LABELLED_BLOCKS_BELOW: Final = 40
"""Number of blocks below the body that are searched for a labelled publication date."""

MAX_INNER_BLOCKS: Final = 1_000
"""Maximum number of blocks at each end of a body that are searched for dates."""

MAX_LINE: Final = 160
"""Maximum length of a line that may be a date line, in characters."""

MAX_PLAIN_LINE_LENGTH: Final = 60
"""Maximum length of a line that is not a sentence, in characters."""

MAX_LABEL_LENGTH: Final = 25
"""Maximum length in characters of a line that may label the date on the next line."""

BRACKETED_DATE: Final = re.compile(
    r"[\[【(（][^\])】）]{0,30}(?:\d{4}|\d[./-]\d)[^\])】）]{0,15}[\])】）]"
)
"""Pattern of a date in brackets at the start of a paragraph: "[July 5, 2022] The board …"."""


@dataclass(frozen=True, slots=True)
class DatePlace:
    """The block numbers of a release's headline (``title``) and body (``start`` to ``end``)."""

    title: int | None
    start: int
    end: int

    @property
    def first(self) -> int:
        """The number of the first block that belongs to the headline or the body."""
        return self.start if self.title is None else min(self.title, self.start)


def date_place(order: int | None, body: MainContent | None, seen: BlockTree) -> DatePlace:
    """Return the block numbers of a release's headline and body.

    ``order`` is the block number of the headline, or None. Without a body, the ten blocks below the
    headline count as the body.
    """
    if body is None:
        start = (order or 0) + 1
        return DatePlace(order, start, min(start + 10, len(seen.blocks)))
    start, end = body.kept[0].order, body.kept[-1].order + 1
    return DatePlace(order, order + 1 if order is not None and start <= order < end else start, end)


def searched_blocks(seen: BlockTree, place: DatePlace) -> Iterator[TextBlock]:
    """Yield the blocks that are searched for visible dates.

    They are near the headline, at both ends of the body, and after the body. Sentences in the
    middle of the body are skipped unless they begin with a date in brackets.
    """
    top = range(
        max(0, place.first - BLOCKS_BEFORE_HEADLINE), min(place.end, place.start + MAX_INNER_BLOCKS)
    )
    bottom = range(max(top.stop, place.end - MAX_INNER_BLOCKS), place.end + BLOCKS_AFTER_BODY)
    for order in chain(top, bottom[: max(0, len(seen.blocks) - bottom.start)]):
        block = seen.blocks[order]
        inside = place.start < order < place.end
        if (
            inside
            and order > place.start + 3
            and order < place.end - 2
            and len(block.text) > MAX_PLAIN_LINE_LENGTH
            and not BRACKETED_DATE.match(block.text)
        ):
            continue
        yield block


def blocks_of_changes(seen: BlockTree, place: DatePlace) -> Iterator[TextBlock]:
    """Yield the blocks of a release that may contain the date of its last modification.

    They are near the headline and right below the text.
    """
    footers = Footers()
    above = range(max(0, place.first - OWN_BLOCKS_ABOVE_HEADLINE), place.start + OWN_BLOCKS_BELOW)
    below = range(max(above.stop, place.end - OWN_BLOCKS_BELOW), place.end + OWN_BLOCKS_BELOW)
    for order in chain(above, below):
        if order >= len(seen.blocks):
            return
        block = seen.blocks[order]
        if is_own(block, seen, place) and not is_outside(block, seen, place, footers):
            yield block


def short_lines_below(seen: BlockTree, place: DatePlace) -> Iterator[TextBlock]:
    """Yield short lines far below the text that are not in a header, menu or side column."""
    for block in islice(
        seen.blocks, place.end + BLOCKS_AFTER_BODY, place.end + LABELLED_BLOCKS_BELOW
    ):
        around = block.container.hints | block.container.above
        if len(block.text) <= MAX_PLAIN_LINE_LENGTH and not around & FRAME_HINTS:
            yield block


def blocks_around(seen: BlockTree, place: DatePlace) -> Iterator[TextBlock]:
    """Yield the blocks around a release's headline and body, without the body itself."""
    top, bottom = orders_around(place, max(place.end, place.start + BLOCKS_AFTER_BODY))
    for orders in (top, bottom):
        yield from seen.blocks[orders.start : orders.stop]


def orders_around(place: DatePlace, bottom: int) -> tuple[range, range]:
    """Return two ranges of block numbers that may contain the release's date.

    The first surrounds the headline. The second begins at ``bottom`` and ends a few blocks below
    the body.
    """
    top = range(max(0, place.first - BLOCKS_BEFORE_HEADLINE), place.start + BLOCKS_AFTER_BODY)
    return top, range(max(top.stop, bottom), place.end + BLOCKS_AFTER_BODY)


def is_own(block: TextBlock, seen: BlockTree, place: DatePlace) -> bool:
    """Whether a block is a short line of the release, near the headline or right below the text."""
    if (
        not place.first - OWN_BLOCKS_ABOVE_HEADLINE <= block.order < place.end + OWN_BLOCKS_BELOW
        or len(block.text) > MAX_LINE
    ):
        return False
    if block.order == place.title:
        return False
    around = block.container.hints | block.container.above
    if place.title is not None:
        around &= ~seen.blocks[place.title].container.above
    return not around & FRAME_HINTS and not names_site(block.text)


def is_outside(block: TextBlock, seen: BlockTree, place: DatePlace, footers: Footers) -> bool:
    """Whether a block is outside the release: in a footer, or containing only links to files."""
    if block.order > place.start and _is_in(footers, block):
        return place.title is None or not _is_in(footers, seen.blocks[place.title])
    links = [element for element, tail in block.pieces if element.tag == "a" and not tail]
    return bool(links) and all(leads_to_file(link.get("href") or "") for link in links)


def _is_in(footers: Footers, block: TextBlock) -> bool:
    return bool(block.pieces) and footers.has(block.pieces[0][0])


def weight(block: TextBlock, seen: BlockTree, place: DatePlace) -> float:
    """Return a score for the likelihood that a block contains the publication date.

    It depends on the block's position and class names.
    """
    score = 1.0
    names = block.hints | block.container.near
    if names & DATED:
        score += 1.0
    elif names & BESIDE_DATE_HINTS:
        score += 0.4
    above = block.container.above
    if place.title is not None:
        above &= ~(COLUMN_HINTS & seen.blocks[place.title].container.above)
    if (names | above) & OUTSIDE:
        score -= 1.0
    heads = place.title is not None and place.title < block.order <= place.title + OWN_BLOCKS_BELOW
    if block.order < place.start or (heads and len(block.text) <= MAX_PLAIN_LINE_LENGTH):
        after = place.title is not None and block.order >= place.title
        distance = place.start - block.order
        score += 1.2 if after else 0.7 - min(distance, 20) * 0.05
    elif block.order >= place.end:
        score -= 0.2 + 0.1 * (block.order - place.end)
    else:
        score -= 0.3
    return score


def label_before(block: TextBlock, survey: BlockTree, place: DatePlace) -> str:
    """Return the text of the previous block if it may label the date in ``block``, else "".

    The headline, long blocks and blocks with digits are not labels.
    """
    if not block.order or block.order - 1 == place.title:
        return ""
    text = survey.blocks[block.order - 1].text
    return "" if len(text) > MAX_LABEL_LENGTH or any(map(str.isdigit, text)) else text
