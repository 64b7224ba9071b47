"""What a page is built of, as a small sketch by which a new design is told from an edit.

A page's skeleton is the set of its tags, classes and ids. Of their hashes the smallest are kept:
two such sketches give the Jaccard similarity of the sets (A. Broder, "On the resemblance and
containment of documents", 1997; bottom-k sketches).
"""

from __future__ import annotations

import re
from binascii import crc32
from typing import Final

from spiders.page import Page

KEPT: Final = 48
"""Hashes that are kept of a page."""

WIDTH: Final = 4
"""Bytes of a hash."""

MOST_BYTES: Final = 500_000
"""Bytes of a page that are looked at."""

ANOTHER: Final = 0.6
"""The similarity below which a page is built anew: an edit leaves nearly all of it as it was."""

TAG: Final = re.compile(rb"<([a-zA-Z][a-zA-Z0-9-]{0,20})")
NAME: Final = re.compile(
    rb"""\s(?:class|id)\s*=\s*(?:"([^"]{1,400})"|'([^']{1,400})'|([\w-]{1,80}))"""
)
DIGITS: Final = re.compile(rb"\d+")
"""What changes in a name from page to page."""


def skeleton_of(page: Page) -> bytes:
    """The sketch of a page's skeleton; empty for what has none."""
    markup = page.markup[:MOST_BYTES]
    names = {tag.lower() for tag in set(TAG.findall(markup))}
    for said in set(NAME.findall(markup)):
        names.update(b"." + DIGITS.sub(b"", part) for part in b"".join(said).split())
    hashes = sorted({crc32(name) for name in names})[:KEPT]
    return b"".join(value.to_bytes(WIDTH, "big") for value in hashes)


def is_built_anew(before: bytes, now: bytes) -> bool:
    """Whether two sketches are those of different designs; False where one is not known."""
    if not before or not now:
        return False
    left, right = _hashes(before), _hashes(now)
    most = sorted(left | right)[:KEPT]
    shared = sum(value in left and value in right for value in most)
    return shared < ANOTHER * len(most)


def _hashes(sketch: bytes) -> set[int]:
    places = range(0, len(sketch), WIDTH)
    return {int.from_bytes(sketch[place : place + WIDTH], "big") for place in places}
