"""Find the headline of a release on the release's page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Final

from data.languages.vocabulary import words
from data.text.clean import clean_line
from spiders.body.decision_trees import load_trees
from spiders.body.main_content import MainContent
from spiders.body.text_blocks import BlockTree, TextBlock
from spiders.items import ListingItem
from spiders.page.css import declared_text
from spiders.page.embedded_metadata import EmbeddedMetadata
from spiders.page.page import Page
from spiders.page.phrases import comparison_key, is_generic, is_label
from spiders.release.emphasis import alike, emphasized, just_above
from spiders.release.headline_text import is_no_headline, latin_lengths
from spiders.release.title_candidates import (
    FIRST,
    MAX_TITLE,
    UNSUFFIXED,
    TitleCandidate,
    headline_candidates,
    headline_features,
    level_of,
)
from spiders.release.title_doubts import (
    MAX_HEADING_LEVEL,
    SiteNames,
    below_slogan,
    heading_near,
    is_logo,
    opening_of,
    part_shown,
    says,
    shared_parts,
    without_site,
)
from spiders.sources.source_file import ReleaseRules

MIN_AGREED: Final = 8
"""Minimum length of a listing's title, in letters, for it to be a headline rather than a section
name."""

AGREED: Final = 0.95
MIN_UNDOUBTED_PROBABILITY: Final = 0.5
"""Minimum probability of a headline found only in ``<title>``. Below it, a line in large letters or
the listing's title may replace the headline."""

MIN_RIVAL: Final = 0.5
"""Minimum probability of a heading that replaces a doubtful title, as a share of the title's
probability."""

CELL_TAGS: Final = frozenset(("th", "td", "dt"))
"""Tags of table and list cells that may contain a label for the headline beside them."""

MAX_HEADLINE_BLOCKS: Final = 8
"""Number of blocks at the start of the body that may contain the headline."""


@dataclass(frozen=True, slots=True)
class Title:
    """The headline of a release.

    ``rule`` is the extraction rule, ``confidence`` a value from 0 to 1, and ``order`` the number of
    its block, or None.
    """

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
    """Return the headline at the source file's selector, or else the detected headline.

    If both are missing, the listing's title is returned. Problems are added to ``reasons``.
    """
    if declared := declared_text(page.tree, rules.title, reasons):
        return Title(clean_line(declared), "declared", 1.0)
    if detected is not None:
        return detected
    if listed is not None and listed.title:
        return Title(clean_line(listed.title), "listing", 0.5)
    reasons.append("no title was found")
    return None


@dataclass(frozen=True, slots=True)
class TitleEvidence:
    """The inputs for choosing the headline of a page among its candidates.

    ``start`` is the number of the body's first block, ``end`` the number after its last block.
    ``likely`` contains the candidates without logos and labels. ``chance`` maps the comparison key
    of each candidate to its probability. ``site`` contains the names of the site.
    """

    seen: BlockTree
    start: int
    end: int
    likely: list[TitleCandidate]
    chance: Mapping[str, float]
    site: SiteNames


