"""To be said."""

from __future__ import annotations

import datetime as dt


def utc_now() -> dt.datetime:
    """The time, aware UTC."""
    return dt.datetime.now(dt.UTC)
