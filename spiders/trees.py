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
        leaf = np.zeros((len(rows), self.features.shape[1]), dtype=np.int32)
        columns = np.ascontiguousarray(rows.T)
        for level in range(len(self.features)):
            asked = columns[self.features[level]] > self.borders[level][:, None]
            leaf += asked.T.astype(np.int32) << level
        trees = np.arange(leaf.shape[1])
        total = self.leaves[trees, leaf].sum(axis=1) + self.bias
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
