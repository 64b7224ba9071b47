"""A store of sixty invented releases that programs ask."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from data.models import Run, RunError, Source
from data.store.sqlite.store import SqliteStore
from tests.drafts import BODY, draft, published

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def fill(path: Path) -> None:
    """Sixty releases of two sources, with an edit, a retraction, a story and a hidden one."""
    store = SqliteStore(path)
    for name in ("harbour", "wire", "old"):
        store.register(Source(name, name.title(), f"http://{name}.example/", "Europe/Oslo"))
    for number in range(60):
        source = ("harbour", "wire")[number % 2]
        text = f"Basin {number} of {source} is closed until the dredger {number} has passed it."
        one = draft(
            f"http://{source}.example/{number}",
            source=source,
            title=f"Notice {number}",
            body_text=text,
            published=published(f"2026-02-{number % 28 + 1:02}"),
            topics=(("economy", "transport")[number // 2 % 2],),
            language=("en", "en-GB", "pt")[number % 3],
            section=("Notices", "Pilots")[number % 5 == 0],
        )
        store.record(one, seen=NOON, since=NOON, labels={"economy": "Economy"})
    every = list(store.by_first_seen())
    store.retract(every[3].id, at=NOON + HOUR)
    store.hide(every[5].id, at=NOON, why="a test")
    first = draft("http://harbour.example/a", title="Signal station")
    store.record(first, seen=NOON, since=NOON)
    store.record(draft("http://wire.example/b", source="wire"), seen=NOON, since=NOON)
    edited = draft("http://harbour.example/a", body_text=BODY.replace("4.2", "4.6"))
    store.record(edited, seen=NOON + HOUR, since=NOON + HOUR)
    for number in range(3):
        error = RunError("http://wire.example/", "http:503", "it is overloaded")
        store.add_run(Run(("harbour", "wire")[number % 2], NOON, float(number), errors=(error,)))
    store.rename_source("old", "new")
    store.update_search_index()
    store.close()
