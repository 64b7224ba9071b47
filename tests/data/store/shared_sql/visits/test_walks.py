"""What the store remembers of walks through listings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from data.models import Run
from data.store.core.store import Store

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def test_pagination_resumes_where_it_stopped_and_a_new_walk_starts_again(store: Store) -> None:
    assert store.walk("harbour", "http://harbour.example/") is None
    first = store.begin_walk("harbour", "http://harbour.example/", "rules", at=NOON)
    assert (first.number, first.first, first.history) == (1, True, "walking")
    ended = replace(first, pages=3, history="complete", first=False)
    store.keep_walk("harbour", ended)
    assert store.walk("harbour", "http://harbour.example/") == ended
    later = NOON + dt.timedelta(days=1)
    again = store.begin_walk("harbour", "http://harbour.example/", "rules", at=later)
    assert (again.number, again.pages, again.first) == (2, 0, False)
    assert again.begun == first.begun
    assert store.begin_walk("harbour", "http://harbour.example/feed", "rules", at=later).first


def test_the_first_visit_is_the_start_of_the_first_walk_or_the_first_run_with_releases(
    store: Store,
) -> None:
    later = NOON + dt.timedelta(days=1)
    assert store.first_visit("harbour") is None
    store.add_run(Run("harbour", NOON - dt.timedelta(days=1), 1.0))
    assert store.first_visit("harbour") is None
    store.add_run(Run("harbour", later, 1.0, found=3))
    assert store.first_visit("harbour") == later
    store.begin_walk("harbour", "http://harbour.example/", "rules", at=NOON)
    store.begin_walk("harbour", "http://harbour.example/feed", "rules", at=later)
    assert store.first_visit("harbour") == NOON
    assert store.first_visit("acme") is None


def test_releases_listed_earlier_in_a_walk_are_not_new_by_address_or_name(
    store: Store,
) -> None:
    assert store.list_items("harbour", "page", 1, {"a": "day a", "b": ""}).fresh == frozenset("ab")
    again = store.list_items("harbour", "page", 1, {"a2": "day a", "b": "", "c": ""})
    assert (again.fresh, again.news) == (frozenset("c"), frozenset("c"))
    later = store.list_items("harbour", "page", 2, {"a": "day a", "d": "day d"})
    assert (later.fresh, later.news) == (frozenset("ad"), frozenset("d"))
    assert store.list_items("harbour", "feed", 3, {"a": "day a"}).news == frozenset("a")
    found = store.listed_before("harbour", "page", {"x": "day d", "b": "", "y": "day y"})
    assert found == (frozenset("b"), frozenset("x"))


def test_listed_releases_wait_until_they_are_read_and_are_retried_less_and_less_often(
    store: Store,
) -> None:
    noon = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
    later = noon + dt.timedelta(hours=1)

    def awaited(now: dt.datetime, limit: int = 9) -> Sequence[str]:
        return store.awaited("harbour", now=now, since=now, limit=limit)

    store.await_items("harbour", {"old": "1", "older": "2"}, front=False)
    store.await_items("harbour", {"new": "3"}, front=True)
    assert awaited(noon, 2) == ("3", "1")
    assert awaited(noon, 2) == ("2",), "each once a visit"
    assert awaited(noon + dt.timedelta(minutes=10)) == ()
    assert awaited(later) == ("1", "2", "3")
    assert awaited(later + dt.timedelta(minutes=50)) == ()
    store.await_items("harbour", {"old": "1"}, front=True)
    assert awaited(later + dt.timedelta(minutes=50)) == ("1",)


def test_requests_of_an_interrupted_visit_are_due_at_once_and_count_as_untried(
    store: Store,
) -> None:
    store.await_items("harbour", {"old": "1", "older": "2"}, front=False)
    store.await_files("harbour", ["http://harbour.example/a.pdf"])
    later = NOON
    # More often than what gives no release is requested.
    for _ in range(12):
        later += dt.timedelta(minutes=1)
        assert store.awaited("harbour", now=later, since=later, limit=9) == ("1", "2")
        assert len(store.awaited_files("harbour", now=later, since=later, limit=9)) == 1
        assert store.awaited("harbour", now=later, since=later, limit=9) == ()
        store.return_items("harbour", since=later)
    next_one = later + dt.timedelta(minutes=1)
    assert store.awaited("harbour", now=next_one, since=next_one, limit=9) == ("1", "2")
    # Requests of an earlier visit, which was not interrupted, count.
    store.return_items("harbour", since=next_one + dt.timedelta(minutes=1))
    after = next_one + dt.timedelta(minutes=2)
    assert store.awaited("harbour", now=after, since=after, limit=9) == ()
