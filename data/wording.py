"""Formatting of numbers and durations in messages, similar names, and reports of progress."""

import shlex
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Final, TypeAlias

UNITS: Final = ("kB", "MB", "GB", "TB")

UNITS_OF_TIME: Final = ((60, 60, "minute"), (3600, 24, "hour"))
"""For each unit of time: its length in seconds, how many make up the next unit, and its name."""

OnProgress: TypeAlias = Callable[[int, int], None]
"""Callback with the number of completed parts and the total number of parts."""

OnStepProgress: TypeAlias = Callable[[str, int, int], None]
"""Callback with the name of a step, its number of completed parts, and its number of parts."""


def N_(message: str) -> str:  # noqa: N802 - the name that gettext tools know
    """Mark a text for translation. Returns the text unchanged."""
    return message


def how_to_install(requirement: str) -> str:
    """Return the command that installs a package for this Python interpreter."""
    return f"{shlex.quote(sys.executable)} -m pip install '{requirement}'"


def counted(count: int, one: str, many: str = "") -> str:
    """Format a number with its noun: ``1 story``, ``2 stories``.

    ``many`` is the plural. By default, an s is appended to ``one``.
    """
    return f"{count} {one if count == 1 else many or one + 's'}"


def sized(size: int) -> str:
    """Format a number of bytes in units of 1000: ``999 bytes``, ``1.2 MB``."""
    if size < 1000:  # noqa: PLR2004 - the step from a unit to the next
        return counted(size, "byte")
    value, unit = float(size), 0
    while round(value) >= 1000 and unit < len(UNITS):  # noqa: PLR2004 - as above
        value, unit = value / 1000, unit + 1
    return f"{value:.{1 if value < 9.95 else 0}f} {UNITS[unit - 1]}"  # noqa: PLR2004 - two digits


def lasting(seconds: float) -> str:
    """Format a duration: ``less than a minute``, ``4 minutes``, ``2 hours``, ``3 days``."""
    if seconds < UNITS_OF_TIME[0][0]:
        return "less than a minute"
    for unit, most, name in UNITS_OF_TIME:
        if (count := round(seconds / unit)) < most:
            return counted(count, name)
    return counted(round(seconds / 86_400), "day")


def time_limit(seconds: float) -> str:
    """Format a time limit: ``0.5 seconds``, ``40 seconds``, ``90 seconds``, ``3 minutes``."""
    if seconds < 10 and seconds % 1:  # noqa: PLR2004 - the second digit matters
        return f"{seconds:g} seconds"
    if seconds < 120 or seconds % 60:  # noqa: PLR2004 - two minutes
        return counted(round(seconds), "second")
    return counted(round(seconds / 60), "minute")


def near_name(written: str, known: Sequence[str]) -> str:
    """Return the known name most similar to a written name, or an empty string."""
    return next(iter(get_close_matches(written.lower(), known, n=1, cutoff=0.6)), "")


def with_hint(message: str, hint: str) -> str:
    """Join a message and a hint, such as ``see `communique --help```, into one text.

    After a question, the hint is a separate sentence.
    """
    if message.endswith("?"):
        return f"{message} {hint[0].upper()}{hint[1:]}"
    return f"{message}; {hint}"


def meant(written: str, known: Sequence[str]) -> str:
    """Return the end of a sentence that suggests a similar name: ``; did you mean url?``.

    Returns an empty string if no known name is similar.
    """
    near = near_name(written, known)
    return f"; did you mean {near}?" if near else ""
