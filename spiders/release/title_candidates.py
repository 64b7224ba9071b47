"""Collect a page's headline candidates and their features for the model.

Candidates are the page's metadata titles (JSON-LD, OpenGraph, ``<title>``) and its visible
headings. Titles are added whole and split at separators. Headings are also added without kicker or
subtitle. Equal texts are one candidate with several rules.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.text.clean import clean_line
from data.text.urls import host_of
from data.text.words import UNSPACED
from spiders.body.text_blocks import BlockTree, TextBlock
from spiders.page.class_hints import BIT
from spiders.page.embedded_metadata import EmbeddedMetadata
from spiders.page.html_tree import LEVEL_OF
from spiders.page.phrases import comparison_key
from spiders.release.headline_text import latin_lengths

Matrix = NDArray[np.float32]

UNSPACED_END: Final = rf"[{UNSPACED.pattern[1:-1]}\uac00-\ud7af）)》」』】”！？。]"
"""Character class for the text before a dash between two titles, in scripts without spaces."""

UNSPACED_START: Final = rf"[{UNSPACED.pattern[1:-1]}\uac00-\ud7af（(《「『【“]"
"""Character class for the text after a dash between two titles, in scripts without spaces."""

SEPARATOR: Final = re.compile(
    r"\s+[|\-–—·•»«:/~>]+\s+|\s*[|｜»]\s*|\s+::\s+|\s+_|:\s+|\s*(?:-{2,9}|—{2,9}|–{2,9}|_{2,9})\s*"
    rf"|(?<={UNSPACED_END})\s?[_\-–—]\s?(?={UNSPACED_START})"
    r"|(?<=[^\W\d_]{2})_(?=[^\W\d_]{2})"
)
"""Pattern of a separator between a headline and the name of a site or section."""

SEPARATOR_SIGN: Final = re.compile(r"[|\-–—·•»«:/~>｜_]")
"""Pattern of a character that is in every separator, for a quick first check."""

HEADLINE_META: Final = ("articletitle", "citation_title")
"""Names of meta elements for the headline without the site's name, as used by Chinese government
sites and journals."""

MAX_TITLE: Final = 300
MAX_HEADINGS: Final = 60
MAX_CUTS: Final = 8
"""Maximum number of separators at which a title is split."""

MAX_BODY_BLOCKS: Final = 3
"""Number of blocks at the start of the body that are searched for a headline."""

READING_TAGS: Final = frozenset(("rt", "rp", "rtc"))
"""Tags of ruby elements that contain the pronunciation of characters."""

NONE, WHOLE, UNSUFFIXED, FIRST, LAST, LONGEST = range(6)
FEATURE_BITS: Final = tuple(
    BIT[name]
    for name in (
        "title", "lead", "nav", "related", "head", "hidden", "date", "share", "comment", "sidebar",
        "byline", "meta", "body", "others",
    )
)  # fmt: skip
ABOVE: Final = tuple(
    BIT[name]
    for name in ("nav", "foot", "aside", "article", "related", "others", "head", "sidebar", "form")
)
TITLED: Final = BIT["title"]


@dataclass(slots=True)
class TitleCandidate:
    """A possible headline: its text, its extraction rule, and its block on the page, if any."""

    text: str
    key: str
    rule: str
    block: TextBlock | None = None
    headings: int = 0
    level: int = 9
    variant: int = NONE
    parts: dict[str, int] = field(default_factory=dict)


def headline_candidates(  # noqa: C901 - one flat loop
    meta: EmbeddedMetadata, seen: BlockTree, start: int
) -> list[TitleCandidate]:
    """Return the headline candidates of a page.

    ``start`` is the number of the body's first block.
    """
    found: dict[str, TitleCandidate] = {}
    for rule, text in named(meta):
        for part, kind in title_parts(text):
            candidate = entry(found, part, rule)
            if candidate:
                candidate.parts[rule] = min(candidate.parts.get(rule, 9), kind)
    taken = 0
    for block in seen.blocks[: start + MAX_BODY_BLOCKS]:
        level = level_of(block)
        if not level and not (block.hints | block.container.near) & TITLED:
            continue
        if len(block.text) > MAX_TITLE:
            continue
        taken += 1
        if taken > MAX_HEADINGS:
            break
        for text, variant in shown_parts(block):
            candidate = entry(found, text, f"h{level}" if level else "class")
            if candidate is None:
                continue
            candidate.headings += 1
            better = candidate.block is None or (variant, level or 8) <= (
                candidate.variant,
                candidate.level,
            )
            if better:
                candidate.block, candidate.variant = block, variant
                candidate.level = level or 8
                candidate.rule = f"h{level}" if level else "class"
    return list(found.values())


def named(meta: EmbeddedMetadata) -> Iterator[tuple[str, str]]:
    """Yield the page's four metadata titles as pairs of rule and text. A text may be empty."""
    headline = meta.text("headline")
    stated = next((name for name in HEADLINE_META if meta.meta(name)), "")
    # JSON-LD and these meta elements contain the headline without the site's name, so the model
    # treats them alike.
    yield (
        (f"meta:{stated}", meta.meta(stated)) if stated and not headline else ("json-ld", headline)
    )
    yield "og:title", meta.meta("og:title")
    yield "twitter:title", meta.meta("twitter:title")
    yield "title", meta.title


