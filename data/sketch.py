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

from data.words import Hashes, word_hashes

SHINGLE: Final = 3
"""Words in a shingle: short enough for one-paragraph notices."""

BANDS: Final = 6
ROWS: Final = 3
"""6 bands of 3 rows: of pairs with a Jaccard similarity of 0.7, 8 % share none, of 0.8, 1.4 %;
most of those share anchors."""

ANCHOR_WORDS: Final = 6
ANCHOR_ONE_IN: Final = 40
ANCHORED: Final = 1000
"""One run of six words in 40, of the first thousand, is an anchor: it is so wherever it stands, and
so leads from a release to the longer text that holds it."""

SAMPLE: Final = 48
"""Shingles by which two texts are compared before they are compared in full."""

MARK_BITS: Final = 48
"""Bits of a mark: so few that among a million texts strangers rarely share one by chance."""

SEED: Final = 20221124
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_FOLD: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_SHIFT: Final = np.uint64(29)
_TURN: Final = np.uint64(7)
_ANCHOR_LIMIT: Final = np.uint64((1 << 64) // ANCHOR_ONE_IN)
_UNMARKED: Final = np.uint64(64 - MARK_BITS)
_LANES: Final = np.arange(BANDS, dtype=np.uint64) * _ODD
_ANCHOR_LANE: Final = np.uint64(0xD6E8FEB86659FD93)
_NONE: Final = np.empty(0, np.uint64)


class Sketch:
    """A text, as far as it is compared. ``words`` are the hashes of its words, in order."""

    def __init__(self, words: Hashes) -> None:
        self.words = words
        self._triples = _runs(words)

    def forget_words(self) -> None:
        """Keep only what is compared: the rest is known of what is stored."""
        _ = self.shingles
        self.words = self._triples = _NONE

    @cached_property
    def shingles(self) -> Hashes:
        """The distinct shingles, sorted: hashes of all runs of three words.

        A shorter text is one shingle, an empty one none.
        """
        ordered = np.sort(self._triples)
        if not len(ordered):
            return ordered
        fresh = np.concatenate(([True], ordered[1:] != ordered[:-1]))
        distinct: Hashes = ordered[fresh]
        return distinct

    @cached_property
    def bands(self) -> list[int]:
        """Marks, one a band: texts that share one are candidates. Empty for an empty text.

        The number of the band is folded in.
        """
        if not len(self._triples):
            return []
        digest = RMinHash.digest_matrix_from_flat_token_hashes(
            self._triples, [0, len(self._triples)], BANDS * ROWS, SEED
        )
        rows = np.array(digest.to_rows()[0], np.uint64).reshape(BANDS, ROWS)
        folded = _LANES
        for row in range(ROWS):
            folded = (folded ^ rows[:, row]) * _FOLD
            folded ^= folded >> _SHIFT
        marks: list[int] = (folded >> _UNMARKED).tolist()
        return marks

    @cached_property
    def anchors(self) -> list[int]:
        """Marks of some runs of six words: the same ones wherever they stand."""
        triples = self._triples[:ANCHORED]
        if len(triples) <= SHINGLE:
            return []
        runs = (triples[:-SHINGLE] * _ODD) ^ triples[SHINGLE:]
        runs ^= runs >> _SHIFT
        runs *= _FOLD
        chosen = runs[runs < _ANCHOR_LIMIT]
        marks = (chosen ^ _ANCHOR_LANE) * _FOLD >> _UNMARKED
        return list(dict.fromkeys(marks.tolist()))

    @property
    def marks(self) -> list[int]:
        """All by which a text is found: its bands and its anchors."""
        return self.bands + self.anchors


def sketch(text: str) -> Sketch:
    """The sketch of a text."""
    return Sketch(word_hashes(text))


def jaccard(left: Sketch, right: Sketch) -> float:
    """Shared shingles over all shingles, 0 to 1; two empty texts have nothing in common."""
    shared = shared_shingles(left, right)
    either = len(left.shingles) + len(right.shingles) - shared
    return shared / either if either else 0.0


def containment(left: Sketch, right: Sketch) -> float:
    """The part of the shorter text's shingles that stand in the longer one as well, 0 to 1."""
    least = min(len(left.shingles), len(right.shingles))
    return shared_shingles(left, right) / least if least else 0.0


def shared_shingles(left: Sketch, right: Sketch) -> int:
    """How many shingles two texts have in common."""
    few, many = _shorter_first(left, right)
    return _found(few, many)


def sampled_containment(left: Sketch, right: Sketch) -> float:
    """`containment` as the least hashes of the shorter text tell it, for a fraction of the cost."""
    few, many = _shorter_first(left, right)
    few = few[:SAMPLE]
    return _found(few, many) / len(few) if len(few) else 0.0


def _shorter_first(left: Sketch, right: Sketch) -> tuple[Hashes, Hashes]:
    one, other = left.shingles, right.shingles
    return (one, other) if len(one) <= len(other) else (other, one)


def _found(few: Hashes, many: Hashes) -> int:
    if not len(few):
        return 0
    return int(np.count_nonzero(many.take(many.searchsorted(few), mode="clip") == few))


def _runs(words: Hashes) -> Hashes:
    """One hash for each run of three words, in order."""
    if 0 < len(words) < SHINGLE:
        words = np.concatenate([words, np.zeros(SHINGLE - len(words), np.uint64)])
    elif not len(words):
        return _NONE
    first = words[:-2] * _ODD
    second = (words[1:-1] ^ (first << _TURN)) * _FOLD
    mixed: Hashes = (second ^ (second >> _SHIFT)) + words[2:] * _ODD
    return mixed
