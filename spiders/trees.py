"""Boosted oblivious decision trees: a small model that numpy evaluates in a few steps.

In an oblivious tree all nodes of one level ask the same question, so that the answers, read as
binary digits, are the number of the leaf (Prokhorenkova et al., "CatBoost: unbiased boosting with
categorical features", 2018). The weights are data: see docs/decisions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Trees:
    """A model: ``features`` and ``borders`` are (levels, trees), ``leaves`` (trees, 2**levels)."""

    features: NDArray[np.int32]
    borders: Matrix
    leaves: Matrix
    bias: float

    def probabilities(self, rows: Matrix) -> Matrix:
        """The probability of each row, one per row of a (rows, features) matrix."""
        return np.asarray(1 / (1 + np.exp(-self.scores(rows))), dtype=np.float32)

    def scores(self, rows: Matrix) -> Matrix:
        """The sum of the leaves that each row falls into."""
        levels, trees = self.features.shape
        columns = np.ascontiguousarray(rows.T)
        asked = columns.take(self.features.ravel(), axis=0) > self.borders.reshape(-1, 1)
        answers = asked.reshape(levels, trees, len(rows))
        place = np.repeat(np.arange(trees) * self.leaves.shape[1], len(rows))
        leaf = place.reshape(trees, len(rows))
        for level in range(levels):
            leaf += np.multiply(answers[level], 1 << level, dtype=leaf.dtype)
        total = self.leaves.take(leaf).sum(axis=0) + self.bias
        return np.asarray(np.clip(total, -30, 30), dtype=np.float32)


@cache
def load_trees(name: str) -> Trees:
    """A model that ships with this package: ``models/NAME.npz``, plain arrays, nothing pickled."""
    with (files("spiders") / "models" / f"{name}.npz").open("rb") as stream:
        held = np.load(stream, allow_pickle=False)
        return Trees(
            held["features"].astype(np.int32),
            held["borders"].astype(np.float32),
            held["leaves"].astype(np.float32),
            float(held["bias"]),
        )
