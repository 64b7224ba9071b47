"""Summarize a page: a sketch of its markup, its lines, and the files that it links to."""

from __future__ import annotations

import re
from binascii import crc32
from dataclasses import dataclass
from typing import Final

from data.revisions.edits import file_name
from data.text.urls import absolute
from spiders.body.frames import frame_texts
from spiders.body.text_blocks import segment
from spiders.page.page import Page
from spiders.page.phrases import comparison_key

SKETCH_SIZE: Final = 48
"""Maximum number of hashes in a sketch, which summarizes a page's markup."""

HASH_BYTES: Final = 4
"""Size in bytes of each hash in a sketch."""

MAX_SKETCH_BYTES: Final = 500_000
"""Maximum size in bytes of the markup that a sketch summarizes."""

MIN_SAME_DESIGN_SIMILARITY: Final = 0.6
"""Minimum similarity (0 to 1) of the sketches of two versions of a page that have the same design.
An edit leaves most of the markup unchanged."""

TAG_PATTERN: Final = re.compile(rb"<([a-zA-Z][a-zA-Z0-9-]{0,20})")

CLASS_OR_ID: Final = re.compile(
    rb"""\s(?:class|id)\s*=\s*(?:"([^"]{1,400})"|'([^']{1,400})'|([\w-]{1,80}))"""
)

DIGIT_RUN: Final = re.compile(rb"\d+")
"""Pattern of digits in class names and ids, which may differ from page to page."""

MAX_FRAME_LETTERS: Final = 100_000
"""Maximum length in characters of the stored text of a page's frames (header, footer and the like).
"""


def skeleton_of(page: Page) -> bytes:
    """Return the sketch of a page's markup: hashes of its tags, class names and ids.

    Returns b"" for a page without markup.
    """
    markup = page.markup[:MAX_SKETCH_BYTES]
    names = {tag.lower() for tag in set(TAG_PATTERN.findall(markup))}
    for match in set(CLASS_OR_ID.findall(markup)):
        names.update(b"." + DIGIT_RUN.sub(b"", part) for part in b"".join(match).split())
    hashes = sorted({crc32(name) for name in names})[:SKETCH_SIZE]
    return b"".join(value.to_bytes(HASH_BYTES, "big") for value in hashes)


def is_rebuilt(before: bytes, now: bytes) -> bool:
    """Whether a page's design changed, given its sketches (see `skeleton_of`) before and now.

    Returns False if either sketch is empty.
    """
    if not before or not now:
        return False
    left, right = (
        {sketch[place : place + HASH_BYTES] for place in range(0, len(sketch), HASH_BYTES)}
        for sketch in (before, now)
    )
    most = sorted(left | right)[:SKETCH_SIZE]
    shared = sum(value in left and value in right for value in most)
    return shared < MIN_SAME_DESIGN_SIMILARITY * len(most)


def shown_on(page: Page) -> Shown:
    """Return the lines of a page and the files that it links to."""
    seen = segment(page.tree)
    links = (absolute(page.base, link.get("href") or "") for link in page.tree.iter("a"))
    files = frozenset(file_name(url) for url in links if url)
    lines = frozenset(comparison_key(block.text) for block in seen.blocks)
    frames: list[str] = []
    left = MAX_FRAME_LETTERS
    for text in frame_texts(page):
        frames.append(comparison_key(text[:left]))
        left -= len(text)
        if left <= 0:
            break
    return Shown(lines, files, tuple(frames))


@dataclass(frozen=True, slots=True)
class Shown:
    """The lines of a whole page as comparison keys, and the files that the page links to.

    ``frames`` contains the comparison keys of the page's header, footer and similar parts.
    """

    lines: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    frames: tuple[str, ...] = ()


NOTHING_SHOWN: Final = Shown()
