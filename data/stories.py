"""Near-duplicates across institutions: candidates by MinHash bands, decided by true similarity.

Method: A. Broder, "On the resemblance and containment of documents" (1997), with banding as in
Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3.
"""

from __future__ import annotations

import hashlib
import struct

from rensa import RMinHash

from data.dedup import containment, jaccard

PERMUTATIONS = 128
BANDS = 32
"""32 bands of 4 rows: of pairs with a Jaccard similarity of 0.7, 0.02 % are missed."""

ROWS = PERMUTATIONS // BANDS
SEED = 20221124

SAME_TEXT = 0.7
"""Jaccard similarity from which two releases are one story."""

CONTAINED = 0.85
"""Part of the shorter text that must stand in the longer one, to be one story."""

LEAST_SHINGLES = 20
"""Shorter texts are never one story: a bare "Photo release" is like any other."""


def bands(text_shingles: frozenset[str]) -> tuple[int, ...]:
    """The 32 band values of a text, signed 64 bits each; texts that share one are candidates.

    The number of the band is folded in. Empty for a text too short to compare.
    """
    if len(text_shingles) < LEAST_SHINGLES:
        return ()
    sketch = RMinHash(PERMUTATIONS, SEED)
    sketch.update(list(text_shingles))
    rows = sketch.digest()
    return tuple(_fold(band, rows[band * ROWS : (band + 1) * ROWS]) for band in range(BANDS))


def _fold(band: int, rows: list[int]) -> int:
    packed = struct.pack(f"<H{ROWS}I", band, *rows)
    return int.from_bytes(hashlib.blake2b(packed, digest_size=8).digest(), "little", signed=True)


def same_story(left: frozenset[str], right: frozenset[str]) -> bool:
    """Whether two texts are the same story: much the same, or one within the other."""
    shorter, longer = sorted((left, right), key=len)
    if len(shorter) < LEAST_SHINGLES:
        return False
    return jaccard(left, right) >= SAME_TEXT or containment(shorter, longer) >= CONTAINED
