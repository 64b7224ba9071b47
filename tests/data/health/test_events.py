"""Which changes in the health of sources are told, when, and how often."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import pytest

from data.health.codes import Verdict
from data.health.events import note_health_events
from data.health.evidence import is_to_be_confirmed
from data.models import Handling, HandlingKind, Run, RunError, Source
from data.store.sqlite.store import SqliteStore

MONDAY = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
QUARTER = dt.timedelta(minutes=15)
MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)

KINDS = {
    "x": ("http:500", "the server answered 500"),
    "b": ("http:403", "the server answered 403"),
    "n": ("dns", "its host name leads nowhere"),
    "i": ("interrupted", "the visit was stopped before its end"),
}
"""What a visit came to, by a letter; a dot is one that went well."""


def run(source: str, at: dt.datetime, letter: str) -> Run:
    if letter == ".":
        return Run(source, at, 1.0, pages=1, found=1, unchanged=1)
    kind, message = KINDS[letter]
    error = RunError(f"http://{source}.example/", kind, message)
    return Run(source, at, 1.0, errors=(error,))


def register(store: SqliteStore, *names: str) -> None:
    for name in names:
        store.register(Source(name, name.title(), f"http://{name}.example/"))


def visit(
    store: SqliteStore,
    letters: str,
    *,
    source: str = "harbour",
    start: dt.datetime = MONDAY,
    every: dt.timedelta = QUARTER,
    further: int = 2,
) -> None:
    """Visits one after the other, after each of which health is noted."""
    register(store, source)
    for number, letter in enumerate(letters):
        store.add_run(run(source, start + number * every, letter))
        note_health_events(store, further=further, now=MONDAY)


def told(store: SqliteStore) -> list[tuple[int, str]]:
    """What was told: after which visit of every quarter of an hour, and of which state."""
    events = store.health_events(limit=99)
    return [(round((one.at - MONDAY) / QUARTER), one.state) for one in events]


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
def test_a_change_is_told_when_two_further_visits_agree(
    store: SqliteStore, letters: str, expected: list[tuple[int, str]]
) -> None:
    visit(store, letters)
    assert told(store) == expected


def test_without_further_visits_the_first_one_tells(store: SqliteStore) -> None:
    visit(store, ".x.", further=0)
    assert told(store) == [(1, "failing"), (2, "ok")]


def test_a_source_of_which_each_second_visit_fails_is_told_once(store: SqliteStore) -> None:
    visit(store, ".x" * 24)
    assert told(store) == [(11, "failing")]
    (event,) = store.health_events(limit=9)
    assert event.reason.endswith("; 6 of its last 12 visits failed")


def test_a_source_that_stops_and_works_by_turns_is_told_twice_a_day_at_the_most(
    store: SqliteStore,
) -> None:
    visit(store, "xxxx...." * 30)
    assert told(store) == [(2, "failing"), (6, "ok"), (10, "failing")]
    last = store.health_events(limit=1)[0]
    assert "it alternates" in last.reason


def test_one_that_alternated_works_again_when_it_has_for_a_day(store: SqliteStore) -> None:
    visit(store, "xxxx...." * 3 + "." * 110)
    day = round(DAY / QUARTER)
    assert told(store)[3:] == [(19 + day, "ok")]
    visit(store, "xxx", start=MONDAY + 140 * QUARTER)
    assert told(store)[4:] == [(142, "failing")]


def test_one_that_stops_for_good_after_it_alternated_stays_told(store: SqliteStore) -> None:
    visit(store, "xxxx...." * 5 + "x" * 110)
    assert told(store)[-1] == (10, "failing")
    assert not store.last_health_events()["harbour"].well


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
def test_quick_visits_follow_until_a_change_is_told(
    store: SqliteStore, letters: str, *, expected: bool
) -> None:
    visit(store, letters)
    source = store.sources()["harbour"]
    assert is_to_be_confirmed(store, source, further=2) is expected


def test_a_clock_that_was_a_day_ahead_hides_no_later_visit(store: SqliteStore) -> None:
    visit(store, "...")
    visit(store, "..", start=MONDAY + DAY)
    visit(store, "xxx", start=MONDAY + 4 * QUARTER)
    assert told(store) == [(6, "failing")]


HOSTS = ("acme", "harbour", "port", "wire")


def round_of(
    store: SqliteStore, letters: Mapping[str, str], first: int, count: int, further: int = 2
) -> None:
    """So many rounds of visits to some sources, a minute apart; health is noted after each."""
    register(store, *letters)
    for number in range(first, first + count):
        for name, letter in letters.items():
            store.add_run(run(name, MONDAY + number * MINUTE, letter))
            note_health_events(store, further=further, now=MONDAY)


def events(store: SqliteStore) -> list[tuple[str, str, str]]:
    return [(one.source, one.state, one.code) for one in store.health_events(limit=99)]


def test_our_own_network_is_told_once_and_its_end_once(store: SqliteStore) -> None:
    down, up = dict.fromkeys(HOSTS, "n"), dict.fromkeys(HOSTS, ".")
    round_of(store, up, 0, 3)
    round_of(store, down, 3, 20)
    assert events(store) == [("", "failing", "network.down")]
    round_of(store, up, 23, 20)
    assert events(store) == [("", "failing", "network.down"), ("", "ok", "ok")]
    began, ended = store.health_events(limit=9)
    assert (began.at, ended.at) == (MONDAY + 3 * MINUTE, MONDAY + 23 * MINUTE)
    assert began.reason == "4 hosts of the 4 that were visited since give no answer"


def test_what_stays_broken_after_an_outage_is_told_by_visits_made_after_it(
    store: SqliteStore,
) -> None:
    down, up = dict.fromkeys(HOSTS, "n"), dict.fromkeys(HOSTS, ".")
    round_of(store, up, 0, 3)
    round_of(store, down, 3, 5)
    round_of(store, {**up, "wire": "n"}, 8, 2)
    assert [name for name, *_ in events(store)] == ["", ""]
    round_of(store, {**up, "wire": "n"}, 10, 2)
    assert events(store)[2:] == [("wire", "failing", "site.dns")]


def test_two_hosts_that_give_no_answer_are_told_as_themselves(store: SqliteStore) -> None:
    up = dict.fromkeys(HOSTS, ".")
    round_of(store, {**up, "port": "n", "wire": "n"}, 0, 5)
    assert sorted(events(store)) == [
        ("port", "failing", "site.dns"),
        ("wire", "failing", "site.dns"),
    ]


def test_a_source_that_fails_otherwise_while_our_network_is_down_is_told(
    store: SqliteStore,
) -> None:
    round_of(store, {**dict.fromkeys(HOSTS, "n"), "near": "."}, 0, 3)
    assert len(events(store)) == 4, "one host of five answers"
    names = [f"s{number}" for number in range(10)]
    round_of(store, {**dict.fromkeys(names, "n"), "near": "x"}, 3, 3)
    assert events(store)[4:] == [
        ("", "failing", "network.down"),
        ("near", "failing", "site.server_error"),
    ]


def test_a_host_without_an_answer_waits_for_others_to_be_visited_for_half_an_hour(
    store: SqliteStore,
) -> None:
    register(store, *HOSTS)
    for name in HOSTS[1:]:
        store.add_run(run(name, MONDAY - MINUTE, "."))
    visit(store, "n" * 10, source="acme", every=4 * MINUTE)
    (event,) = store.health_events(limit=9)
    assert event.at - MONDAY == 32 * MINUTE


def test_one_is_told_as_soon_as_two_others_have_answered(store: SqliteStore) -> None:
    register(store, *HOSTS)
    for name in HOSTS[1:]:
        store.add_run(run(name, MONDAY + MINUTE, "."))
    visit(store, "n" * 3, source="acme", every=2 * MINUTE)
    (event,) = store.health_events(limit=9)
    assert event.at - MONDAY == 4 * MINUTE


def test_events_of_several_sources_are_kept_in_the_order_of_their_visits(
    store: SqliteStore,
) -> None:
    register(store, "acme", "harbour")
    for number in range(3):
        store.add_run(run("acme", MONDAY + (number + 5) * MINUTE, "x"))
        store.add_run(run("harbour", MONDAY + number * MINUTE, "x"))
    assert note_health_events(store, further=2, now=MONDAY) == 2
    assert [one.source for one in store.health_events(limit=9)] == ["harbour", "acme"]


def handle(store: SqliteStore, kind: HandlingKind, until: dt.datetime | None = None) -> None:
    register(store, "harbour")
    store.handle("harbour", Handling(kind, MONDAY, "it is being rebuilt", until))


def alerts(store: SqliteStore) -> list[str]:
    """The states of which watches are to be told."""
    return [one.health.state for one in store.queued_events(limit=99) if one.health]


def test_of_a_source_that_is_muted_the_feed_tells_and_nobody_is_alerted(
    store: SqliteStore,
) -> None:
    handle(store, "muted", until=MONDAY + DAY)
    visit(store, "xxx...", source="harbour")
    visit(store, "xxx", source="wire")
    assert alerts(store) == ["failing"]
    assert [state for _, state in told(store)] == ["failing", "ok", "failing"]


def test_a_mute_ends_by_itself(store: SqliteStore) -> None:
    handle(store, "muted", until=MONDAY)
    visit(store, "xxx")
    assert alerts(store) == ["failing"]


def test_what_is_acknowledged_is_alerted_of_again_when_it_works(store: SqliteStore) -> None:
    visit(store, "xxx")
    handle(store, "acknowledged")
    visit(store, "bbb", start=MONDAY + 3 * QUARTER)
    assert alerts(store) == ["failing"]
    assert store.handlings(MONDAY)
    visit(store, "...", start=MONDAY + 6 * QUARTER)
    assert alerts(store) == ["failing", "ok"]
    assert not store.handlings(MONDAY)


def test_a_failure_that_is_acknowledged_before_it_is_sure_alerts_nobody(
    store: SqliteStore,
) -> None:
    visit(store, "x")
    handle(store, "acknowledged")
    visit(store, "xx", start=MONDAY + QUARTER)
    assert (alerts(store), len(told(store))) == ([], 1)


def test_an_acknowledgement_of_what_was_never_told_ends_too(store: SqliteStore) -> None:
    visit(store, "x")
    handle(store, "acknowledged")
    visit(store, "...", start=MONDAY + QUARTER)
    assert not store.handlings(MONDAY)


def test_of_a_source_that_is_paused_nothing_is_told(store: SqliteStore) -> None:
    handle(store, "paused")
    visit(store, "xxx")
    assert told(store) == []
    store.end_handling("harbour", "paused")
    visit(store, "x", start=MONDAY + 3 * QUARTER)
    assert told(store) == [(3, "failing")]


def test_an_outage_that_comes_and_goes_alerts_twice_a_day_at_the_most(store: SqliteStore) -> None:
    for turn in range(4):
        round_of(store, dict.fromkeys(HOSTS, "n"), 10 * turn, 5)
        round_of(store, dict.fromkeys(HOSTS, "."), 10 * turn + 5, 5)
    assert len(events(store)) == 8
    assert alerts(store) == ["failing", "ok", "failing"]


def test_a_source_that_nobody_visits_is_told_at_once_and_well_again_after_a_visit(
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
    # Of what was never visited nothing is known.
    assert note(72, {"pier": lost["harbour"]}) == 0
    store.close()
