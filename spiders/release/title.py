"""The headline of a release, as its page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from data.text.clean import clean_line
from spiders.body.decision_trees import load_trees
from spiders.body.main_content import MainContent
from spiders.body.text_blocks import BlockTree, TextBlock
from spiders.items import ListingItem
from spiders.page.css import declared_text
from spiders.page.embedded_metadata import EmbeddedMetadata
from spiders.page.generic_names import is_label
from spiders.page.page import Page
from spiders.page.phrases import comparison_key
from spiders.release.emphasis import emphasized, just_above
from spiders.release.headline_text import is_no_headline, latin_lengths
from spiders.release.title_candidates import (
    MAX_TITLE,
    TitleCandidate,
    candidates,
    headline_features,
)
from spiders.release.title_doubts import (
    DEEPEST,
    below_slogan,
    heading_near,
    leads_home,
    opening_of,
    part_shown,
    shared_parts,
)
from spiders.sources.source_file import ReleaseRules

MIN_AGREED: Final = 8
"""Letters from which what a listing says is a headline, not the name of a section."""

AGREED: Final = 0.95
DOUBTFUL: Final = 0.5
"""How sure a headline must be that stands in ``<title>`` alone, against a line of large letters."""

MIN_RIVAL: Final = 0.5
"""How likely a heading at a text must be, in the likelihood of a ``<title>`` that is doubtful."""

AMONG_FIRST: Final = 8
"""Blocks after the start of what was taken for the body in which its headline may stand."""


SITE_NAMES: Final = ("og:site_name", "sitename", "application-name")
"""Names of meta elements that have the site's name."""


@dataclass(frozen=True, slots=True)
class Title:
    """A headline, the rule that found it, how sure it is, and its block's number if it has one."""

    text: str
    rule: str
    confidence: float
    order: int | None = None


def read_title(
    page: Page,
    rules: ReleaseRules,
    listed: ListingItem | None,
    detected: Title | None,
    reasons: list[str],
) -> Title | None:
    """The headline as declared, else as detected, else as a listing gave it."""
    if declared := declared_text(page.tree, rules.title, reasons):
        return Title(clean_line(declared), "declared", 1.0)
    if detected is not None:
        return detected
    if listed is not None and listed.title:
        return Title(clean_line(listed.title), "listing", 0.5)
    reasons.append("no title was found")
    return None


def find_title(
    meta: EmbeddedMetadata, seen: BlockTree, body: MainContent | None, url: str, listed: str = ""
) -> Title | None:
    """The headline of a page, or None where it has none.

    ``listed`` is what a listing called the page: where that is shown on the page too, in a line of
    its own or in what the page calls itself, two sources agree on it.
    """
    start = body.kept[0].order if body else len(seen.blocks)
    found = candidates(meta, seen, start)
    agreed = as_listed(listed, found, seen, start)
    own = [one for one in found if not (one.block and is_no_headline(one.text))]
    own = [one for one in own if not leads_home(one, url)]
    if not own:
        return agreed or in_large_letters(seen, start, "")
    chances = load_trees("headlines").probabilities(
        headline_features(found, meta, seen, start, url).T
    )
    chance = {one.key: float(each) for one, each in zip(found, chances, strict=True)}
    best = max(own, key=lambda one: chance[one.key])
    best = below_slogan(own, best) or best
    if is_label(best.text) and (below := below_label(own, best)):
        block = below.block
        return Title(clean_line(below.text), below.rule, DOUBTFUL, block.order if block else None)
    if agreed and not (best.block and comparison_key(listed) in best.key):
        return agreed
    if not best.block and (part := part_shown(own, best, seen, start)):
        best, block = part
    else:
        block = best.block or line_of(best.key, seen, start)
    sure = chance[best.key]
    of_site = best.rule == "title" or best.key == comparison_key(meta.meta(*SITE_NAMES))
    if of_site and sure < DOUBTFUL and not best.block:
        # No heading. What stands in <title> alone, or in a header, may be the same on all pages.
        above = block is not None and (block in just_above(seen, start) or block.order >= start)
        if not above and (shown := shown_instead(own, best, chance, seen, start)):
            return shown
        said = comparison_key(listed)
        if is_long_enough(listed) and block is None and not best.key.startswith(said):
            return Title(clean_line(listed), "listing", DOUBTFUL)
    order = block.order if block else None
    return Title(clean_line(best.text), best.rule, round(sure, 3), order)


def shown_instead(
    found: list[TitleCandidate],
    named: TitleCandidate,
    chance: Mapping[str, float],
    seen: BlockTree,
    start: int,
) -> Title | None:
    """The headline that a page shows, if its ``<title>`` has only the site's name."""
    heading = heading_near(found, start)
    if heading and heading.block and chance[heading.key] > chance[named.key] * MIN_RIVAL:
        told = opening_of(seen, start)
        if shared_parts(heading.key, told) > shared_parts(named.key, told):
            sure = round(chance[heading.key], 3)
            return Title(clean_line(heading.text), heading.rule, sure, heading.block.order)
    return in_large_letters(seen, start, named.text)


def below_label(found: list[TitleCandidate], label: TitleCandidate) -> TitleCandidate | None:
    """The first heading below one that only says what kind of page this is."""
    if label.block is None:
        return None
    above = label.block.order
    headings = (one for one in found if one.block and one.level <= DEEPEST)
    below = (one for one in headings if one.block and one.block.order > above)
    return min(
        (one for one in below if not is_label(one.text)),
        key=lambda one: (one.block.order if one.block else 0, one.variant),
        default=None,
    )


def in_large_letters(seen: BlockTree, start: int, named: str) -> Title | None:
    """The headline of a page without headings, where it stands out otherwise."""
    shown = emphasized(seen, start, named)
    if shown is None:
        return None
    text, line = shown
    whole = comparison_key(text) == comparison_key(line.text)
    return Title(clean_line(text), "emphasis", DOUBTFUL, line.order if whole else None)


def as_listed(
    listed: str, found: list[TitleCandidate], seen: BlockTree, start: int
) -> Title | None:
    """The headline that a listing gave, where the page has it too."""
    key = comparison_key(listed)
    if not is_long_enough(listed):
        return None
    block = line_of(key, seen, start)
    for candidate in found:
        if candidate.key == key:
            shown = candidate.block or block
            text, rule = clean_line(candidate.text), candidate.rule
            return Title(text, rule, AGREED, shown.order if shown else None)
    if block is None or (found and block.links * 2 > len(block.text)):
        # A line that is a link leads to another release, as "previous" and "next" do.
        return None
    return Title(clean_line(block.text), "listing", AGREED, block.order)


def is_long_enough(listed: str) -> bool:
    """Whether what a listing calls a page may be a headline, not the name of a section."""
    return latin_lengths(comparison_key(listed))[0] >= MIN_AGREED


def line_of(key: str, seen: BlockTree, start: int) -> TextBlock | None:
    """The line that says just this, the last one above the text or among its first lines."""
    for block in reversed(seen.blocks[: start + AMONG_FIRST]):
        if len(block.text) <= MAX_TITLE and comparison_key(block.text) == key:
            return block
    return None
