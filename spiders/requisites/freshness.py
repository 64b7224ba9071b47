"""Determine how long an archived requisite is fresh and does not have to be requested again.

HTTP caching rules (RFC 9111) decide, within a minimum and a maximum. Many servers forbid caching,
or allow only an hour, for files that change once a year. So each check that finds a file unchanged
doubles the minimum.
"""

import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Final

MIN_SECONDS: Final = 86_400.0
"""Minimum time until a requisite is requested again, in seconds."""

MAX_SECONDS: Final = 30 * 86_400.0
"""Maximum time until a requisite is requested again, in seconds, even if its server allows more."""

MAX_DOUBLINGS: Final = 5

HEURISTIC_SHARE: Final = 0.1
"""Share of a file's age (the time since its last modification) for which it is fresh without
caching rules (RFC 9111, section 4.2.2)."""

FAILED_SECONDS: Final = 3_600.0
"""Time after which a requisite that could not be fetched is requested again, in seconds."""

_MAX_AGE: Final = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_IMMUTABLE: Final = re.compile(r"(?:^|[,\s])immutable\b", re.IGNORECASE)
_UNCACHED: Final = re.compile(r"(?:^|[,\s])no-(?:cache|store)\b", re.IGNORECASE)


def fresh_seconds(header: Callable[[str], str], checks: int) -> float:
    """Return for how many seconds a response is fresh.

    ``header`` returns the value of a header, or an empty string. ``checks`` is the number of
    consecutive checks that found the file unchanged.
    """
    least = MIN_SECONDS * float(1 << min(checks, MAX_DOUBLINGS))
    return min(max(_permitted(header), least), MAX_SECONDS)


def _permitted(header: Callable[[str], str]) -> float:
    control = header("Cache-Control")
    if _IMMUTABLE.search(control):
        return MAX_SECONDS
    if _UNCACHED.search(control):
        return 0.0
    if found := _MAX_AGE.search(control):
        age = header("Age").strip()
        return float(found[1]) - (float(age) if age.isdecimal() and len(age) < 10 else 0.0)  # noqa: PLR2004
    date = _seconds(header("Date"))
    if expires := _seconds(header("Expires")):
        return expires - date if date else 0.0
    modified = _seconds(header("Last-Modified"))
    return (date - modified) * HEURISTIC_SHARE if date and modified else 0.0


def _seconds(value: str) -> float:
    """Return an HTTP date in seconds since 1970, or 0 if the text is not a date."""
    try:
        return parsedate_to_datetime(value).timestamp() if value else 0.0
    except (ValueError, OverflowError, OSError):
        return 0.0
