"""How long an answer asks to wait."""

from __future__ import annotations

import datetime as dt

import pytest

from data.models import Wait
from spiders.download.retry_after import wait_of

MINUTE = dt.timedelta(minutes=1)


@pytest.mark.parametrize("status", [429, 503])
def test_seconds_and_dates_of_all_forms_are_read(status: int, noon: dt.datetime) -> None:
    noon = noon.replace(year=2026, month=11, day=26, hour=12, minute=0, second=0, microsecond=0)
    for header in (
        "120",
        " 120 ",
        "Thu, 26 Nov 2026 12:02:00 GMT",
        "Thursday, 26-Nov-26 12:02:00 GMT",
        "Thu Nov 26 12:02:00 2026",
    ):
        assert wait_of(status, header, noon) == Wait(noon + 2 * MINUTE, status), header


def test_no_host_keeps_us_away_for_more_than_a_day(noon: dt.datetime) -> None:
    for header in ("86401", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"):
        assert wait_of(503, header, noon) == Wait(noon + dt.timedelta(hours=24), 503)


@pytest.mark.parametrize("header", [None, "", "soon", "-5", "1.5", "٣", "Thu, 99 Nov 2026"])
def test_an_invalid_retry_after_is_ignored_except_with_429(
    header: str | None, noon: dt.datetime
) -> None:
    assert wait_of(503, header, noon) is None
    assert wait_of(429, header, noon) == Wait(noon + 5 * MINUTE, 429, requested=False)


def test_past_times_and_other_statuses_delay_nothing(noon: dt.datetime) -> None:
    assert wait_of(503, "0", noon) is None
    assert wait_of(429, "Thu, 26 Nov 2015 12:00:00 GMT", noon) is None
    assert wait_of(200, "120", noon) is None
    assert wait_of(500, "120", noon) is None
