"""What parts the text of a body, and what parts nothing at its ends."""

from __future__ import annotations

from typing import Final

BLOCKS: Final = frozenset(
    "p div section article main blockquote ul ol dl table thead tbody tfoot caption pre figure "  # noqa: SIM905 - words read better in a row
    "figcaption h1 h2 h3 h4 h5 h6 hr header footer address details summary center li tr dt "
    "dd".split()
)
LINES: Final = frozenset(["li", "tr", "dt", "dd"])
CELLS: Final = frozenset(["td", "th"])
SILENT: Final = frozenset(["figcaption"])
"""What is shown with the body but is not text of it."""
PARTINGS: Final = ("<br>", "<hr>")


def without_partings(html: str) -> str:
    """HTML without the white space, the line breaks and the rules at its ends."""
    low, high = 0, len(html)
    while low < high and (html[low].isspace() or html.startswith(PARTINGS, low, high)):
        low += 1 if html[low].isspace() else len(PARTINGS[0])
    while low < high and (html[high - 1].isspace() or html.endswith(PARTINGS, low, high)):
        high -= 1 if html[high - 1].isspace() else len(PARTINGS[0])
    return html[low:high]


def gap_of(name: str) -> str:
    """What parts the text of an element from the text around it."""
    if name in BLOCKS:
        return "\n" if name in LINES else "\n\n"
    return " " if name in CELLS else ""


LEVEL_OF: Final = {f"h{level}": level for level in range(1, 7)}
