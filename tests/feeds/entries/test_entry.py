"""Lists that mix sources show each story once."""

from __future__ import annotations

import datetime as dt
from unittest.mock import Mock

from data.models import Facet
from data.store.core.store import Store
from feeds.entries.entry import folded
from tests.drafts import draft

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
TEXT = "\n\n".join(
    f"On day {n} the board counted {n * 13} barges at pier {n * 7}." for n in range(30)
)


def test_a_story_is_shown_once_and_read_from_the_store_once(store: Store) -> None:
    for number in range(5):
        source = f"office-{number}"
        one = draft(f"https://{source}.example/1", source=source, title="Barges", body_text=TEXT)
        store.record(one, seen=NOON + dt.timedelta(minutes=number), since=NOON)
    counted = Mock(wraps=store)
    shown = list(folded(counted, store.releases(Facet()), lambda _: True, lambda _: True))
    assert [(one.source, len(others)) for one, others in shown] == [("office-0", 4)]
    assert counted.story.call_count == 1
