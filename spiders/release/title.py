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
from spiders.page.generic_names import is_generic, is_label
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
    SiteNames,
    below_slogan,
    heading_near,
    leads_home,
    opening_of,
    part_shown,
    says,
    shared_parts,
    without_site,
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


@dataclass(frozen=True, slots=True)
class TitleEvidence:
    """What tells the headline of a page among its candidates.

    ``start`` and ``end`` are the numbers of the body's first block and of the one after its last.
    ``likely`` are the candidates that may be headlines, ``chance`` their probabilities by key.
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
    """The headline of a page, or None where it has none.

    ``listed`` is what a listing called the page: where that is shown on the page too, in a line of
    its own or in what the page calls itself, two sources agree on it.
    """
    start = body.kept[0].order if body else len(seen.blocks)
    found = candidates(meta, seen, start)
    agreed = as_listed(listed, found, seen, start)
    if not found:
        return agreed or in_large_letters(seen, start, "")
    chances = load_trees("headlines").probabilities(
        headline_features(found, meta, seen, start, url).T
    )
    likely = [one for one in found if not (one.block and is_no_headline(one.text))]
    logos = [one for one in likely if leads_home(one, url)]
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
    best = below_slogan(likely, shown) or shown
    if is_label(best.text) and (below := below_label(likely, best)):
        return of_candidate(below, DOUBTFUL)
    if agreed and not (best.block and comparison_key(listed) in best.key):
        return agreed
    if best.block:
        return of_candidate(best, of.chance[best.key])
    title = without_heading(best, of, listed)
    # "About" says less than the logo.
    is_logo = bool(logos) and is_generic(title.text) and not is_label(title.text)
    return of_candidate(logos[0], DOUBTFUL) if is_logo else title


def of_candidate(candidate: TitleCandidate, sure: float) -> Title:
    """A candidate as the headline."""
    order = candidate.block.order if candidate.block else None
    return Title(clean_line(candidate.text), candidate.rule, round(sure, 3), order)


def shown_beside_site(named: TitleCandidate, of: TitleEvidence) -> TitleCandidate | Title:
    """The headline of a page whose likeliest candidate is the site's name, else that candidate.

    The beginning of the text must say what the headline says.
    """
    told = opening_of(of.seen, of.start)
    others = [one for one in of.likely if named.key not in one.key and one.key not in of.site]
    heading = heading_near(others, of.start)
    least = of.chance[named.key] * MIN_RIVAL
    if heading and of.chance[heading.key] > least and says(told, heading.key):
        return heading
    rival = max(others, key=lambda one: of.chance[one.key], default=None)
    if rival and says(told, rival.key):
        return rival
    large = in_large_letters(of.seen, of.start, named.text)
    return large if large and says(told, comparison_key(large.text)) else named


def without_heading(named: TitleCandidate, of: TitleEvidence, listed: str) -> Title:
    """The headline of a page whose likeliest candidate is only what the page calls itself.

    What is only in ``<title>``, or also in a header, may be the same on all pages.
    """
    part = part_shown(of.likely, named, of.seen, of.start)
    named, block = part or (named, line_of(named.key, of.seen, of.start))
    if block and block.order >= of.end:
        block = None  # a footer
    sure = of.chance[named.key]
    if named.rule == "title" and sure < DOUBTFUL:
        near = block and (block in just_above(of.seen, of.start) or block.order >= of.start)
        if not near and (shown := shown_instead(named, of)):
            return shown
        said = comparison_key(listed)
        if is_long_enough(listed) and block is None and not named.key.startswith(said):
            return Title(clean_line(listed), "listing", DOUBTFUL)
    text = clean_line(without_site(named.text, of.site))
    return Title(text, named.rule, round(sure, 3), block.order if block else None)


def shown_instead(named: TitleCandidate, of: TitleEvidence) -> Title | None:
    """The headline that a page shows, if its ``<title>`` may have only the site's name."""
    heading = heading_near(of.likely, of.start)
    if heading and of.chance[heading.key] > of.chance[named.key] * MIN_RIVAL:
        told = opening_of(of.seen, of.start)
        if shared_parts(heading.key, told) > shared_parts(named.key, told):
            return of_candidate(heading, of.chance[heading.key])
    return in_large_letters(of.seen, of.start, named.text)


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
