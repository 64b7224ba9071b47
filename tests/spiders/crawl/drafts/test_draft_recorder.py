"""Writes of several releases in one transaction: a failure of one does not affect the others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from data.errors import StoreError
from data.identity.decision import DraftDecision
from data.models import Draft, Facet, SeenDraft
from data.settings import Collect
from data.store.core.store import Store
from data.store.sqlite.store import SqliteStore
from data.topics.taxonomy import load_taxonomy
from spiders.crawl.drafts.draft_recorder import DRAFTS_PER_TRANSACTION
from spiders.crawl.drafts.pending_drafts import MAX_WAITING_DRAFTS
from spiders.crawl.drafts.release_reader import PageDraft
from spiders.crawl.visits.visit import CrawlContext, Visit
from spiders.sources.source_file import LoadedSource, SourceFile
from tests.drafts import draft

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
FRONT = "https://harbour.example/news/"


def text(number: int) -> str:
    return " ".join(f"word{number}x{place}" for place in range(60))


def one(number: int, body: str = "") -> Draft:
    """A draft with a text of its own; the stored release has another text."""
    return draft(f"{FRONT}{number}", title=f"Bridge {number} opens", body_text=body or text(number))


class BrokenRelease(SqliteStore):
    """A store that fails after it has recorded a certain release."""

    def record_all(self, drafts: Sequence[SeenDraft], *limit: Any) -> Sequence[DraftDecision]:
        """Record drafts, then fail if one of them is among them."""
        decisions = super().record_all(drafts, *limit)
        if f"{FRONT}1" in [one.draft.url for one in drafts]:
            raise ValueError("a value that nobody expected")
        return decisions


class FullAtCommit(SqliteStore):
    """A store whose disk is full when several releases are committed together."""

    @contextmanager
    def transaction(self, *, parts: bool = True) -> Iterator[None]:
        """Roll back, as a failed commit does."""
        with super().transaction(parts=parts):
            yield
            raise StoreError("sqlite:communique.db", "database or disk is full")


def visit_to(store: Store) -> Visit:
    file = SourceFile(name="Harbour", url=FRONT, timezone="UTC")
    loaded = LoadedSource("harbour", Path("harbour.toml"), own=True, file=file)
    return Visit(loaded, store, CrawlContext(load_taxonomy(), Collect()))


def add(visit: Visit, *numbers: int) -> None:
    for number in numbers:
        visit.recorder.add(PageDraft(one(number)), None)


def stored(store: Store) -> set[str]:
    return {release.url for release in store.releases(Facet())}


def test_drafts_wait_until_a_transaction_is_full(sqlite_store: SqliteStore) -> None:
    visit = visit_to(sqlite_store)
    add(visit, *range(MAX_WAITING_DRAFTS + DRAFTS_PER_TRANSACTION - 1))
    assert not stored(sqlite_store)
    assert visit.report.run.new == 0
    add(visit, MAX_WAITING_DRAFTS + DRAFTS_PER_TRANSACTION)
    assert len(stored(sqlite_store)) == visit.report.run.new == DRAFTS_PER_TRANSACTION
    assert visit.recorder.last is None
    visit.recorder.finish()
    assert visit.report.run.new == MAX_WAITING_DRAFTS + DRAFTS_PER_TRANSACTION


def test_a_write_is_flushed_at_its_own_time_only(sqlite_store: SqliteStore) -> None:
    visit = visit_to(sqlite_store)
    add(visit, *range(MAX_WAITING_DRAFTS + 1))
    earlier = visit.recorder.last
    add(visit, *range(MAX_WAITING_DRAFTS + 1, MAX_WAITING_DRAFTS + DRAFTS_PER_TRANSACTION + 2))
    visit.recorder.flush(earlier)
    assert len(stored(sqlite_store)) == DRAFTS_PER_TRANSACTION
    visit.recorder.flush(visit.recorder.last)
    assert len(stored(sqlite_store)) == DRAFTS_PER_TRANSACTION + 2


def test_a_draft_that_fails_does_not_affect_other_drafts(tmp_path: Path) -> None:
    store = BrokenRelease(tmp_path / "communique.db")
    visit = visit_to(store)
    add(visit, 0, 1, 2)
    visit.recorder.finish()
    assert [(error.url, error.kind) for error in visit.report.run.errors] == [(f"{FRONT}1", "bug")]
    assert {f"{FRONT}0", f"{FRONT}2"} <= stored(store)
    assert visit.report.run.new == 2
    store.close()


def test_writes_are_repeated_one_by_one_if_their_transaction_fails(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = FullAtCommit(tmp_path / "communique.db")
    visit = visit_to(store)
    add(visit, 0, 1, 2)
    visit.recorder.finish()
    assert len(stored(store)) == visit.report.run.new == 3
    store.close()
    assert "a transaction of 3 writes failed" in caplog.text
    assert visit.report.run.errors == ()