def find_title(
    meta: EmbeddedMetadata, seen: BlockTree, body: MainContent | None, url: str, listed: str = ""
) -> Title | None:
    """Return the headline of a page, or None if it has no candidates.

    ``listed`` is the title of the page in a listing. It is preferred if a line or the metadata of
    the page contains the same title.
    """
    start = body.kept[0].order if body else len(seen.blocks)
    found = headline_candidates(meta, seen, start)
    agreed = as_listed(listed, found, seen, start)
    named = labelled(seen, start)
    if named or not found:
        return agreed or named or in_large_letters(seen, start, "")
    chances = load_trees("headlines").probabilities(
        headline_features(found, meta, seen, start, url).T
    )
    likely = [one for one in found if not (one.block and is_no_headline(one.text))]
    logos = [one for one in likely if is_logo(one, url)]
    likely = [one for one in likely if not any(one is logo for logo in logos)] or found
    of = TitleEvidence(
        seen,
        start,
        body.kept[-1].order + 1 if body else start,
        likely,
        {one.key: float(each) for one, each in zip(found, chances, strict=True)},
        SiteNames(meta, seen, url),
    )
    best = max(likely, key=lambda one: of.chance[one.key])
    shown = shown_beside_site(best, of) if best.key in of.site else best
    if isinstance(shown, Title):
        return agreed or shown
    best = below_slogan(likely, shown) or named_below(shown, of) or shown
    if is_label(best.text) and (below := below_label(best, of)):
        return below if below.rule != "emphasis" else agreed or below
    if agreed and not (best.block and comparison_key(listed) in best.key):
        return agreed
    if best.block:
        return of_candidate(best, of.chance[best.key])
    title = without_heading(best, of, listed)
    # A logo is a better headline than a generic heading such as "About".
    needs_logo = bool(logos) and is_generic(title.text) and not is_label(title.text)
    return of_candidate(logos[0], MIN_UNDOUBTED_PROBABILITY) if needs_logo else title


def of_candidate(candidate: TitleCandidate, sure: float) -> Title:
    """Convert a candidate to a `Title` with the confidence ``sure``."""
    order = candidate.block.order if candidate.block else None
    return Title(clean_line(candidate.text), candidate.rule, round(sure, 3), order)


def shown_beside_site(named: TitleCandidate, of: TitleEvidence) -> TitleCandidate | Title:
    """Return the headline on a page whose candidate ``named`` is the site's name.

    It must share words with the beginning of the text. Otherwise ``named`` is returned.
    """
    opening = opening_of(of.seen, of.start)
    others = [one for one in of.likely if named.key not in one.key and one.key not in of.site]
    heading = heading_near(others, of.start)
    least = of.chance[named.key] * MIN_RIVAL
    if heading and of.chance[heading.key] > least and says(opening, heading.key):
        return heading
    rival = max(others, key=lambda one: of.chance[one.key], default=None)
    if rival and says(opening, rival.key):
        return rival
    large = in_large_letters(of.seen, of.start, named.text)
    return large if large and says(opening, comparison_key(large.text)) else named


def without_heading(named: TitleCandidate, of: TitleEvidence, listed: str) -> Title:
    """Return the headline of a page whose best candidate ``named`` is not a visible heading.

    Such a candidate is only in ``<title>`` or in a page header, so it may be the same on all pages.
    """
    part = part_shown(of.likely, named, of.seen, of.start)
    named, block = part or (named, heading_block(named.key, of.seen, of.start))
    if block and block.order >= of.end:
        block = None  # a footer
    sure = of.chance[named.key]
    if named.rule == "title" and sure < MIN_UNDOUBTED_PROBABILITY:
        near = block and (block in just_above(of.seen, of.start) or block.order >= of.start)
        if not near and (shown := shown_instead(named, of)):
            return shown
        listed_key = comparison_key(listed)
        if is_long_enough(listed) and block is None and not named.key.startswith(listed_key):
            return Title(clean_line(listed), "listing", MIN_UNDOUBTED_PROBABILITY)
    text = clean_line(without_site(named.text, of.site))
    return Title(text, named.rule, round(sure, 3), block.order if block else None)


def shown_instead(named: TitleCandidate, of: TitleEvidence) -> Title | None:
    """Return the visible headline if ``<title>`` may be only the site's name, or None."""
    heading = heading_near(of.likely, of.start)
    if heading and of.chance[heading.key] > of.chance[named.key] * MIN_RIVAL:
        opening = opening_of(of.seen, of.start)
        if shared_parts(heading.key, opening) > shared_parts(named.key, opening):
            return of_candidate(heading, of.chance[heading.key])
    return in_large_letters(of.seen, of.start, named.text)


