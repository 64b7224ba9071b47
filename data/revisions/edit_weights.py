"""Compute the weight of an edit: how much its most important change matters to readers (0 to 1).

The weights are fitted to the judgement of readers who labelled pairs of versions
(benchmarks/edits.py): edits are sorted in the same order. A weight depends on the class and
position of the change, and on the changed words.
"""

import math
import re
from collections.abc import Collection
from typing import Final

from data.models import EditClass
from data.revisions.sentence_facts import Facts, changed_words

WEIGHTS: Final[dict[EditClass, float]] = {
    "correction": 0.73,
    "negation": 0.71,
    "attachment": 0.7,
    "sentence-removed": 0.55,
    "wording": 0.55,
    "title": 0.47,
    "date": 0.45,
    "figure": 0.4,
    "link": 0.38,
    "sentence-added": 0.33,
    "name": 0.17,
    "letters": 0.02,
}
"""Weight of a change at the end of the text, by class."""

BEGINNING_WEIGHTS: Final[dict[EditClass, float]] = {
    "figure": 0.3,
    "date": 0.27,
    "sentence-removed": 0.16,
    "negation": 0.19,
    "sentence-added": 0.15,
    "wording": 0.1,
    "name": 0.05,
}
"""Maximum additional weight of a change at the beginning of the text, by class."""

MAX_CHARACTERS: Final = 3000
"""Maximum length in characters of the part of a text in which the position of a change matters."""

MODALITY_WEIGHT: Final = 0.55
"""Weight of a change such as "may" instead of "must". It is smaller than the weight of a "not",
which reverses the meaning."""

CLOCK_WEIGHT: Final = 0.35
"""Weight of a change that affects only times, not days."""

OTHER_FORM_WEIGHT: Final = 0.1
"""Weight of a change of word forms or word order."""

INSERTED_WEIGHT: Final = 0.22
"""Weight of one inserted or deleted word."""
INSERTED_WORD_WEIGHT: Final = 0.07
"""Additional weight of each further inserted or deleted word, up to MAX_INSERTED_WORDS."""

MAX_INSERTED_WORDS: Final = 7

AMOUNT_WEIGHT: Final = 0.11
"""Additional weight of a figure in a sentence with a percentage or an amount of money."""

RATIO_WEIGHT: Final = 0.18
"""Additional weight of a figure that changes at least by a factor of ten."""

MAX_FIGURE: Final = 20
"""Maximum length in characters of a figure whose size is compared."""

NEW_FILE_WEIGHT: Final = 0.48
"""Weight of an additional file. Replacing or removing a file weighs more."""

TITLE_AND_TEXT_WEIGHT: Final = 0.93
"""Weight of an edited title if the text was also edited."""

CONTACT_SHARE: Final = 0.5
"""Factor for the weight of a change in a sentence with contact data or a file number."""

CONTACT: Final = re.compile(
    r"@|\bhttps?:|\bwww\.|(?<![\d.,:])0\d{2}|\+\d{2}[ \d]|\d{3}-\d{3}|[A-Z]{2}-\d{2,8}[-/]\d"
)
"""Pattern that matches parts of addresses, telephone numbers, and file numbers."""

AMOUNT: Final = re.compile(r"[%‰\u20a0-\u20cf$£¥€]")


def weight_of_sentence(
    classes: Collection[EditClass], old: Facts, new: Facts, earliness: float
) -> float:
    """Return the weight of an edited sentence.

    ``earliness`` is 1 for a sentence at the start of the text, and 0 at the end.
    """
    weights = {one: WEIGHTS[one] for one in classes}
    # Without any changed word of the lists, a prefix reversed the meaning of a word.
    if old.reversals == new.reversals and old.negations != new.negations:
        weights["negation"] = MODALITY_WEIGHT
    if "figure" in weights:
        weights["figure"] += RATIO_WEIGHT * _magnitudes(old, new)
        if any(AMOUNT.match(one) for one in old.figures | new.figures):
            weights["figure"] += AMOUNT_WEIGHT
    if "date" in weights:
        dates = {*(old.dates - new.dates), *(new.dates - old.dates)}
        if not any(one.isdecimal() or one.isalpha() for one in dates):
            weights["date"] = CLOCK_WEIGHT
    if "wording" in weights:
        counts = [*map(len, changed_words(old, new))]
        if not all(counts):
            further = min(max(counts), MAX_INSERTED_WORDS) - 1
            weights["wording"] = INSERTED_WEIGHT + INSERTED_WORD_WEIGHT * further
        if not any(counts):
            weights["wording"] = OTHER_FORM_WEIGHT
    return max(
        weight + BEGINNING_WEIGHTS.get(name, 0.0) * earliness for name, weight in weights.items()
    )


def _magnitudes(old: Facts, new: Facts) -> float:
    """Return the change of a figure in powers of ten, capped at 1."""
    gone, come = (
        [
            math.log10(float(one))
            for one in some
            if len(one) <= MAX_FIGURE and one.replace(".", "", 1).isdecimal() and float(one)
        ]
        for some in (old.figures - new.figures, new.figures - old.figures)
    )
    return max((min(1.0, abs(a - b)) for a, b in zip(gone, come, strict=False)), default=0.0)


def contact_share(sentence: str) -> float:
    """Return the factor for the weight of a change in a sentence (see CONTACT_SHARE)."""
    return CONTACT_SHARE if CONTACT.search(sentence) else 1.0


def earliness_of(text: str, sentence: str) -> float:
    """Return the position of a sentence in a text, from 1 at the beginning to 0 at the end."""
    length = min(MAX_CHARACTERS, len(text))
    start = text.find(sentence, 0, length + len(sentence))
    return 0.0 if start < 0 else 1 - start / max(1, length)
