"""The latency of a source is computed from stored times, and only from news."""

from __future__ import annotations

import datetime as dt

from data.health.latency import MIN_RELEASES, Latency, as_published, latencies, latency_line
from data.models import AlertDelivery, Published, ReleaseTimes
from data.store.core.store import Store
from data.store.shared_sql.events import PUBLISHING
from tests.drafts import draft

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def stated(at: dt.datetime, precision: str = "second") -> Published:
    return Published(at, precision, "UTC", at.isoformat(), "test")  # type: ignore[arg-type]  # one of them


def record(store: Store, number: int, at: Published | None, seen: dt.datetime) -> str:
    """The id of a release that was seen at a time."""
    made = draft(
        f"http://harbour.example/{number}",
        title=f"Notice {number}",
        body_text=f"Pier {number} opens for {number * 7} ships of the eastern ports.",
        published=at,
    )
    return store.record(made, seen=seen, since=seen).release.id


def test_each_stage_has_a_median_and_a_ninth_decile() -> None:
    times = [ReleaseTimes(0.0, 60.0 * n, 60.0 * n + 10, None) for n in range(1, 12)]
    found = latencies(times)
    assert found == {"seen": Latency(360.0, 600.0, 11), "in_feed": Latency(10.0, 10.0, 11)}
    assert latency_line(found) == (
        "In the median, releases are found 6 minutes after the time that they state (nine of ten"
        " within 10 minutes) and in the feeds less than a minute after they were found (nine of ten"
        " within less than a minute)."
    )


def test_a_page_is_the_same_during_and_after_its_publication() -> None:
    def batch(number: int, *, fed: bool = True) -> list[ReleaseTimes]:
        at = number * 1000.0
        return [ReleaseTimes(at, at + 60, at + 90 if fed else None, at + 99)] * 5

    within = latencies(as_published([*batch(3, fed=False), *batch(2), *batch(1)]))
    after = latencies(as_published([*batch(3), *batch(2), *batch(1)]))
    assert within == after == {"seen": Latency(60, 60, 15), "in_feed": Latency(30, 30, 10)}
    assert latencies(as_published(batch(1))) == {"seen": Latency(60, 60, 5)}
    assert as_published([]) == []


def test_unknown_and_impossible_times_are_left_out() -> None:
    unknown = [ReleaseTimes(None, 60.0)] * 50
    ahead = [ReleaseTimes(3660.0, 60.0)] * 50
    few = [ReleaseTimes(0.0, 60.0)] * (MIN_RELEASES - 1)
    assert latencies([*unknown, *ahead, *few]) == {}
    assert latency_line({}) == ""
    assert latencies([*unknown, *ahead, *few, ReleaseTimes(0.0, 60.0)]).keys() == {"seen"}


def test_the_store_records_when_releases_were_published_and_sent(store: Store) -> None:
    first = record(store, 1, stated(NOON), NOON + 4 * MINUTE)
    record(store, 2, stated(NOON, "day"), NOON + 5 * MINUTE)
    seen = (NOON + 4 * MINUTE).timestamp()
    assert store.release_times("harbour", limit=9) == (
        ReleaseTimes(None, (NOON + 5 * MINUTE).timestamp()),
        ReleaseTimes(NOON.timestamp(), seen),
    )
    last = store.last_event(PUBLISHING)
    # What came while feeds were written is in none of them.
    record(store, 3, stated(NOON), NOON + 6 * MINUTE)
    store.pass_publication(last, NOON + 7 * MINUTE)
    assert [one.in_feed is None for one in store.release_times("harbour", limit=9)] == [
        True,
        False,
        False,
    ]
    store.pass_publication(store.last_event(PUBLISHING), NOON + 9 * MINUTE)
    fed = [one.in_feed for one in store.release_times("harbour", limit=9)]
    assert fed == [(NOON + minutes * MINUTE).timestamp() for minutes in (9, 7, 7)]
    deliveries = [
        AlertDelivery("a", "ships", "webhook", b"{}", 1.0, release=first),
        AlertDelivery("b", "digest", "mail", b"{}", 1.0),
    ]
    store.settle_events(0, deliveries)
    for watch, output, minutes in (("ships", "webhook", 8), ("digest", "mail", 30)):
        message = store.next_message(watch, output, 2.0, most=9)
        assert message is not None
        store.mark_message_delivered(message.key, (NOON + minutes * MINUTE).timestamp())
    told = [one.alerted for one in store.release_times("harbour", limit=9)]
    assert told == [None, None, (NOON + 8 * MINUTE).timestamp()]


def test_backfill_and_late_finds_are_not_new(store: Store) -> None:
    walked = draft("http://harbour.example/1", position=3, published=stated(NOON))
    store.record(walked, seen=NOON, since=NOON)
    record(store, 2, stated(NOON - dt.timedelta(days=40)), NOON)
    assert store.release_times("harbour", limit=9) == ()
    # An edit of it is no news either.
    edited = draft("http://harbour.example/1", body_text="Pier 9 stays shut.", published=None)
    store.record(edited, seen=NOON + MINUTE, since=NOON + MINUTE)
    assert store.release_times("harbour", limit=9) == ()


def test_latencies_are_counted_in_buckets(store: Store) -> None:
    for number, minutes in enumerate((1, 2, 10, 10, 300)):
        record(store, number, stated(NOON), NOON + minutes * MINUTE)
    record(store, 9, stated(NOON + MINUTE), NOON)
    counts = store.latency_counts("seen", [60.0, 600.0])
    assert counts == {"harbour": ([1, 3, 1], (1 + 2 + 10 + 10 + 300) * 60.0)}
    assert store.latency_counts("in_feed", [60.0]) == {}
