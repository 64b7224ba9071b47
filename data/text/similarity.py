"""What of a text is compared and looked up: its word triples, MinHash bands and anchors.

Methods: A. Broder, "On the resemblance and containment of documents" (1997), for MinHash and for
sampling by a modulus; banding as in Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets",
chapter 3.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np
from rensa import RMinHash

from data.text.words import Hashes, word_hashes

SHINGLE: Final = 3
"""Words in a shingle: short enough for one-paragraph notices."""

BANDS: Final = 6
ROWS: Final = 3
"""6 bands of 3 rows: of pairs with a Jaccard similarity of 0.7, 8 % share none, of 0.8, 1.4 %;
most of those share anchors."""

ANCHOR_ONE_IN: Final = 40
ANCHORED: Final = 1000
"""One run of six words in 40, of the first thousand, is an anchor: it is so wherever it stands, and
so leads from a release to the longer text that holds it."""

SAMPLE: Final = 48
"""Shingles, those of the least hashes, by which texts are compared before they are in full."""

MARK_BITS: Final = 48
"""Bits of a mark: so few that among a million texts strangers rarely share one by chance."""

SEED: Final = 20221124
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_FOLD: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_ANCHOR_LIMIT: Final = np.uint64((1 << 64) // ANCHOR_ONE_IN)
_UNMARKED: Final = np.uint64(64 - MARK_BITS)
_ALL: Final = (1 << 64) - 1
_LANES: Final = [band * int(_ODD) & _ALL for band in range(BANDS)]
_FACTORS: Final = (0xC3EF0E92CA3F9B83, 0xA20BBFF51AF4BFDD, 0xA55358F02C31EFE3)
_NONE: Final = np.empty(0, np.uint64)


class Signature:
    """A text, as far as it is compared. ``words`` are the hashes of its words, in order."""

    def __init__(self, words: Hashes) -> None:
        self.words = words
        self._triples = _runs(words)

    def forget_words(self) -> None:
        """Keep only what is compared: the rest is known of what is stored."""
        self.words = _NONE

    @cached_property
    def shingles(self) -> Hashes:
        """The distinct shingles, sorted: hashes of all runs of three words.

        A shorter text is one shingle, an empty one none.
        """
        ordered = np.sort(self._triples)
        if not len(ordered):
            return ordered
        fresh = np.ones(len(ordered), np.bool_)
        np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
        distinct: Hashes = ordered[fresh]
        return distinct

    @cached_property
    def bands(self) -> list[int]:
        """Marks, one a band: texts that share one are candidates. Empty for an empty text.

        A multilinear hash of the band's rows, that of each band another (D. Lemire and O. Kaser,
        "Strongly universal string hashing is fast", 2014).
        """
        if not len(self._triples):
            return []
        digest = RMinHash.digest_matrix_from_flat_token_hashes(
            self._triples, [0, len(self._triples)], BANDS * ROWS, SEED
        )
        (rows,) = digest.to_rows()
        first, second, third = _FACTORS
        return [
            (lane + first * a + second * b + third * c & _ALL) >> 64 - MARK_BITS
            for lane, a, b, c in zip(_LANES, rows[::3], rows[1::3], rows[2::3], strict=True)
        ]

    @cached_property
    def anchors(self) -> list[int]:
        """Marks of some runs of six words: the same ones wherever they stand."""
        triples = self._triples[:ANCHORED]
        if len(triples) <= SHINGLE:
            return []
        runs = (triples[:-SHINGLE] * _ODD ^ triples[SHINGLE:]) * _FOLD
        chosen = runs[runs < _ANCHOR_LIMIT]
        marks: list[int] = (chosen * _ODD >> _UNMARKED).tolist()
        return list(dict.fromkeys(marks))

    @property
    def marks(self) -> list[int]:
        """All by which a text is found: its bands and its anchors."""
        return self.bands + self.anchors


def signature(text: str) -> Signature:
    """The sketch of a text."""
    return Signature(word_hashes(text))


def jaccard(left: Signature, right: Signature) -> float:
    """Shared shingles over all shingles, 0 to 1; two empty texts have nothing in common."""
    few, many = shorter_first(left, right)
    shared = count_found(few, many)
    either = len(few) + len(many) - shared
    return shared / either if either else 0.0


def containment(left: Signature, right: Signature) -> float:
    """The part of the shorter text's shingles that stand in the longer one as well, 0 to 1."""
    few, many = shorter_first(left, right)
    return count_found(few, many) / len(few) if len(few) else 0.0


def shorter_first(left: Signature, right: Signature) -> tuple[Hashes, Hashes]:
    """The shingles of two texts, those of the shorter one first."""
    one, other = left.shingles, right.shingles
    return (one, other) if len(one) <= len(other) else (other, one)


def count_found(few: Hashes, many: Hashes) -> int:
    """How many of some distinct hashes stand among others, which are sorted."""
    if not len(few):
        return 0
    return int(np.count_nonzero(many.take(many.searchsorted(few), mode="clip") == few))


def _runs(words: Hashes) -> Hashes:
    """One hash for each run of three words, in order."""
    if 0 < len(words) < SHINGLE:
        words = np.concatenate([words, np.zeros(SHINGLE - len(words), np.uint64)])
    elif not len(words):
        return _NONE
    runs: Hashes = (words[:-2] * _ODD ^ words[1:-1]) * _FOLD
    runs += words[2:] * _ODD
    return runs
