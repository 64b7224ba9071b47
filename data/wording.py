"""Numbers and names of things, as sentences tell them."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final


def N_(message: str) -> str:  # noqa: N802 - as gettext knows it
    """A text that is translated where it is shown; it stays as it is here."""
    return message


def how_to_install(requirement: str) -> str:
    """The command that installs a package where this Python looks for it, whatever PATH says."""
    return f"{shlex.quote(sys.executable)} -m pip install '{requirement}'"


UNITS: Final = ("kB", "MB", "GB", "TB")


def counted(count: int, one: str, many: str = "") -> str:
    """A number with what it counts: ``1 story``, ``2 stories``; ``many`` is ``one`` and an s."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def sized(size: int) -> str:
    """A number of bytes as people read it, in units of 1000: ``999 bytes``, ``1.2 MB``."""
    if size < 1000:  # noqa: PLR2004 - the step from a unit to the next
        return counted(size, "byte")
    value, unit = float(size), 0
    while round(value) >= 1000 and unit < len(UNITS):  # noqa: PLR2004 - as above
        value, unit = value / 1000, unit + 1
    return f"{value:.{1 if value < 9.95 else 0}f} {UNITS[unit - 1]}"  # noqa: PLR2004 - two digits


UNITS_OF_TIME: Final = ((60, 60, "minute"), (3600, 24, "hour"))
"""The seconds of a unit, how many of it make the next one, and what it is called."""


def lasting(seconds: float) -> str:
    """A time as people tell it: ``less than a minute``, ``4 minutes``, ``2 hours``, ``3 days``."""
    if seconds < UNITS_OF_TIME[0][0]:
        return "less than a minute"
    for unit, most, name in UNITS_OF_TIME:
        if (count := round(seconds / unit)) < most:
            return counted(count, name)
    return counted(round(seconds / 86_400), "day")


def time_limit(seconds: float) -> str:
    """A limit as people write it: ``40 seconds``, ``90 seconds``, ``3 minutes``."""
    if seconds < 120 or seconds % 60:  # noqa: PLR2004 - two minutes
        return counted(round(seconds), "second")
    return counted(round(seconds / 60), "minute")


def meant(written: str, known: Sequence[str]) -> str:
    """The end of a sentence that says what somebody may have meant: ``; did you mean url?``.

    Empty where nothing known is like what was written.
    """
    close = get_close_matches(written.lower(), known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""
