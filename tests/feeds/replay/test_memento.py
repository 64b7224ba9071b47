"""Datetime negotiation follows RFC 7089, rule by rule."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.replay.memento import (
    BadDatetime,
    Memento,
    OriginalResource,
    asked_datetime,
    chosen,
    escaped,
    http_date,
    memento_headers,
    timegate,
    timemap,
)

START = dt.datetime(2022, 11, 24, 8, tzinfo=dt.UTC)
ORIGINAL = OriginalResource(
    "https://acme.example/a", "https://us.example/g", "https://us.example/t"
)
DAY = dt.timedelta(days=1)
MEMENTOS = [Memento(f"https://us.example/m/{n}", START + n * DAY) for n in (0, 1, 2)]


@given(st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)))  # noqa: DTZ001 - UTC is put to it
def test_a_date_is_read_as_it_is_written(at: dt.datetime) -> None:
    at = at.replace(microsecond=0, tzinfo=dt.UTC)
    assert asked_datetime(http_date(at).encode()) == at


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"2022-11-24T08:00:00Z",
        b"20221124080000",
        b"Thu, 24 Nov 2022 08:00:00 EST",
        b"Thu, 24 Nov 2022 08:00:00 +0000",
        b"Thursday, 24-Nov-22 08:00:00 GMT",
        b"Thu Nov 24 08:00:00 2022",
        b"Thu, 31 Feb 2022 08:00:00 GMT",
        b"Thu, 24 Nov 0000 08:00:00 GMT",
        b"Thu, 24 Nov 2022 25:00:00 GMT",
        b"Thu, 24 Nov 2022 08:00:00 GMT, Fri, 25 Nov 2022 08:00:00 GMT",
        "Thu, 2٤ Nov 2022 08:00:00 GMT".encode(),
        b"\xff\x00",
    ],
)
def test_a_date_not_in_rfc_1123_format_is_refused(value: bytes) -> None:
    with pytest.raises(BadDatetime, match="Thu, 24 Nov 2022 08:00:00 GMT"):
        asked_datetime(value)


@pytest.mark.parametrize(
    ("at", "place"),
    [
        (None, 2),
        (START - dt.timedelta(days=999), 0),
        (START, 0),
        (START + dt.timedelta(hours=23, minutes=59), 0),
        (START + dt.timedelta(days=1), 1),
        (START + dt.timedelta(days=999), 2),
    ],
    ids=["none", "before the first", "at the first", "after it", "at the second", "after the last"],
)
def test_the_memento_current_at_a_time_is_chosen(at: dt.datetime | None, place: int) -> None:
    assert chosen(MEMENTOS, at) == place


def test_a_memento_within_the_requested_second_counts() -> None:
    late = [MEMENTOS[0], Memento("b", START + dt.timedelta(seconds=5, microseconds=700_000))]
    assert chosen(late, START + dt.timedelta(seconds=5)) == 1
    assert chosen(late, START + dt.timedelta(seconds=4)) == 0


def test_a_timegate_redirects_varies_and_claims_no_time() -> None:
    headers = dict(timegate(ORIGINAL, MEMENTOS, http_date(MEMENTOS[1].at).encode()).headers)
    assert headers["location"] == "https://us.example/m/1"
    assert headers["vary"] == "accept-datetime"
    assert "memento-datetime" not in headers
    assert headers["link"] == (
        '<https://acme.example/a>; rel="original", '
        '<https://us.example/g>; rel="timegate", '
        '<https://us.example/t>; rel="timemap"; type="application/link-format", '
        '<https://us.example/m/0>; rel="first prev memento"; '
        'datetime="Thu, 24 Nov 2022 08:00:00 GMT", '
        '<https://us.example/m/1>; rel="memento"; datetime="Fri, 25 Nov 2022 08:00:00 GMT", '
        '<https://us.example/m/2>; rel="last next memento"; '
        'datetime="Sat, 26 Nov 2022 08:00:00 GMT"'
    )


def test_a_memento_states_its_time_and_does_not_vary() -> None:
    headers = dict(memento_headers(ORIGINAL, MEMENTOS, 2))
    assert headers["memento-datetime"] == "Sat, 26 Nov 2022 08:00:00 GMT"
    assert "vary" not in headers
    assert 'rel="original"' in headers["link"]
    assert '<https://us.example/m/2>; rel="last memento"' in headers["link"]
    only = dict(memento_headers(ORIGINAL, MEMENTOS[:1], 0))
    assert '<https://us.example/m/0>; rel="first last memento"' in only["link"]


def test_a_timemap_lists_every_memento_and_its_time_range() -> None:
    lines = timemap(ORIGINAL, MEMENTOS).body.decode().rstrip("\n").split(",\n")
    assert lines == [
        '<https://acme.example/a>; rel="original"',
        '<https://us.example/g>; rel="timegate"',
        (
            '<https://us.example/t>; rel="self"; type="application/link-format"; '
            'from="Thu, 24 Nov 2022 08:00:00 GMT"; until="Sat, 26 Nov 2022 08:00:00 GMT"'
        ),
        '<https://us.example/m/0>; rel="first memento"; datetime="Thu, 24 Nov 2022 08:00:00 GMT"',
        '<https://us.example/m/1>; rel="memento"; datetime="Fri, 25 Nov 2022 08:00:00 GMT"',
        '<https://us.example/m/2>; rel="last memento"; datetime="Sat, 26 Nov 2022 08:00:00 GMT"',
    ]


@given(st.text())
def test_no_address_can_break_a_header(text: str) -> None:
    made = escaped(text)
    assert made.isascii()
    assert not set(made) & set('<>" \r\n\t\\')