def entry(found: dict[str, TitleCandidate], text: str, rule: str) -> TitleCandidate | None:
    """Return the candidate with ``text`` from ``found``. If it is missing, it is added first.

    Returns None if the text is too short or too long for a headline.
    """
    key = comparison_key(text)
    if len(key) < 2 or len(text) > MAX_TITLE:  # noqa: PLR2004 - minimum letters of a headline
        return None
    if key not in found:
        found[key] = TitleCandidate(text, key, rule)
    return found[key]


def title_parts(text: str) -> Iterator[tuple[str, int]]:
    """Yield the whole title, then its parts without the site or section name.

    Each is paired with its variant: WHOLE, UNSUFFIXED, FIRST, LAST or LONGEST.
    """
    text = clean_line(text)
    if not text:
        return
    yield text, WHOLE
    cuts = [match.span() for match in islice(separators(text), MAX_CUTS)]
    if not cuts:
        return
    yield text[: cuts[-1][0]], UNSUFFIXED
    if len(cuts) > 1:
        yield text[: cuts[-2][0]], UNSUFFIXED
    yield text[: cuts[0][0]], FIRST
    yield text[cuts[0][1] :], LAST
    edges = [0, *[edge for cut in cuts for edge in cut], len(text)]
    pieces = [text[low:high] for low, high in zip(edges[::2], edges[1::2], strict=True)]
    yield max(pieces, key=len), LONGEST


def separators(text: str) -> Iterator[re.Match[str]]:
    """Yield the separators in a title."""
    return SEPARATOR.finditer(text) if SEPARATOR_SIGN.search(text) else iter(())


def shown_parts(block: TextBlock) -> Iterator[tuple[str, int]]:
    """Yield a heading whole, and without kicker or subtitle, each with its variant number."""
    if has_readings(block):
        titles = (
            (element.tail if tail else element.text) or ""
            for element, tail in block.pieces
            if tail or element.tag not in READING_TAGS
        )
        yield " ".join("".join(titles).split()), WHOLE
        return
    yield block.text, WHOLE
    texts = [
        " ".join(((element.tail if tail else element.text) or "").split())
        for element, tail in block.pieces
    ]
    texts = [text for text in texts if text]
    if 1 < len(texts) < 5:  # noqa: PLR2004 - more pieces are single words
        yield " ".join(texts[1:]).lstrip(":|-–— "), LAST
        yield texts[0].rstrip(":|-–— "), FIRST


def has_readings(block: TextBlock) -> bool:
    """Whether a block contains ruby annotations, which give the pronunciation of characters."""
    return any(element.tag in READING_TAGS for element, _ in block.pieces)


def level_of(block: TextBlock) -> int:
    """Return the level (1 to 6) of the heading that contains a block, or 0."""
    container = block.container
    outer = container.parent
    if container.tag in LEVEL_OF:
        return LEVEL_OF[container.tag]
    if outer is not None and outer.tag in LEVEL_OF and outer.blocks <= container.blocks:
        return LEVEL_OF[outer.tag]
    return 0


def headline_features(
    found: list[TitleCandidate], meta: EmbeddedMetadata, seen: BlockTree, start: int, url: str
) -> Matrix:
    """Return the feature matrix of the headline candidates, one row per candidate."""
    keys = {rule: comparison_key(text) for rule, text in named(meta)}
    stated, social = (*keys.values(),)[:2]
    site = comparison_key(meta.meta("og:site_name"))
    host = comparison_key(host_of(url) if "[" not in url else "")
    heads = [candidate for candidate in found if candidate.block and candidate.variant == WHOLE]
    first_level = sum(1 for candidate in heads if candidate.level == 1)
    shown = {candidate.key for candidate in heads}
    sizes = {len(one.text) for one in found}
    counts = Counter(block.text for block in seen.blocks if len(block.text) in sizes)
    orders = sorted({c.block.order for c in heads if c.block and c.block.order < start})
    rows = []
    for one in found:
        row: list[float] = [
            one.level,
            one.headings,
            one.variant,
            *latin_lengths(one.text),
        ]
        row += [one.parts.get(rule, 0) for rule in keys]
        for key in keys.values():
            row.append(len(one.key) / len(key) if key and one.key in key else 0.0 if key else -1.0)
            row.append(len(key) / len(one.key) if key and key in one.key else 0.0)
        row += [
            first_level,
            len(social),
            len(stated),
            social in shown,
            keys["title"] in shown,
            stated in shown,
            social == keys["title"],
            one.key == site or (len(one.key) > 3 and one.key in host),  # noqa: PLR2004 - longer than initials
            bool(site) and site in one.key,
            sum(map(str.isupper, one.text)) / len(one.text),
            one.text[0].isdigit(),
            one.text[-1] in ".:…",
            counts[one.text],
            sum(1 for _ in separators(one.text)),
        ]
        row += block_row(one.block, start, orders, len(seen.blocks))
        rows.append(row)
    return np.array(rows, dtype=np.float32)


def block_row(block: TextBlock | None, start: int, orders: list[int], count: int) -> list[float]:
    """Return the features of a candidate's block. Without a block, each feature is -1."""
    if block is None:
        return [-1.0] * (7 + len(FEATURE_BITS) + len(ABOVE))
    names = block.hints | block.container.near
    return [
        start - block.order,
        block.order / count,
        len(orders) - bisect_right(orders, block.order),
        block.links / len(block.text),
        1 if has_readings(block) else len(block.pieces),
        block.container.twins,
        block.container.outer.blocks if block.container.outer else 0,
        *[names & bit != 0 for bit in FEATURE_BITS],
        *[block.container.above & bit != 0 for bit in ABOVE],
    ]
