"""Numbers and names of things, as sentences tell them."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches


def counted(count: int, one: str, many: str = "") -> str:
    """A number with what it counts: ``1 story``, ``2 stories``; ``many`` is ``one`` and an s."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def meant(written: str, known: Sequence[str]) -> str:
    """The end of a sentence that says what somebody may have meant: ``; did you mean url?``.

    Empty where nothing known is like what was written.
    """
    close = get_close_matches(written.lower(), known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""
