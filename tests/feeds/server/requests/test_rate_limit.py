"""Each client may ask so often, whoever else asks, in bounded memory."""

from __future__ import annotations

import pytest
from starlette.types import Scope

from feeds.server.requests import work_queue
from feeds.server.requests.work_queue import NETWORK_FACTOR, RateLimit, rate_headers


def still() -> float:
    """A clock that stands still."""
    return 0.0


def asked_by(client: str, *forwarded: str) -> Scope:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    return {"client": (client, 1), "headers": headers}


def test_the_rate_limit_recovers_with_time() -> None:
    now = [0.0]
    limit = RateLimit(6, lambda: now[0])
    stranger = asked_by("203.0.113.9")
    assert [limit.wait(stranger) for _ in range(7)] == [0, 0, 0, 0, 0, 0, 10]
    now[0] = 9.0
    assert limit.wait(stranger) == 1
    now[0] = 10.0
    assert [limit.wait(stranger) for _ in range(2)] == [0, 10]
    now[0] = 10_000.0
    assert [limit.wait(stranger) for _ in range(7)].count(0) == 6


def test_responses_report_the_requests_that_are_left() -> None:
    limit = RateLimit(6, still)
    stranger = asked_by("203.0.113.9")
    limit.wait(stranger)
    limit.wait(stranger)
    assert rate_headers(stranger) == {
        "ratelimit-policy": '"requests";q=6;w=60',
        "ratelimit": '"requests";r=4;t=20',
    }
    assert rate_headers(asked_by("203.0.113.9")) == {}


def test_each_network_has_its_own_limit() -> None:
    limit = RateLimit(1, still)
    assert limit.wait(asked_by("203.0.113.9")) == 0
    assert limit.wait(asked_by("203.0.113.10")) == 0
    assert limit.wait(asked_by("2001:db8::1")) == 0
    # Whoever has one address of IPv6 has all of its half.
    assert limit.wait(asked_by("2001:db8::2")) > 0
    assert limit.wait(asked_by("2001:db8:0:1::2")) == 0


def test_the_networks_of_a_48_share_a_limit() -> None:
    limit = RateLimit(1, still)
    asked = [limit.wait(asked_by(f"2001:db8:5:{part}::1")) for part in range(20)]
    assert asked.count(0) == NETWORK_FACTOR
    assert limit.wait(asked_by("2001:db8:6::1")) == 0


def test_this_machine_has_ten_times_the_rate() -> None:
    limit = RateLimit(1, still)
    assert [limit.wait(asked_by("127.0.0.1")) for _ in range(11)].count(0) == 10


def test_behind_a_proxy_of_this_machine_each_client_counts() -> None:
    limit = RateLimit(1, still)
    assert limit.wait(asked_by("127.0.0.1", "203.0.113.9")) == 0
    # What comes before the last address anybody may write.
    assert limit.wait(asked_by("127.0.0.1", "10.1.2.3", "8.8.8.8, 203.0.113.9")) > 0
    assert limit.wait(asked_by("127.0.0.1", "203.0.113.10")) == 0
    # A stranger is believed nothing.
    assert limit.wait(asked_by("203.0.113.77", "1.2.3.4")) == 0
    assert limit.wait(asked_by("203.0.113.77", "1.2.3.5")) > 0


def test_a_rate_of_zero_means_no_limit() -> None:
    limit = RateLimit(0, still)
    assert not any(limit.wait(asked_by("203.0.113.9")) for _ in range(1000))


def test_the_longest_inactive_networks_are_dropped_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(work_queue, "MAX_NETWORKS", 2)
    limit = RateLimit(1, still)
    for client in ("203.0.113.1", "203.0.113.2", "203.0.113.3"):
        assert limit.wait(asked_by(client)) == 0
    assert limit.wait(asked_by("203.0.113.3")) > 0
    assert limit.wait(asked_by("203.0.113.1")) == 0
