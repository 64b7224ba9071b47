"""Releases are selected by several filters at once, newest first, in pages of bounded work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pytest

from data.models import Position, Run, Selection
from data.store.core.store import Store
from data.store.shared_sql import selection as selection_module
from tests.drafts import draft, published
from tests.examples import thorough

HOUR = dt.timedelta(hours=1)
DAYS = ("2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02")


@pytest.fixture
def filled(store: Store, noon: dt.datetime) -> Store:
    """Forty releases of two sources, four days, two topics and three languages."""
    for number in range(40):
        source = ("harbour", "wire")[number % 2]
        text = f"Basin {number} of {source} is closed until the dredger {number} has passed it."
        one = draft(
            f"http://{source}.example/{number}",
            source=source,
            title=f"Notice {number}",
            body_text=text,
            published=published(DAYS[number % 4]),
            topics=(("economy", "transport")[number // 2 % 2],),
            language=("en", "en-GB", "pt")[number % 3],
            section=("Notices", "Pilots")[number % 5 == 0],
        )
        store.record(one, seen=noon, since=noon)
    return store


def walked(store: Store, asked: Selection, limit: int) -> list[str]:
    """All releases of a selection, page by page."""
    after: Position | None = None
    found: list[str] = []
    while True:
        page = store.select(asked, after, limit=limit)
        assert len(page.found) <= limit
        found += [one.id for one in page.found]
        if page.reached is None:
            return found
        after = page.reached


def expected(store: Store, **wanted: Any) -> list[str]:
    """The ids of what a plain look at every release finds."""
    found = [one for one in store.by_first_seen() if not one.hidden]
    for name, value in wanted.items():
        found = [
            one
            for one in found
            if {
                "source": one.source == value,
                "topic": value in one.content.topics,
                "language": (one.content.language or "").lower().split("-")[0] == value,
                "section": (one.content.section or "").lower() == value,
                "since": one.day >= str(value),
                "until": one.day <= str(value),
                "retracted": (one.retracted is not None) == value,
                "edited": (one.edited > 1) == value,
            }[name]
        ]
    found.sort(key=lambda one: one.id)
    found.sort(key=lambda one: one.order, reverse=True)
    return [one.id for one in found]


MARCH = dt.date(2026, 3, 1)


@pytest.mark.parametrize("looked_at", [4, *thorough(5000)])
def test_pages_of_any_size_contain_every_requested_item_once(
    filled: Store, looked_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection_module, "MAX_CHECKED_RELEASES", looked_at)
    monkeypatch.setattr(selection_module, "ROWS_PER_QUERY", min(looked_at, 4))
    every: Iterable[tuple[Selection, dict[str, Any]]] = [
        (Selection(), {}),
        (Selection(sources=("harbour",)), {"source": "harbour"}),
        (Selection(sources=("harbour", "wire")), {}),
        (Selection(topics=("economy",)), {"topic": "economy"}),
        (Selection(topics=("economy", "transport")), {}),
        (Selection(sources=("wire",), topics=("economy",)), {"source": "wire", "topic": "economy"}),
        (Selection(language="en"), {"language": "en"}),
        (Selection(language="pt"), {"language": "pt"}),
        (Selection(sources=("wire",), language="pt"), {"language": "pt", "source": "wire"}),
        (Selection(language="no-such"), {"language": "no-such"}),
        (Selection(section="pilots"), {"section": "pilots"}),
        (Selection(since=MARCH), {"since": MARCH}),
        (Selection(until=MARCH), {"until": MARCH}),
        (Selection(since=MARCH, until=MARCH), {"since": MARCH, "until": MARCH}),
        (
            Selection(sources=("harbour",), section="pilots"),
            {"section": "pilots", "source": "harbour"},
        ),
    ]
    for asked, wanted in every:
        whole = expected(filled, **wanted)
        for limit in (1, 3, 40, 100):
            assert walked(filled, asked, limit) == whole, asked
        # Selections that need more checks than allowed are not counted.
        assert filled.count_selected(asked) in {len(whole), None if looked_at == 4 else len(whole)}


def test_states_are_distinguished(filled: Store, noon: dt.datetime) -> None:
    first, second, third, *_ = filled.by_first_seen()
    text = first.content.body_text + "\n\nIt was closed for a week, said the harbour master."
    edited = draft(first.url, title=first.content.title, body_text=text, language="en")
    assert filled.record(edited, seen=noon + HOUR, since=noon + HOUR).kind == "changed"
    better = draft(second.url, source="wire", title=second.content.title, body_text=text)
    assert filled.record_reextraction(second.id, better, at=noon + HOUR, labels={})
    filled.retract(third.id, at=noon + HOUR)
    assert walked(filled, Selection(state="corrected"), 2) == [first.id]
    assert walked(filled, Selection(state="retracted"), 2) == [third.id]
    standing = walked(filled, Selection(state="standing"), 7)
    assert standing == expected(filled, retracted=False)
    assert len(standing) == 39


def test_hidden_releases_are_in_no_selection(filled: Store, noon: dt.datetime) -> None:
    hidden = next(iter(filled.by_first_seen()))
    filled.hide(hidden.id, at=noon, why="a test")
    every = walked(filled, Selection(), 7)
    assert hidden.id not in every
    assert len(every) == 39


def test_releases_published_during_a_walk_do_not_disturb_it(
    filled: Store, noon: dt.datetime
) -> None:
    page = filled.select(Selection(), limit=10)
    before = expected(filled)
    newer = draft("http://harbour.example/x", published=published("2026-03-02"), title="Newer")
    filled.record(newer, seen=noon, since=noon)
    after = page.reached
    rest: list[str] = []
    while after:
        page = filled.select(Selection(), after, limit=10)
        rest += [one.id for one in page.found]
        after = page.reached
    assert [one for one in rest if one in before] == before[10:]


def test_runs_are_returned_page_by_page(store: Store, noon: dt.datetime) -> None:
    for number in range(6):
        store.add_run(Run(("harbour", "wire")[number % 2], noon, float(number)))
    page = store.run_page(limit=4)
    assert [run.seconds for _, run in page] == [5.0, 4.0, 3.0, 2.0]
    assert [run.seconds for _, run in store.run_page(None, page[-1][0], limit=4)] == [1.0, 0.0]
    assert [run.seconds for _, run in store.run_page("wire", limit=2)] == [5.0, 3.0]
