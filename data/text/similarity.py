"""Similarity of texts: word triples, MinHash bands, and anchors (sampled word sequences).

Sources: A. Broder, "On the resemblance and containment of documents" (1997), for MinHash and
sampling by a modulus; Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3, for
banding.
"""

from functools import cached_property
from typing import Final

import numpy as np
from rensa import RMinHash

from data.text.words import Hashes, word_hashes

SHINGLE: Final = 3
"""Number of words per shingle (word sequence), small enough for notices of one paragraph."""

BANDS: Final = 6
ROWS: Final = 3
"""Number of MinHash rows in each of the 6 bands. Of pairs with a Jaccard similarity of 0.7, 8 %
have no band in common; at 0.8, 1.4 % have none. Most of these pairs have anchors in common."""

ANCHOR_ONE_IN: Final = 40
ANCHOR_RUNS: Final = 1000
"""Number of six-word sequences at the start of a text from which anchors are selected (one in 40).
The selection does not depend on the position, so a release and a longer text that contains it have
anchors in common."""

SAMPLE_SIZE: Final = 48
"""Number of shingles (those with the smallest hashes) that are compared before the full texts."""

MARK_BITS: Final = 48
"""Number of bits of an index key (``marks``). With so many bits, a million unrelated texts rarely
share a key."""

MINHASH_SEED: Final = 20221124
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_FOLD: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_ANCHOR_LIMIT: Final = np.uint64((1 << 64) // ANCHOR_ONE_IN)
_UNMARKED: Final = np.uint64(64 - MARK_BITS)
_ALL_BITS: Final = (1 << 64) - 1
_LANES: Final = [band * int(_ODD) & _ALL_BITS for band in range(BANDS)]
_FACTORS: Final = (0xC3EF0E92CA3F9B83, 0xA20BBFF51AF4BFDD, 0xA55358F02C31EFE3)
_NO_HASHES: Final = np.empty(0, np.uint64)


class TextSignature:
    """Hashes of a text for comparisons. ``words`` are the hashes of its words, in order."""

    def __init__(self, words: Hashes) -> None:
        self.words = words
        self._triples = _runs(words)

    def forget_words(self) -> None:
        """Drop the word hashes to save memory. Comparisons with stored texts do not need them."""
        self.words = _NO_HASHES

    @cached_property
    def shingles(self) -> Hashes:
        """Sorted, distinct hashes of all sequences of three words.

        A text with fewer words has one hash, an empty text none.
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
        """Return the index keys from MinHash, one per band.

        Texts with a common key are candidates for comparison. An empty text has no keys. Each band
        has its own multilinear hash of its rows (D. Lemire and O. Kaser, "Strongly universal string
        hashing is fast", 2014).
        """
        if not len(self._triples):
            return []
        digest = RMinHash.digest_matrix_from_flat_token_hashes(
            self._triples, [0, len(self._triples)], BANDS * ROWS, MINHASH_SEED
        )
        (rows,) = digest.to_rows()
        first, second, third = _FACTORS
        return [
            (lane + first * a + second * b + third * c & _ALL_BITS) >> 64 - MARK_BITS
            for lane, a, b, c in zip(_LANES, rows[::3], rows[1::3], rows[2::3], strict=True)
        ]

    @cached_property
    def anchors(self) -> list[int]:
        """Return the index keys of selected six-word sequences, wherever they are in the text."""
        triples = self._triples[:ANCHOR_RUNS]
        if len(triples) <= SHINGLE:
            return []
        runs = (triples[:-SHINGLE] * _ODD ^ triples[SHINGLE:]) * _FOLD
        chosen = runs[runs < _ANCHOR_LIMIT]
        marks: list[int] = (chosen * _ODD >> _UNMARKED).tolist()
        return list(dict.fromkeys(marks))

    @property
    def marks(self) -> list[int]:
        """Return all index keys with which the text can be found: its bands and its anchors."""
        return self.bands + self.anchors


def signature(text: str) -> TextSignature:
    """Return the hashes of a text that are needed for comparisons."""
    return TextSignature(word_hashes(text))


def jaccard(left: TextSignature, right: TextSignature) -> float:
    """Return the Jaccard similarity of two texts, or 0 if both are empty.

    The similarity is the number of shared shingles divided by the number of all shingles.
    """
    few, many = shorter_first(left, right)
    shared = count_found(few, many)
    either = len(few) + len(many) - shared
    return shared / either if either else 0.0


def containment(left: TextSignature, right: TextSignature) -> float:
    """Return the share of the shorter text's shingles that the longer text has (0 to 1)."""
    few, many = shorter_first(left, right)
    return count_found(few, many) / len(few) if len(few) else 0.0


def shorter_first(left: TextSignature, right: TextSignature) -> tuple[Hashes, Hashes]:
    """Return the shingles of two texts, starting with the text that has fewer shingles."""
    one, other = left.shingles, right.shingles
    return (one, other) if len(one) <= len(other) else (other, one)


def count_found(few: Hashes, many: Hashes) -> int:
    """Count the hashes in ``few`` that are also in ``many``.

    The hashes in each are distinct, and ``many`` is sorted.
    """
    if not len(few):
        return 0
    return int(np.count_nonzero(many.take(many.searchsorted(few), mode="clip") == few))


def _runs(words: Hashes) -> Hashes:
    """Return one hash per sequence of three words, in order."""
    if 0 < len(words) < SHINGLE:
        words = np.concatenate([words, np.zeros(SHINGLE - len(words), np.uint64)])
    elif not len(words):
        return _NO_HASHES
    runs: Hashes = (words[:-2] * _ODD ^ words[1:-1]) * _FOLD
    runs += words[2:] * _ODD
    return runs
