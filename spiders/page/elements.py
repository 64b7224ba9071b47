"""Elements of a page that are known by their names: headings, captions, partings."""

from __future__ import annotations

from typing import Final

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


LEVEL_OF: Final = {f"h{level}": level for level in range(1, 7)}
