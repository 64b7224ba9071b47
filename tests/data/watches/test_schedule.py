"""When a watch tells: at once, in digests, after its quiet hours, in its own zone."""

from __future__ import annotations

import datetime as dt

import pytest

from data.watches.schedule import send_time
from data.watches.watch_file import Watch


def told(at: str, **keys: str) -> str:
    """When a watch in Vienna tells what is known at an instant, as an instant."""
    now = dt.datetime.fromisoformat(at).timestamp()
    said = send_time(Watch("A", timezone="Europe/Vienna", **keys), now)  # type: ignore[arg-type]
    return dt.datetime.fromtimestamp(said, dt.UTC).isoformat(timespec="minutes")[:16]


def test_alerts_are_sent_at_once_by_default() -> None:
    assert told("2026-03-02T09:00Z") == "2026-03-02T09:00"


@pytest.mark.parametrize(
    ("at", "digest", "expected"),
    [
        # Vienna is an hour before UTC in winter, two in summer.
        ("2026-03-02T06:59Z", "daily 08:00", "2026-03-02T07:00"),
        ("2026-03-02T07:00Z", "daily 08:00", "2026-03-03T07:00"),
        ("2026-03-02T23:30Z", "daily 00:15", "2026-03-03T23:15"),
        # 2 March 2026 is a Monday.
        ("2026-03-02T06:00Z", "monday 08:00", "2026-03-02T07:00"),
        ("2026-03-02T07:30Z", "monday 08:00", "2026-03-09T07:00"),
        ("2026-03-02T07:30Z", "sunday 20:00", "2026-03-08T19:00"),
        # Clocks are set forward on 29 March: there is no 02:30, and back on 25 October: two.
        ("2026-03-28T12:00Z", "daily 02:30", "2026-03-29T01:30"),
        ("2026-03-29T12:00Z", "daily 08:00", "2026-03-30T06:00"),
        ("2026-10-24T12:00Z", "daily 02:30", "2026-10-25T00:30"),
        ("2026-10-25T00:45Z", "daily 02:30", "2026-10-26T01:30"),
    ],
)
def test_a_digest_is_sent_at_its_time_of_day(at: str, digest: str, expected: str) -> None:
    assert told(at, digest=digest) == expected


@pytest.mark.parametrize(
    ("at", "quiet", "expected"),
    [
        ("2026-03-02T20:59Z", "22:00-07:00", "2026-03-02T20:59"),
        ("2026-03-02T21:00Z", "22:00-07:00", "2026-03-03T06:00"),
        ("2026-03-03T05:59Z", "22:00-07:00", "2026-03-03T06:00"),
        ("2026-03-03T06:00Z", "22:00-07:00", "2026-03-03T06:00"),
        ("2026-03-03T11:30Z", "12:00-13:00", "2026-03-03T12:00"),
        ("2026-03-03T12:00Z", "12:00-13:00", "2026-03-03T12:00"),
        ("2026-03-28T22:30Z", "22:00-07:00", "2026-03-29T05:00"),
    ],
)
def test_quiet_hours_delay_alerts_until_they_end(at: str, quiet: str, expected: str) -> None:
    assert told(at, quiet=quiet) == expected


def test_a_digest_in_quiet_hours_is_sent_at_their_end() -> None:
    keys = {"digest": "daily 06:00", "quiet": "22:00-07:00"}
    assert told("2026-03-02T12:00Z", **keys) == "2026-03-03T06:00"
