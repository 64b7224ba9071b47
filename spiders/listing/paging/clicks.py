"""Choose the control that a browser clicks to load more rows of a listing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from data.text.folding import fold_date
from spiders.listing.paging.label_words import pager_labels

MAX_SAME_LABELS: Final = 2
"""Maximum number of controls with the same label. Controls with more frequent labels belong to
rows, such as *more*."""

_EDGES = re.compile(r"^[\s\W]+|[\s\W]+$")
_MORE_NAMES = re.compile(
    r"(?:load|show|view)[_-]?more|more[_-]?(?:news|posts|items)", re.IGNORECASE
)


def control_to_click(controls: Sequence[Sequence[str]]) -> int | None:
    """Return the index of the control that loads more rows, or None.

    Each control is a pair: its label, and its class and id. A "more" control is preferred to a
    "next" control.
    """
    labels = [fold_date(_EDGES.sub("", label)) for label, _ in controls]
    counts = Counter(labels)
    following: int | None = None
    for place, label in enumerate(labels):
        if counts[label] > MAX_SAME_LABELS:
            continue
        if label in pager_labels().more or _MORE_NAMES.search(controls[place][1]):
            return place
        if following is None and label in pager_labels().onward:
            following = place
    return following
