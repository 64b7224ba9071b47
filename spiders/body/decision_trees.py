"""Boosted oblivious decision trees: a small model that numpy evaluates in a few steps.

In an oblivious tree, all nodes on a level test the same condition. The results of the tests, read
as binary digits, are the number of the leaf (Prokhorenkova et al., "CatBoost: unbiased boosting
with categorical features", 2018). docs/decisions describes the model files.
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
    """A model of decision trees. Each distinct condition is evaluated once per row.

    Condition ``i`` tests whether column ``features[i]`` is above ``borders[i]``. ``asked`` (levels,
    trees) contains the number of the condition at each level of each tree. ``leaves`` contains the
    values of all leaves, and ``begins`` (trees, 1) the position of each tree's first leaf.
    """

    features: NDArray[np.intp]
    borders: Matrix
    asked: NDArray[np.intp]
    leaves: Matrix
    begins: NDArray[np.intp]
    bias: float

    @classmethod
    def of(cls, features: NDArray[np.int16], borders: Matrix, leaves: Matrix, bias: float) -> Trees:
        """Create a model from the arrays in a model file.

        ``features`` and ``borders`` have the shape (levels, trees), ``leaves`` (trees, leaves per
        tree).
        """
        levels, trees = features.shape
        pairs = np.stack([features.ravel(), borders.ravel()], axis=1, dtype=np.float64)
        questions, asked = np.unique(pairs, axis=0, return_inverse=True)
        return cls(
            questions[:, 0].astype(np.intp),
            questions[:, 1:].astype(np.float32),
            asked.reshape(levels, trees).astype(np.intp),
            leaves.ravel().astype(np.float32),
            (np.arange(trees, dtype=np.intp) * leaves.shape[1]).reshape(-1, 1),
            bias,
        )

    def probabilities(self, columns: Matrix) -> Matrix:
        """Return the model's probability (0 to 1) for each row of a (features, rows) matrix."""
        answers = (columns.take(self.features, axis=0) > self.borders).view(np.uint8)
        # The results of the tests are binary digits, last condition first. Adding bytes is faster
        # than shifting.
        leaf = answers.take(self.asked[-1], axis=0)
        for asked in self.asked[-2::-1]:
            leaf += leaf
            leaf += answers.take(asked, axis=0)
        total = self.leaves.take(leaf + self.begins).sum(axis=0) + self.bias
        scores = np.asarray(np.minimum(np.maximum(total, -30), 30), dtype=np.float32)
        return np.asarray(1 / (1 + np.exp(-scores)), dtype=np.float32)


@cache
def load_trees(name: str) -> Trees:
    """Load a bundled model from ``models/NAME.npz``, which contains plain arrays only."""
    with (files("spiders.body") / "models" / f"{name}.npz").open("rb") as stream:
        held = np.load(stream, allow_pickle=False)
        return Trees.of(held["features"], held["borders"], held["leaves"], float(held["bias"]))