def named_below(best: TitleCandidate, of: TitleEvidence) -> TitleCandidate | None:
    """Return the heading below ``best`` that the page's ``<title>`` begins with, or None.

    ``best`` may be the institution's name, unless ``<title>`` contains it. If both headings are
    alike, they are two versions of the headline, and None is returned.
    """
    if best.block is None or "title" in best.parts or is_label(best.text):
        return None
    begins = [one for one in of.likely if one.parts.get("title") in {UNSUFFIXED, FIRST}]
    for one in sorted(begins, key=lambda one: -len(one.key)):
        if len(one.key) < len(best.key) or is_label(one.text) or one.key in of.site:
            continue
        if alike(best.text, one.text):
            return None
        block = heading_block(one.key, of.seen, of.start)
        if block and not block.links and block.order > best.block.order:
            level = level_of(block)
            if 0 < level <= MAX_HEADING_LEVEL:
                return replace(one, block=block, level=level, rule=f"h{level}")
    return None


def below_label(label: TitleCandidate, of: TitleEvidence) -> Title | None:
    """Return the headline below a label such as "Press release", or None.

    It is the first heading below the label, or else a bold or large line.
    """
    above = label.block.order if label.block else -1
    headings = (one for one in of.likely if one.block and one.level <= MAX_HEADING_LEVEL)
    below = (one for one in headings if label.block and one.block and one.block.order > above)
    first = min(
        (one for one in below if not is_label(one.text)),
        key=lambda one: (one.block.order if one.block else 0, one.variant),
        default=None,
    )
    if first:
        return of_candidate(first, MIN_UNDOUBTED_PROBABILITY)
    return in_large_letters(of.seen, max(of.start, above + 1), label.text)


def in_large_letters(seen: BlockTree, start: int, named: str) -> Title | None:
    """Return a bold or large line near the text as the headline, or None."""
    shown = emphasized(seen, start, named)
    if shown is None:
        return None
    text, line = shown
    whole = comparison_key(text) == comparison_key(line.text)
    return Title(
        clean_line(text), "emphasis", MIN_UNDOUBTED_PROBABILITY, line.order if whole else None
    )


def as_listed(
    listed: str, found: list[TitleCandidate], seen: BlockTree, start: int
) -> Title | None:
    """Return the listing's title if the page contains the same title, or None."""
    key = comparison_key(listed)
    if not is_long_enough(listed):
        return None
    block = heading_block(key, seen, start)
    for candidate in found:
        if candidate.key == key:
            shown = candidate.block or block
            text, rule = clean_line(candidate.text), candidate.rule
            return Title(text, rule, AGREED, shown.order if shown else None)
    if block is None or (found and block.links * 2 > len(block.text)):
        # A line that consists of a link leads to another release, such as "previous" or "next".
        return None
    return Title(clean_line(block.text), "listing", AGREED, block.order)


def labelled(seen: BlockTree, start: int) -> Title | None:
    """Return the headline in a table cell beside its label cell ("제목", title), or None."""
    blocks = seen.blocks[: start + MAX_HEADLINE_BLOCKS]
    for label, block in pairwise(blocks):
        if len(block.text) > MAX_TITLE:
            continue
        if (
            label.container.tag not in CELL_TAGS
            or label.text.strip(" :：").casefold() not in _title_labels()
        ):
            continue
        cell = label.container.element.getnext()
        within = (block.container.element, *block.container.element.iterancestors())
        if cell is not None and cell in within and is_long_enough(block.text):
            return Title(clean_line(block.text), "label", AGREED, block.order)
    return None


@cache
def _title_labels() -> frozenset[str]:
    return frozenset(words("page_labels.title"))


def is_long_enough(listed: str) -> bool:
    """Whether a listing's title is long enough to be a headline rather than a section name."""
    return latin_lengths(comparison_key(listed))[0] >= MIN_AGREED


def heading_block(key: str, seen: BlockTree, start: int) -> TextBlock | None:
    """Return the last block with the comparison key ``key`` above or at the start of the text.

    Returns None if no block has it.
    """
    for block in reversed(seen.blocks[: start + MAX_HEADLINE_BLOCKS]):
        if len(block.text) <= MAX_TITLE and comparison_key(block.text) == key:
            return block
    return None
