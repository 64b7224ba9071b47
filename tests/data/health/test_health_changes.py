"""Which changes in the health of sources are noted, and whom they alert."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.health.codes import Verdict
from data.health.health_changes import is_to_be_confirmed, note_health_events
from data.models import Handling, HandlingKind
from data.store.core.store import Store
from data.store.sqlite.store import SqliteStore
from tests.examples import examples
from tests.visits import DAY, MINUTE, MONDAY, QUARTER, alerts, register, run, told, visit


def test_events_of_several_sources_are_stored_in_the_order_of_visits(
    store: Store,
) -> None:
    register(store, "acme", "harbour")
    for number in range(3):
        store.add_run(run("acme", MONDAY + (number + 5) * MINUTE, "x"))
        store.add_run(run("harbour", MONDAY + number * MINUTE, "x"))
    assert note_health_events(store, further=2, now=MONDAY) == 2
    assert [one.source for one in store.health_events(limit=9)] == ["harbour", "acme"]


def handle(store: Store, kind: HandlingKind, until: dt.datetime | None = None) -> None:
    register(store, "harbour")
    store.handle("harbour", Handling(kind, MONDAY, "it is being rebuilt", until))


def test_a_muted_source_is_in_the_feed_of_health_but_sends_no_alerts(
    store: Store,
) -> None:
    handle(store, "muted", until=MONDAY + DAY)
    visit(store, "xxx...", source="harbour")
    visit(store, "xxx", source="wire")
    assert alerts(store) == ["failing"]
    assert [state for _, state in told(store)] == ["failing", "ok", "failing"]


def test_a_mute_ends_by_itself(store: Store) -> None:
    handle(store, "muted", until=MONDAY)
    visit(store, "xxx")
    assert alerts(store) == ["failing"]


def test_an_acknowledged_source_sends_an_alert_when_it_works(store: Store) -> None:
    visit(store, "xxx")
    handle(store, "acknowledged")
    visit(store, "bbb", start=MONDAY + 3 * QUARTER)
    assert alerts(store) == ["failing"]
    assert store.handlings(MONDAY)
    visit(store, "...", start=MONDAY + 6 * QUARTER)
    assert alerts(store) == ["failing", "ok"]
    assert not store.handlings(MONDAY)


def test_a_failure_acknowledged_before_confirmation_sends_no_alert(
    store: Store,
) -> None:
    visit(store, "x")
    handle(store, "acknowledged")
    visit(store, "xx", start=MONDAY + QUARTER)
    assert (alerts(store), len(told(store))) == ([], 1)


def test_an_acknowledgement_of_an_unrecorded_failure_ends_too(store: Store) -> None:
    visit(store, "x")
    handle(store, "acknowledged")
    visit(store, "...", start=MONDAY + QUARTER)
    assert not store.handlings(MONDAY)


def test_a_paused_source_is_not_recorded(store: Store) -> None:
    handle(store, "paused")
    visit(store, "xxx")
    assert told(store) == []
    store.end_handling("harbour", "paused")
    visit(store, "x", start=MONDAY + 3 * QUARTER)
    assert told(store) == [(3, "failing")]


def test_an_unvisited_source_is_recorded_at_once_and_recovers_with_a_visit(
    tmp_path: Path,
) -> None:
    store = SqliteStore(tmp_path / "communique.db")
    lost = {"harbour": Verdict("source.missing", "its source file is not there any more")}
    visit(store, "...")

    def note(minutes: int, unvisited: Mapping[str, Verdict]) -> int:
        now = MONDAY + minutes * MINUTE
        return note_health_events(store, further=2, now=now, unvisited=unvisited)

    assert [note(60, lost), note(61, lost)] == [1, 0]
    assert store.last_health_events()["harbour"].code == "source.missing"
    assert note(62, {}) == 0, "its last visit was before"
    store.add_run(run("harbour", MONDAY + 70 * MINUTE, "."))
    assert note(71, {}) == 1
    assert store.last_health_events()["harbour"].well
    store.close()


def test_a_broken_file_of_a_source_that_was_never_visited_is_recorded(store: Store) -> None:
    broken = {"pier": Verdict("source.broken", "sources/pier.toml: name: a text is missing")}
    assert note_health_events(store, further=2, now=MONDAY, unvisited=broken) == 1
    assert note_health_events(store, further=2, now=MONDAY + MINUTE, unvisited=broken) == 0
    assert alerts(store) == ["failing"]
    visit(store, "...", source="pier", start=MONDAY + QUARTER)
    assert store.last_health_events()["pier"].well


@pytest.mark.parametrize("visits", ["...", "...x"])
def test_a_source_file_that_is_often_broken_and_repaired_ends_as_working(
    store: Store, visits: str
) -> None:
    broken = {"harbour": Verdict("source.broken", "sources/harbour.toml: name: no text")}
    for number in range(4):
        visit(store, visits, start=MONDAY + number * DAY / 12)
        now = MONDAY + (number + 0.5) * DAY / 12
        note_health_events(store, further=2, now=now, unvisited=broken)
        assert store.last_health_events()["harbour"].code == "source.broken"
    visit(store, "...", start=MONDAY + 4 * DAY / 12)
    assert store.last_health_events()["harbour"].well
    assert alerts(store)[-2:] == ["failing", "ok"]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("..x..x..", []),
        ("..xx....", []),
        ("..xxxxx", [(4, "failing")]),
        ("bbbbb", [(2, "blocked")]),
        ("xxx..x...", [(2, "failing"), (8, "ok")]),
        ("xbxbxb", [(2, "failing")]),
        ("xxxxbbb", [(2, "failing"), (6, "blocked")]),
        ("xxixx", [(3, "failing")]),
        ("..iiiii", []),
    ],
)
def test_a_change_is_recorded_when_two_more_visits_agree(
    store: Store, letters: str, expected: list[tuple[int, str]]
) -> None:
    visit(store, letters)
    assert told(store) == expected


def test_without_further_visits_the_first_one_counts(store: Store) -> None:
    visit(store, ".x.", further=0)
    assert told(store) == [(1, "failing"), (2, "ok")]


def test_a_source_that_fails_every_second_visit_is_recorded_once(store: Store) -> None:
    visit(store, ".x" * 24)
    assert told(store) == [(11, "failing")]
    (event,) = store.health_events(limit=9)
    assert event.reason.endswith("; 6 of its last 12 visits failed")


def test_an_alternating_source_is_recorded_at_most_twice_a_day(
    sqlite_store: SqliteStore,
) -> None:
    visit(sqlite_store, "xxxx...." * 30)
    assert told(sqlite_store) == [(2, "failing"), (6, "ok"), (10, "failing")]
    last = sqlite_store.health_events(limit=1)[0]
    assert "it alternates" in last.reason


def test_an_alternating_source_recovers_after_a_day(
    sqlite_store: SqliteStore,
) -> None:
    visit(sqlite_store, "xxxx...." * 3 + "." * 110)
    day = round(DAY / QUARTER)
    assert told(sqlite_store)[3:] == [(15 + day, "ok")]
    visit(sqlite_store, "xxx", start=MONDAY + 140 * QUARTER)
    assert told(sqlite_store)[4:] == [(142, "failing")]


def test_an_alternating_source_broken_for_a_day_recovers_at_once(
    sqlite_store: SqliteStore,
) -> None:
    visit(sqlite_store, "xxxx....xxxx" + "x" * 100 + "...")
    assert told(sqlite_store)[2:] == [(10, "failing"), (114, "ok")]


def test_an_alternating_source_that_finally_fails_remains_recorded(
    sqlite_store: SqliteStore,
) -> None:
    visit(sqlite_store, "xxxx...." * 5 + "x" * 110)
    assert told(sqlite_store)[-1] == (10, "failing")
    assert not sqlite_store.last_health_events()["harbour"].well


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("", False),
        ("...", False),
        ("..x", True),
        ("..xx", True),
        ("..xxx", False),
        ("..xxxx", False),
        ("..x.", False),
        ("xxx.", True),
        ("xxx..", True),
        ("xxx...", False),
        ("xxxb", False),
        (".xi", True),
        ("..i", False),
    ],
)
def test_quick_visits_follow_until_a_change_is_recorded(
    store: Store, letters: str, *, expected: bool
) -> None:
    visit(store, letters)
    source = store.sources()["harbour"]
    assert is_to_be_confirmed(store, source, further=2) is expected


def test_a_clock_that_was_a_day_ahead_hides_no_later_visit(store: Store) -> None:
    visit(store, "...")
    visit(store, "..", start=MONDAY + DAY)
    visit(store, "xxx", start=MONDAY + 4 * QUARTER)
    assert told(store) == [(6, "failing")]


def shown(store: Store) -> list[str]:
    """The conditions of the events of all sources."""
    return [one.condition for one in store.health_events(limit=99)]


def test_another_condition_of_a_failing_source_is_not_an_alternation(
    store: Store,
) -> None:
    visit(store, ".xbd.xd", further=0)
    assert shown(store) == ["failing", "blocked", "degraded", "ok", "failing", "degraded"]
    again = list(store.health_events(limit=99))[4]
    assert "it alternates" in again.reason
    assert alerts(store) == ["failing", "blocked", "ok", "ok", "failing"]


def test_alternating_conditions_send_one_alert_each_per_day(sqlite_store: SqliteStore) -> None:
    visit(sqlite_store, "xd" * 20, further=0)
    assert alerts(sqlite_store) == ["failing", "ok"]
    assert shown(sqlite_store)[-1] == "degraded"
    visit(sqlite_store, "x", start=MONDAY + 2 * DAY, further=0)
    assert alerts(sqlite_store) == ["failing", "ok", "failing"]


def test_an_alternating_source_with_new_conditions_is_recorded_twice_a_day(
    sqlite_store: SqliteStore,
) -> None:
    visit(sqlite_store, "xd.xd." * 9, further=0)
    assert shown(sqlite_store) == ["failing", "degraded", "ok", *["failing", "degraded"] * 17]
    assert alerts(sqlite_store) == ["failing", "ok", "ok", "failing"]


PLANS = st.lists(
    st.tuples(st.sampled_from("..xbid"), st.integers(1, 9)).map(lambda one: one[0] * one[1]),
    max_size=12,
).map("".join)


@pytest.mark.thorough
@examples(20)
@given(PLANS, st.sampled_from([4 * MINUTE, QUARTER, 8 * QUARTER]))
def test_a_source_is_recorded_as_stopped_at_most_twice_a_day_and_finally_as_it_is(
    letters: str, every: dt.timedelta
) -> None:
    with TemporaryDirectory() as folder, closing(SqliteStore(Path(folder) / "s.db")) as store:
        visit(store, letters, every=every)
        later = MONDAY + len(letters) * every
        for end, well in (("xxx", False), ("...", True)):
            later += 2 * DAY
            visit(store, end, start=later)
            assert store.last_health_events()["harbour"].well is well
        found = store.health_events(limit=99)
    pairs = zip([None, *found], found, strict=False)
    trouble = [one.at for before, one in pairs if not one.well and (before is None or before.well)]
    assert all(third - first >= DAY for first, third in zip(trouble, trouble[2:], strict=False))
    assert all(one.condition != other.condition for one, other in pairwise(found))
