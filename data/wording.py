"""Numbers of things, as sentences name them."""

from __future__ import annotations


def counted(count: int, one: str, many: str = "") -> str:
    """A number with what it counts: ``1 story``, ``2 stories``; ``many`` is ``one`` and an s."""
    return f"{count} {one if count == 1 else many or one + 's'}"
