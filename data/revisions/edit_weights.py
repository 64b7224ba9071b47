"""Compute the weight of an edit: how much its heaviest change matters to readers (0 to 1).

The weights are chosen so that edits are sorted as by readers who labelled pairs of versions
(benchmarks/edits.py).
"""

import re
from collections.abc import Collection
from typing import Final

from data.models import EditClass
from data.revisions.sentence_facts import Facts

WEIGHTS: Final[dict[EditClass, float]] = {
    "negation": 0.68,
    "correction": 0.65,
    "title": 0.65,
    "attachment": 0.6,
    "sentence-removed": 0.52,
    "date": 0.48,
    "figure": 0.42,
    "wording": 0.38,
    "link": 0.3,
    "sentence-added": 0.22,
    "name": 0.2,
    "letters": 0.02,
}
"""Weight of a change of one class after the beginning of the text."""

MODALITY_WEIGHT: Final = 0.38
"""Weight of a change such as "may" instead of "must". It is smaller than the weight of "not", which
reverses the meaning."""

MAX_LEAD_WEIGHT: Final = 0.15
"""Maximum additional weight of a change at the beginning of the text."""

MAX_LEAD_CHARACTERS: Final = 600
"""Maximum length in characters of the beginning of a text. In a short text, the beginning is the
first half."""

AMOUNT_WEIGHT: Final = 0.1
"""Additional weight of a figure in a sentence with a percentage or an amount of money."""

AMOUNT: Final = re.compile(r"[%‰\u20a0-\u20cf$£¥€]")

PLACED_CLASSES: Final = frozenset[EditClass](
    ["negation", "sentence-removed", "date", "figure", "wording", "sentence-added"]
)
"""Classes of changes that matter more at the beginning of the text."""


def weight_of_sentence(classes: Collection[EditClass], old: Facts, new: Facts) -> float:
    """Return the weight of an edited sentence, apart from its place in the text."""
    weights = {one: WEIGHTS[one] for one in classes}
    if "negation" in weights and old.reversals == new.reversals:
        weights["negation"] = MODALITY_WEIGHT
    if "figure" in weights and any(AMOUNT.match(one) for one in old.figures | new.figures):
        weights["figure"] += AMOUNT_WEIGHT
    return max(weights.values())


def lead_weight(text: str, sentence: str) -> float:
    """Return the additional weight of a sentence for its place in a text."""
    length = min(MAX_LEAD_CHARACTERS, len(text) // 2)
    start = text.find(sentence, 0, length + len(sentence))
    return 0.0 if start < 0 else MAX_LEAD_WEIGHT * (1 - start / max(1, length))
