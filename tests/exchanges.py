"""Answers of servers for tests, as a crawl hands them to the archive."""

from __future__ import annotations

import datetime as dt
from typing import Any

from data.models.capture import Exchange

NOON = dt.datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=dt.UTC)
PAGE = b"<!doctype html><title>Signal station</title><p>The Harbour Board opened it on Monday."


def answer(url: str = "http://harbour.example/news/1", **changes: Any) -> Exchange:
    """The answer to a request for a page."""
    told: dict[str, Any] = {
        "url": url,
        "at": NOON,
        "status": 200,
        "reason": "OK",
        "headers": ((b"Content-Type", b"text/html; charset=utf-8"), (b"ETag", b'"5f3e"')),
        "body": PAGE,
        "request_headers": ((b"User-Agent", b"Communique/0.1"), (b"Accept", b"*/*")),
        "ip": "203.0.113.7",
    }
    return Exchange(**{**told, **changes})


def not_modified(url: str = "http://harbour.example/news/1", **changes: Any) -> Exchange:
    """The answer that a page is what it was."""
    return answer(url, **{"status": 304, "reason": "Not Modified", "body": b"", **changes})
