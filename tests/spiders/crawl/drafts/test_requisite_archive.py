"""How long archived requisites are fresh."""

from __future__ import annotations

import pytest

from spiders.crawl.drafts.requisite_archive import MAX_SECONDS, MIN_SECONDS, fresh_seconds

DAY = 86_400.0
DATE = "Mon, 02 Mar 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "checks", "seconds"),
    [
        ({}, 0, MIN_SECONDS),
        ({}, 3, 8 * DAY),
        ({}, 99, MAX_SECONDS),
        ({"Cache-Control": "no-store, max-age=999999"}, 0, MIN_SECONDS),
        ({"Cache-Control": "public, max-age=604800", "Age": "86400"}, 0, 6 * DAY),
        ({"Cache-Control": "max-age=31536000"}, 0, MAX_SECONDS),
        ({"Cache-Control": "max-age=60, immutable"}, 0, MAX_SECONDS),
        ({"Cache-Control": "max-age=x"}, 0, MIN_SECONDS),
        ({"Date": DATE, "Expires": "Thu, 05 Mar 2026 12:00:00 GMT"}, 0, 3 * DAY),
        ({"Date": DATE, "Expires": "0"}, 0, MIN_SECONDS),
        ({"Date": DATE, "Last-Modified": "Sat, 31 Jan 2026 12:00:00 GMT"}, 0, 3 * DAY),
    ],
)
def test_headers_count_between_a_minimum_that_doubles_and_a_maximum(
    headers: dict[str, str], checks: int, seconds: float
) -> None:
    assert fresh_seconds(lambda name: headers.get(name, ""), checks) == seconds
