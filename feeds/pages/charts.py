"""Small charts as inline SVG: drawn here, read aloud as a sentence, coloured by the style sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

STEP, GAP, HEIGHT, FOOT = 12, 3, 48, 14
"""Width of a bar with the gap beside it, that gap, height of the highest bar, and of the labels."""

LEAST: Final = 1
"""Height of a bar of nothing: it shows that the place was counted."""


def bar_chart(bars: Sequence[tuple[str, int]], said: str, marks: Sequence[str] = ()) -> Markup:
    """Bars side by side, each named by its label; ``said`` tells all of it in a sentence.

    ``marks`` stand below the bars, each at its place or empty.
    """
    width = max(len(bars) * STEP - GAP, 1)
    highest = max((count for _, count in bars), default=0) or 1
    drawn = []
    for place, (label, count) in enumerate(bars):
        height = max(round(HEIGHT * count / highest), LEAST)
        drawn.append(
            Markup('<rect x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
                place * STEP, HEIGHT - height, STEP - GAP, height, f"{label}: {count}"
            )
        )
    for place, mark in enumerate(marks):
        if mark:
            middle = place * STEP + (STEP - GAP) / 2
            drawn.append(
                Markup('<text x="{:g}" y="{}">{}</text>').format(middle, HEIGHT + FOOT - 3, mark)
            )
    height = HEIGHT + (FOOT if any(marks) else 0)
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">'
        "{}</svg>"
    ).format(width, height, width, height, said, Markup("").join(drawn))
