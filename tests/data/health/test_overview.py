"""The health of all sources at once, as it is asked for."""

from __future__ import annotations

import datetime as dt

import pytest

from data.health.health_changes import note_health_events
from data.health.run_errors import CUT
from data.health.state import health_fields, overview
from data.models import Handling, Run, RunError, Source
from data.store.core.store import Store

MONDAY = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
NAMES = ("acme", "harbour", "port")


def visit(store: Store, *, answers: bool, start: dt.datetime) -> None:
    """Three visits to each of three sources, whose hosts answer or don't."""
    for number in range(3):
        for name in NAMES:
            error = RunError(f"http://{name}.example/", "dns", "its host name leads nowhere")
            store.register(Source(name, name, error.url))
            at, errors = start + number * MINUTE, () if answers else (error,)
            store.add_run(Run(name, at, 1.0, pages=int(answers), errors=errors))
    note_health_events(store, further=2, now=start)


def codes(store: Store) -> list[str]:
    return [one.code for one in overview(store)]


def test_no_source_is_recorded_while_our_network_is_down(store: Store) -> None:
    visit(store, answers=False, start=MONDAY)
    assert codes(store) == ["network.down"] * 3
    told = next(overview(store))
    assert told.reason == "our own network is down since 2026-03-02 00:00 UTC"
    visit(store, answers=True, start=MONDAY + 9 * MINUTE)
    assert codes(store) == ["new.no_release"] * 3
    visit(store, answers=False, start=MONDAY + 30 * MINUTE)
    assert codes(store) == ["network.down"] * 3


def test_a_visit_that_we_stopped_is_not_evidence_about_its_source(store: Store) -> None:
    cut = RunError("http://acme.example/", CUT, "the visit was stopped before its end")
    store.register(Source("acme", "acme", cut.url))
    store.add_run(Run("acme", MONDAY - MINUTE, 1.0, errors=(cut,)))
    # Of one that no other visit was made to, nothing else is known.
    assert codes(store) == ["visit.failed"]
    visit(store, answers=True, start=MONDAY)
    for minute in (9, 10):
        store.add_run(Run("acme", MONDAY + minute * MINUTE, 1.0, errors=(cut,)))
    assert codes(store) == ["new.no_release"] * 3


@pytest.mark.parametrize(("until", "holds"), [(None, True), (MONDAY, False)])
def test_decisions_are_shown_while_they_are_in_force(
    store: Store, until: dt.datetime | None, *, holds: bool
) -> None:
    visit(store, answers=True, start=MONDAY)
    store.handle("harbour", Handling("paused", MONDAY, "they asked us to", until))
    fields = [health_fields(one) for one in overview(store)]
    assert [one["paused"] for one in fields] == [False, holds, False]
    assert (fields[1]["code"] == "paused") is holds
