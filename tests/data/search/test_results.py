"""Matches page by page to the first, and exact counts of what they are."""

from __future__ import annotations

import datetime as dt
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.search import results as results_module
from data.search.query import Query
from data.store.core.store import Store
from data.store.shared_sql import search as search_module
from tests.drafts import draft, published

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)

DAYS = ("2024-12-31", "2025-01-01", "2025-01-02", "2025-03-04", "2025-03-04", "2026-01-05")
LANGUAGES = ("en", "en-GB", "de", "az", "en", "zz-unknown")


@pytest.fixture
def filled(store: Store) -> Store:
    """Six releases of two sources, and one without a day, that all speak of lamps."""
    for number, (day, language) in enumerate(zip(DAYS, LANGUAGES, strict=True)):
        source = ("harbour", "wire")[number % 2]
        one = draft(
            f"http://{source}.example/{number}",
            source=source,
            title=f"Lamps {number}",
            body_text=f"All about lamps, and the number {number}.",
            language=language,
            topics=("transport",) if number < 2 else (),
            published=published(day),
        )
        store.record(one, seen=NOON, since=NOON)
    store.update_search_index()
    return store


def names(store: Store, query: Query, *, limit: int = 2) -> list[str]:
    """The names of all matches, page after page."""
    found, cursor = [], None
    while True:
        hits = store.search_newest(query, limit=limit, cursor=cursor)
        assert len(hits.releases) <= limit
        found += [one.url.rpartition("/")[2] for one in hits.releases]
        cursor = hits.cursor
        if cursor is None:
            return found


def test_pages_lead_to_the_first_match_and_hold_each_once(filled: Store) -> None:
    newest_first = ["5", "4", "3", "2", "1", "0"]
    for limit in range(1, 8):
        assert names(filled, Query("lamps"), limit=limit) == newest_first
    assert names(filled, Query("lamps", since=dt.date(2025, 1, 1)), limit=3) == newest_first[:5]


def test_counts_are_those_of_all_matches(filled: Store) -> None:
    found = filled.count_matches(Query("lamps"))
    assert (found.total, found.more) == (6, False)
    assert found.sources == {"harbour": 3, "wire": 3}
    assert found.topics == {"transport": 2}
    assert found.languages == {"en": 3, "de": 1, "az": 1}
    assert found.periods == {
        "2024": 1,
        "2025": 4,
        "2026": 1,
        "2024-12": 1,
        "2025-01": 2,
        "2025-03": 2,
        "2026-01": 1,
    }
    assert found.states == {}
    assert filled.count_matches(Query("nowhere")).total == 0
    assert filled.count_matches(Query("")).total == 0


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query("lamps", language="en"), "410"),
        (Query("lamps", language="EN-gb"), "1"),
        (Query("lamps", language="de,az"), "32"),
        (Query("", language="en"), "410"),
        (Query("", "wire", since=dt.date(2025, 2, 1)), "53"),
        (Query("-4", topic="transport"), "10"),
        (Query("-lamps", "wire"), ""),
        (Query("-lamps -4"), ""),
        (Query("?", "wire"), ""),
        (Query("", since=dt.date(2025, 3, 1), until=dt.date(2025, 12, 31)), "43"),
        (Query("-4", until=dt.date(2025, 12, 31)), "3210"),
        (Query("lamps", since=dt.date(2026, 1, 1), until=dt.date(2025, 1, 1)), ""),
    ],
)
def test_filters_alone_and_with_words(filled: Store, query: Query, found: str) -> None:
    assert names(filled, query) == list(found)
    assert filled.count_matches(query).total == len(found)


def test_corrected_and_retracted_releases_are_found_by_state(filled: Store) -> None:
    text = "All about lamps, and the number 0. It was wrong in the year before."
    edited = draft(
        "http://harbour.example/0",
        title="Lamps 0",
        body_text=text,
        language="en",
        published=published(DAYS[0]),
    )
    assert filled.record(edited, seen=NOON + HOUR, since=NOON + HOUR).kind == "changed"
    gone = filled.search_newest(Query("lamps"), limit=1).releases[0]
    filled.retract(gone.id, at=NOON + HOUR)
    filled.update_search_index()
    assert filled.count_matches(Query("lamps")).states == {"corrected": 1, "retracted": 1}
    assert names(filled, Query("lamps", state="corrected")) == ["0"]
    assert names(filled, Query("", state="retracted,corrected")) == ["5", "0"]
    filled.mark_unchanged(gone.id, seen=NOON + 2 * HOUR)
    filled.update_search_index()
    assert filled.count_matches(Query("lamps")).states == {"corrected": 1}


def test_an_edited_release_is_counted_once_and_a_hidden_one_not_at_all(
    filled: Store,
) -> None:
    newest = filled.search_newest(Query("lamps"), limit=1).releases[0]
    filled.hide(newest.id, at=NOON, why="It is an advertisement.")
    assert names(filled, Query("lamps")) == ["4", "3", "2", "1", "0"]
    assert filled.count_matches(Query("lamps")).total == 5


def test_above_the_bound_the_newest_are_counted(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert results_module.MAX_COUNTED == 10_000
    for bound in count(3):
        monkeypatch.setattr(search_module, "MAX_COUNTED", bound)
        found = filled.count_matches(Query("lamps"))
        assert (found.total, found.more) == (min(bound, 6), bound < 6)
        assert sum(found.sources.values()) == found.total
        if not found.more:
            break
    assert found.total == 6


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(), st.text(), st.text(st.sampled_from("\"*-() :,%\x00'ab"), max_size=20))
def test_no_cursor_and_no_filter_is_a_wrong_one(
    filled: Store, cursor: int, text: str, syntax: str
) -> None:
    assert len(filled.search_newest(Query("lamps"), limit=2, cursor=cursor).releases) <= 2
    for query in (Query("lamps", text, syntax), Query(syntax, language=text, state=syntax)):
        assert (
            len(filled.search_newest(query, limit=2).releases) <= filled.count_matches(query).total
        )


def test_very_many_sources_are_queued_at_once(filled: Store) -> None:
    wanted = ",".join([*map(str, range(3000)), "wire"])
    assert names(filled, Query("lamps", wanted)) == ["5", "3", "1"]
