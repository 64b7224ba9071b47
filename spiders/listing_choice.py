"""The block of a page that lists its releases, among all that repeat."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from spiders.dated_marks import DateMark
from spiders.listing_blocks import Block, blocks, encloses
from spiders.listing_items import Items
from spiders.listing_make import of_one_make
from spiders.listing_records import records_of
from spiders.outline import Outline
from spiders.pages import ListingItem

_HOPELESS = 0.8
_NESTED = 2
_TITLE_LENGTH = 30
_HEADED = 0.55
_TITLED = 0.8


@dataclass(frozen=True, slots=True)
class Choice:
    """A block with its items, and what it is worth."""

    items: list[ListingItem]
    block: Block
    score: float


def choose(outline: Outline, dates: list[DateMark]) -> Choice | None:
    """The best block of a page, or None where none is a list of releases."""
    choices: list[Choice] = []
    best_score = 0.0
    for block in blocks(outline, dates):
        if block.score < best_score * _HOPELESS:
            break  # a block's items can only lower what its counts promise
        records = records_of(block, outline, dates)
        if not records:
            continue
        items = Items(records, outline, strict=block.strict)
        if _speaks(block, items):
            choices.append(Choice(items.items, block, _score(block, items)))
            best_score = max(best_score, choices[-1].score)
    best = max(choices, key=lambda choice: choice.score, default=None)
    if best and best.block.side in {"before", "after"}:
        # Where the date is outside of the record, the record is larger than that.
        whole = [c for c in choices if c.block.side == "in" and encloses(c.block, best.block)]
        best = max(whole, key=lambda choice: choice.score, default=best)
    return _of_one_make(best, outline, dates) if best else None


def _of_one_make(choice: Choice, outline: Outline, dates: list[DateMark]) -> Choice:
    """The choice without what only looks like its records."""
    block = of_one_make(choice.block)
    if block is choice.block:
        return choice
    items = Items(records_of(block, outline, dates), outline, strict=block.strict).items
    return Choice(items, block, choice.score * len(items) / len(choice.items))


def _score(block: Block, items: Items) -> float:
    """What a block is worth: its records by their dates, and how much their titles are titles.

    Where the date is further away the title must speak for the record. A record with several titles
    of one kind is a list itself.
    """
    size = len(items.items)
    distinct = len({item.url for item in items.items}) / size
    floor = {"in": 0.35, "before": 0.25, "after": 0.25, "above": 0.1, "": 0.0}[block.side]
    titled = floor + (1 - floor) * items.likeness
    row = block.records[0].node.tag in {"tr", "li"}
    crowded = 0.0 if row else items.crowded / size
    return block.score * distinct * titled * (1 - 0.6 * crowded)


def _speaks(block: Block, items: Items) -> bool:
    """Whether the titles say enough, the more so the further the dates are away.

    Without dates only long titles tell a list of releases from a menu.
    """
    if block.side:
        return block.side != "above" or items.likeness >= _HEADED
    length = sum(len(item.title) for item in items.items) / len(items.items)
    return items.likeness >= _TITLED and length >= _TITLE_LENGTH and not _is_menu(block)


def _is_menu(block: Block) -> bool:
    """Whether the records lie in a list within a list, as the entries of a menu do."""
    lists = 0
    node: etree._Element | None = block.records[0].node
    while node is not None and lists < _NESTED:
        lists += node.tag in {"ul", "ol"}
        node = node.getparent()
    return lists >= _NESTED
