"""How a visit limits the CPU time of its work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from data.settings import Collect
from data.store.sqlite.store import SqliteStore
from data.topics.taxonomy import load_taxonomy
from spiders.crawl.drafts.pending_drafts import PendingDrafts, ReadyDraft
from spiders.crawl.visits.visit import CrawlContext, Visit
from spiders.sources.source_file import LoadedSource, SourceFile


def test_a_visit_that_is_stopped_decides_about_waiting_drafts_within_a_limit(
    sqlite_store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work after a time-out would otherwise hold the other visits of its process."""
    limited: list[str] = []
    seen: list[list[str]] = []

    @contextmanager
    def limit(url: str) -> Iterator[None]:
        limited.append(url)
        yield
        limited.pop()

    def finish(_: PendingDrafts) -> Iterator[ReadyDraft]:
        seen.append([*limited])
        yield from ()

    monkeypatch.setattr(PendingDrafts, "finish", finish)
    file = SourceFile(name="Harbour", url="http://harbour.example/news/", timezone="UTC")
    loaded = LoadedSource("harbour", Path("harbour.toml"), own=True, file=file)
    visit = Visit(loaded, sqlite_store, CrawlContext(load_taxonomy(), Collect()), limit=limit)
    visit.stop("timeout", "it took too long")
    assert seen == [[""]]
    assert [error.kind for error in visit.report.run.errors] == ["timeout"]
