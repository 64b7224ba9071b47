"""The facts of visits are kept in few bytes: there are very many."""

from __future__ import annotations

import datetime as dt

import msgspec

from data.models import PageFacts, Streak, VisitFacts, lean

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def test_a_streak_continues_until_nothing_is_seen() -> None:
    first = Streak().go_on(2, NOON)
    second = first.go_on(3, NOON + dt.timedelta(hours=1))
    assert second == Streak(3, 2, NOON)
    assert first.go_on(3, NOON, add=True) == Streak(5, 2, NOON)
    assert second.go_on(0, NOON) == Streak()


def test_empty_values_are_not_written() -> None:
    thin = Streak(2, 1, NOON)
    said = VisitFacts(rows=9, lost=Streak(0), new=PageFacts(thin=thin, undated=Streak(0)))
    written = msgspec.to_builtins(lean(said))
    assert written == {
        "rows": 9,
        "new": {"thin": {"count": 2, "visits": 1, "since": "2026-03-02T12:00:00Z"}},
    }
    assert msgspec.convert(written, VisitFacts) == said
