"""A site of sixty invented releases that is asked by programs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from data.models import Run, RunError, Source
from data.settings import Site
from data.store.sqlite.store import SqliteStore
from feeds.server.app import create_app
from tests.drafts import BODY, draft, published
from tests.feeds.serving import served_by

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


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the store lies."""
    found = tmp_path_factory.mktemp("home") / "communique.db"
    fill(found)
    return found


@pytest.fixture(scope="module")
def web(path: Path) -> Iterator[httpx.Client]:
    """A client of the site."""
    (path.parent / "site").mkdir()
    app = create_app(path.parent / "site", f"sqlite:{path}", Site(api_rate=0))
    yield from served_by(app)


@pytest.fixture
def filled(path: Path) -> Iterator[SqliteStore]:
    """The store that is asked."""
    store = SqliteStore(path)
    yield store
    store.close()
