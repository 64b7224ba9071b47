"""Parse HTTP dates, and the header Retry-After (RFC 9110, 5.6.7 and 10.2.3)."""

import datetime as dt
from email.utils import parsedate_to_datetime
from typing import Final

MAX_RETRY_WAIT: Final = dt.timedelta(hours=24)
"""Maximum time for which a server can block requests with Retry-After."""


def parse_http_date(text: str) -> dt.datetime | None:
    """Return the time (aware UTC) in an HTTP date, or None if the date is invalid."""
    try:
        date = parsedate_to_datetime(text)
        # Dates in the formats of RFC 850 and asctime() are UTC too (RFC 9110, 5.6.7).
        return date.replace(tzinfo=dt.UTC) if date.tzinfo is None else date.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def asked_until(retry_after: str, now: dt.datetime) -> dt.datetime | None:
    """Return the end of the wait in a Retry-After header (RFC 9110, 10.2.3).

    The header contains seconds or an HTTP date. Returns None if it is invalid.
    """
    if retry_after.isascii() and retry_after.isdigit():
        # The first digits are enough to exceed the maximum.
        return now + min(dt.timedelta(seconds=int(retry_after[:9])), MAX_RETRY_WAIT)
    return parse_http_date(retry_after)
