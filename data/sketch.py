"""What of a text is compared and looked up: its word triples, MinHash bands and anchors.

Methods: A. Broder, "On the resemblance and containment of documents" (1997), for MinHash and for
sampling by a modulus; banding as in Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets",
chapter 3.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

from data.words import tokens

Hashes: TypeAlias = NDArray[np.uint64]

SHINGLE: Final = 3
"""Words in a shingle: short enough for one-paragraph notices."""

BANDS: Final = 16
ROWS: Final = 4
"""16 bands of 4 rows: of pairs with a Jaccard similarity of 0.7, 1.2 % are missed, of 0.8, 0.02 %.
"""

ANCHOR_WORDS: Final = 6
ANCHOR_MASK: Final = np.uint64(31)
ANCHORED: Final = 1000
"""One run of six words in 32, of the first thousand, is an anchor: it is so wherever it stands, and
so leads from a release to the longer text that holds it."""

SEED: Final = 20221124
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_FOLD: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_SHIFT: Final = np.uint64(29)
_TURN: Final = np.uint64(7)
_LANES: Final = np.arange(BANDS, dtype=np.uint64) * _ODD
_ANCHOR_LANE: Final = np.uint64(0xD6E8FEB86659FD93)
_NONE: Final = np.empty(0, np.uint64)


class Sketch:
    """A text, as far as it is compared. ``words`` are its tokens (data.words)."""

    def __init__(self, words: list[bytes]) -> None:
        self.words = words
        hashes = np.array(RMinHash.hash_token_sets([words])[0], np.uint64) if words else _NONE
        self._triples = _runs(hashes)

    def forget_words(self) -> None:
        """Keep only what is compared, which is far smaller."""
        _ = self.shingles
        self.words = []
        self._triples = _NONE

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
    def bands(self) -> tuple[int, ...]:
        """Sixteen values of signed 64 bits: texts that share one are candidates.

        The number of the band is folded in. Empty for an empty text.
        """
        if not len(self._triples):
            return ()
        digest = RMinHash.digest_matrix_from_flat_token_hashes(
            self._triples, [0, len(self._triples)], BANDS * ROWS, SEED
        )
        rows = np.array(digest.to_rows()[0], np.uint64).reshape(BANDS, ROWS)
        folded = _LANES
        for row in range(ROWS):
            folded = (folded ^ rows[:, row]) * _FOLD
            folded ^= folded >> _SHIFT
        return tuple(folded.view(np.int64).tolist())

    @cached_property
    def anchors(self) -> tuple[int, ...]:
        """Hashes of some runs of six words, the same ones wherever they stand."""
        triples = self._triples[:ANCHORED]
        if len(triples) <= SHINGLE:
            return ()
        runs = (triples[:-SHINGLE] * _ODD) ^ triples[SHINGLE:]
        runs ^= runs >> _SHIFT
        runs *= _FOLD
        runs ^= runs >> _SHIFT
        chosen = runs[(runs & ANCHOR_MASK) == 0] ^ _ANCHOR_LANE
        return tuple(sorted(set(chosen.view(np.int64).tolist())))

    @property
    def marks(self) -> tuple[int, ...]:
        """All by which a text is found: its bands and its anchors."""
        return self.bands + self.anchors


def sketch(text: str) -> Sketch:
    """The sketch of a text."""
    return Sketch(tokens(text))


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
    few, many = sorted((left.shingles, right.shingles), key=len)
    if not len(few):
        return 0
    places = np.minimum(many.searchsorted(few), len(many) - 1)
    return int(np.count_nonzero(many[places] == few))


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
