"""Correct the most likely headline: reject logos and slogans, prefer visible parts of a title."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

from data.text.urls import absolute
from data.text.words import UNSPACED
from spiders.body.text_blocks import BlockTree, TextBlock
from spiders.page.embedded_metadata import EmbeddedMetadata
from spiders.page.phrases import comparison_key, is_label
from spiders.release.emphasis import (
    MAX_BLOCKS_ABOVE,
    MAX_BLOCKS_WITHIN,
    MAX_EMPHASIS_LEVELS,
    MIN_MEASURED_LENGTH,
)
from spiders.release.headline_text import DENSE, latin_lengths
from spiders.release.title_candidates import (
    FIRST,
    LAST,
    MAX_TITLE,
    UNSUFFIXED,
    WHOLE,
    TitleCandidate,
)

NEAR_ABOVE: Final = 4
"""Number of blocks above a text that are searched for a part of ``<title>``."""

HOME_PATH: Final = re.compile(
    r"/*+(?:[a-z]{2}(?:[-_][a-z]{2,4})?/?)?(?:(?:index|default|home|main)(?:\.[a-z]{2,5})?)?/*+",
    re.IGNORECASE,
)
"""Pattern of a home page's path, with an optional language prefix."""

MAX_HOME_PATH: Final = 24
"""Maximum length of a home page's path without leading and trailing slashes, in characters."""


OPENING_BLOCKS: Final = 5
"""Number of blocks at the beginning of a text that are compared with a headline."""

SITE_NAMES: Final = ("og:site_name", "sitename", "application-name")
"""Names of meta elements that contain the site's name."""

COPYRIGHT: Final = re.compile(
    r"(?:(?:©|\(c\)\s|copyright|版权所有|版權所有|著作權所有)[\W_]*)+(?:(?:19|20)\d\d[\W_]*){0,2}(?:by\b)?",
    re.IGNORECASE,
)
"""Pattern of a copyright line up to the site's name."""

LONG_STRETCH, MIN_SHARED, MIN_DENSE = 4, 6, 2
"""Limits for comparing a headline with a text by the sequences of letters they share.

- `LONG_STRETCH`: length of a sequence in alphabetic scripts, in letters
- `MIN_SHARED`, `MIN_DENSE`: minimum number of shared sequences in alphabetic and in other scripts
"""

PARTED: Final = re.compile(r"\s?[-–—_|:：]{1,9}\s?")
MAX_NAMING, MIN_NAME, MAX_NAME = 20, 6, 60
"""Limits for finding the site's name.

- `MAX_NAMING`: number of blocks searched at the top and at the end of the page
- `MIN_NAME`, `MAX_NAME`: minimum and maximum length of the name, in Latin letters"""

LOGO: Final = re.compile(r"(?:^|[\s_-])(?:site-?)?logo(?:$|[\s_-])", re.IGNORECASE)
"""Pattern of the class or id of the site's logo."""

LOGO_LEVELS: Final = 1
"""Number of levels above a heading's text that are checked for the class or id of a logo."""

MAX_HEADING_LEVEL: Final = 4
"""Maximum heading level (1 to 6) of a headline below a label."""


def heading_near(found: list[TitleCandidate], start: int) -> TitleCandidate | None:
    """Return the first heading just above or at the start of a text, or None.

    Headings that are labels, such as "Press release", are skipped.
    """
    near = range(start - MAX_BLOCKS_ABOVE, start + MAX_BLOCKS_WITHIN)
    headings = (one for one in found if one.level <= MAX_HEADING_LEVEL and one.variant == WHOLE)
    for one in headings:
        here = one.block and one.block.order in near and not one.block.links
        if here and not is_label(one.text):
            return one
    return None


def opening_of(seen: BlockTree, start: int) -> str:
    """Return the letters of a text's first paragraphs, without headings and short lines."""
    blocks = seen.blocks[start : start + OPENING_BLOCKS]
    return "".join(
        comparison_key(one.text)
        for one in blocks
        if latin_lengths(one.text)[0] >= MIN_MEASURED_LENGTH
    )


def says(text_key: str, key: str) -> bool:
    """Whether the beginning of a text shares enough sequences of letters with a headline.

    ``text_key`` and ``key`` are the comparison keys of the text and the headline.
    """
    return shared_parts(key, text_key) >= (
        MIN_SHARED if stretch(key) == LONG_STRETCH else MIN_DENSE
    )


def shared_parts(key: str, text_key: str) -> int:
    """Return the number of letter sequences shared by a headline and the beginning of a text."""
    size = stretch(key)
    parts = {key[at : at + size] for at in range(len(key) - size + 1)}
    return sum(part in text_key for part in parts)


def stretch(key: str) -> int:
    """Return the length in letters of the sequences by which the headline ``key`` is compared.

    It is smaller in scripts where a letter is a syllable or a word.
    """
    return 2 if DENSE.search(key) else 3 if UNSPACED.search(key) else LONG_STRETCH


