"""Extract bodies of one or two lines, which the models reject as too short.

Such a body is directly below the headline: an element with a body class, or else the first
sentences.
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from data.dates.context import DateContext
from spiders.body.main_content import MainContent
from spiders.body.text_blocks import (
    BlockTree,
    Container,
    TextBlock,
    count_words,
    holder,
    is_stopless_sentence,
)
from spiders.body.trim_edges import SENTENCE, is_end
from spiders.page.class_hints import BIT

BODY: Final = BIT["body"]
LEAD: Final = BIT["lead"]
OTHER_REGIONS: Final = (
    BIT["nav"] | BIT["navigation"] | BIT["footer"] | BIT["foot"] | BIT["comment"] | BIT["share"]
    | BIT["related"] | BIT["cookie"] | BIT["subscribe"] | BIT["sidebar"] | BIT["aside"]
    | BIT["others"] | BIT["hidden"] | BIT["form"] | BIT["thread"]
)  # fmt: skip
"""Class hints of elements that contain no text of the release."""

MAX_HEADLINE_DISTANCE: Final = 10
"""Maximum number of blocks between the headline and a short body."""

MIN_SENTENCE_WORDS: Final = 4
"""Minimum number of words in a sentence of a short body."""

MAX_SHORT_BODY_LENGTH: Final = 600
"""Maximum length of a short body, in characters. The models find longer bodies."""

SHORT_BODY_CONFIDENCE: Final = 0.5
"""Confidence (0 to 1) in a body found without the models."""


def short_body(
    seen: BlockTree, found: MainContent | None, title: int | None, context: DateContext
) -> MainContent | None:
    """Return the short text below the headline, or else ``found``, the body found by the models.

    ``title`` is the block number of the headline. A body longer than MAX_SHORT_BODY_LENGTH is
    returned unchanged. A shorter body is limited to the first element with a body class, unless it
    begins before that element. If none of its blocks is in that element, the element's text is
    returned, unless it is a lead paragraph.
    """
    if title is None or (
        found and sum(len(block.text) for block in found.kept) > MAX_SHORT_BODY_LENGTH
    ):
        return found
    if found is not None:
        named = {block.order for block in _named(seen, title, context)}
        kept = tuple(block for block in found.kept if block.order in named)
        if not named or min(named) > found.kept[0].order:
            return found
        if not kept:
            kept = tuple(seen.blocks[order] for order in sorted(named))
            if all(block.container.hints & LEAD for block in kept):
                return found
        return MainContent(holder(kept), kept, found.rule, found.confidence)
    lines = _named(seen, title, context) or _below(seen, title, context)
    if not lines or sum(len(block.text) for block in lines) > MAX_SHORT_BODY_LENGTH:
        return None
    return MainContent(holder(lines), lines, "short", SHORT_BODY_CONFIDENCE)


def _named(seen: BlockTree, title: int, context: DateContext) -> tuple[TextBlock, ...]:
    """Return the lines of the first element after the headline that has a body class."""
    for container in seen.containers:
        begins = max(container.first, title + 1)
        if (
            not container.hints & BODY
            or begins >= container.last
            or container.first > title + MAX_HEADLINE_DISTANCE
        ):
            continue
        if (container.hints | _above(container, title)) & OTHER_REGIONS:
            continue
        lines = _text(seen.blocks[begins : container.last], context)
        if any(_says(block) for block in lines):
            return lines
    return ()


def _above(container: Container, title: int) -> int:
    """Return the class hints of a container's ancestors that do not contain the headline."""
    hints = 0
    outer = container.parent
    while outer is not None and not outer.first <= title < outer.last:
        hints |= outer.hints
        outer = outer.parent
    return hints


def _below(seen: BlockTree, title: int, context: DateContext) -> tuple[TextBlock, ...]:
    """Return the first consecutive sentences after the headline.

    Blocks before the first sentence are skipped. The text ends before the next block that is not a
    sentence.
    """
    blocks = seen.blocks[title + 1 : title + 1 + MAX_HEADLINE_DISTANCE]
    start = next((place for place, block in enumerate(blocks) if _is_sentence(block)), None)
    if start is None:
        return ()
    run = takewhile(_is_sentence, seen.blocks[title + 1 + start :])
    return _text(tuple(run), context)


def _is_sentence(block: TextBlock) -> bool:
    elsewhere = (block.container.hints | block.container.near | block.hints) & OTHER_REGIONS
    if elsewhere or not _says(block):
        return False
    return SENTENCE.search(block.text) is not None or is_stopless_sentence(block.text)


def _says(block: TextBlock) -> bool:
    """Whether a block has enough words for a sentence, most of them outside links."""
    return count_words(block.text) >= MIN_SENTENCE_WORDS and block.links * 2 < len(block.text)


def _text(blocks: Sequence[TextBlock], context: DateContext) -> tuple[TextBlock, ...]:
    """Return ``blocks`` without date lines, buttons and links at both ends."""
    kept = [*blocks]
    for _ in range(2):
        while kept and (is_end(kept[-1], context) or kept[-1].links * 2 > len(kept[-1].text)):
            kept.pop()
        kept.reverse()
    return tuple(kept)