class SiteNames:
    """The names of a site, from metadata, links to the home page, and copyright lines."""

    def __init__(self, meta: EmbeddedMetadata, seen: BlockTree, url: str) -> None:
        self._stated = {comparison_key(meta.meta(name)) for name in SITE_NAMES}
        self._blocks = seen.blocks
        self._url = url

    def __contains__(self, key: str) -> bool:
        if not MIN_NAME <= latin_lengths(key)[0] <= MAX_NAME:
            return False
        if is_home(self._url):
            return False  # The headline of a home page may be the site's name.
        return (
            key in self._stated
            or any(is_home_link(href, self._url) for href in self._links.get(key, ()))
            or any(line.startswith(key) for line in self._copyright_lines)
        )

    @cached_property
    def _links(self) -> Mapping[str, Sequence[str]]:
        """The link URLs in the first blocks of the page, by the comparison key of the link text."""
        found: dict[str, list[str]] = {}
        for block in self._blocks[:MAX_NAMING]:
            for text, href in links_of(block):
                found.setdefault(comparison_key(text), []).append(href)
        return found

    @cached_property
    def _copyright_lines(self) -> Sequence[str]:
        """The comparison keys of copyright lines in the last blocks, with and without the ©."""
        found: list[str] = []
        for block in self._blocks[-MAX_NAMING:]:
            sign = COPYRIGHT.search(block.text) if len(block.text) <= MAX_TITLE else None
            if sign:
                found += map(comparison_key, (block.text, block.text[sign.end() :]))
        return found


def without_site(text: str, site: SiteNames) -> str:
    """Remove the last separator and the site's name after it from a page title."""
    parts = [*PARTED.finditer(text)]
    if parts and parts[-1].start() and comparison_key(text[parts[-1].end() :]) in site:
        return text[: parts[-1].start()]
    return text


def links_of(block: TextBlock) -> Iterator[tuple[str, str]]:
    """Yield the text and URL of each link in a block."""
    for element, tail in block.pieces if block.links else ():
        link = element.getparent() if tail else element
        for _ in range(MAX_EMPHASIS_LEVELS):
            if link is None or link.tag == "a":
                break
            link = link.getparent()
        if link is not None and (href := link.get("href")):
            yield (element.tail if tail else element.text) or "", href


def is_logo(candidate: TitleCandidate, url: str) -> bool:
    """Whether a heading is the site's logo, judging by its link to the home page, class or id.

    Returns False on a home page, whose headline may be the site's name.
    """
    if leads_home(candidate, url):
        return True
    block = candidate.block
    if block is None or is_home(url):
        return False
    element, is_tail = block.pieces[0]
    inner = element.getparent() if is_tail else element
    around = (inner, *islice(inner.iterancestors(), LOGO_LEVELS)) if inner is not None else ()
    return any(LOGO.search(one.get("class") or one.get("id") or "") for one in around)


def leads_home(candidate: TitleCandidate, url: str) -> bool:
    """Whether a heading links to the home page, from a page that is not the home page itself."""
    block = candidate.block
    if block is None or not block.links or block.links * 2 < len(block.text) or is_home(url):
        return False
    for element, _ in block.pieces:
        link = element if element.tag == "a" else next(element.iterancestors("a"), None)
        target = absolute(url, link.get("href") or "") if link is not None else None
        if target:
            return is_home(target)
    return False


def is_home_link(href: str, base: str) -> bool:
    """Whether a relative or absolute link leads to a home page."""
    _, slashes, rest = href.partition("#")[0].rpartition("//")
    path = rest.partition("/")[2] if slashes else rest
    target = absolute(base, href) if href and len(path.strip("./")) <= MAX_HOME_PATH else None
    return target is not None and is_home(target)


@lru_cache(maxsize=64)
def is_home(url: str) -> bool:
    """Whether a URL belongs to a home page."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return not parts.query and HOME_PATH.fullmatch(parts.path) is not None


def below_slogan(found: list[TitleCandidate], slogan: TitleCandidate) -> TitleCandidate | None:
    """Return the headline below the heading ``slogan``, the site's slogan, or None.

    ``<title>`` must consist of the headline followed by the slogan.
    """
    if slogan.block is None or slogan.parts.get("title") != LAST:
        return None
    above = slogan.block.order
    return next(
        (
            one
            for one in found
            if one.block
            and one.block.order > above
            and one.level <= MAX_HEADING_LEVEL
            and one.parts.get("title") in {UNSUFFIXED, FIRST}
            and not is_label(one.text)
        ),
        None,
    )


def part_shown(
    found: list[TitleCandidate], best: TitleCandidate, seen: BlockTree, start: int
) -> tuple[TitleCandidate, TextBlock] | None:
    """Return the longest part of ``<title>`` that is a line near the text, and the line's block.

    Returns None if no line is such a part.
    """
    named = [one for one in found if "title" in one.parts and not one.block]
    near = seen.blocks[max(0, start - NEAR_ABOVE) : start + MAX_BLOCKS_WITHIN]
    shown = {comparison_key(block.text): block for block in near if len(block.text) <= MAX_TITLE}
    parts = [one for one in named if one.key in shown and one.parts["title"] != LAST]
    if not parts or "title" not in best.parts:
        return None
    longest = max(parts, key=lambda one: len(one.key))
    return longest, shown[longest.key]
