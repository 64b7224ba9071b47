"""Drafts that are recorded together have the same results as drafts that are recorded alone."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from pathlib import Path

import pytest

from data.errors import RefusedValue
from data.identity.decision import DraftDecision
from data.models import Facet, SeenDraft
from data.store.core.store import Store
from data.store.sqlite.store import SqliteStore
from tests.data.store.core.test_restore import Following, kept
from tests.drafts import draft, varied_drafts
from tests.examples import thorough

HOUR = dt.timedelta(hours=1)


def seen_from(noon: dt.datetime) -> list[SeenDraft]:
    """Varied drafts, each seen an hour after the previous one."""
    times = [noon + number * HOUR for number in range(len(varied_drafts()))]
    labels = {"ports": "Ports"}
    return [
        SeenDraft(one, at, at, labels=labels)
        for one, at in zip(varied_drafts(), times, strict=True)
    ]


@pytest.mark.parametrize("size", [5, *thorough(2, 20)])
def test_a_batch_has_the_same_results_as_its_drafts_alone(
    store: Store, tmp_path: Path, noon: dt.datetime, size: int
) -> None:
    alone = SqliteStore(tmp_path / "alone.db")
    expected = [alone.record_all([one])[0] for one in seen_from(noon)]
    replayed = SqliteStore(tmp_path / "replayed.db")
    store.journal = Following(replayed)
    drafts = seen_from(noon)
    decided: list[DraftDecision] = []
    for start in range(0, len(drafts), size):
        decided += store.record_all(drafts[start : start + size])
    assert decided == expected
    assert kept(store, tmp_path) == kept(alone, tmp_path) == kept(replayed, tmp_path)
    alone.close()
    replayed.close()


def test_a_batch_with_a_draft_that_fails_is_not_recorded(store: Store, noon: dt.datetime) -> None:
    bad = draft("http://harbour.example/2", body_text="A lone surrogate: \ud800.")
    with pytest.raises((RefusedValue, UnicodeEncodeError)):
        store.record_all([SeenDraft(one, noon, noon) for one in (draft(), bad)])
    assert not list(store.releases(Facet()))
    store.record(draft(), seen=noon, since=noon)
    assert len(list(store.releases(Facet()))) == 1


def test_a_transaction_without_parts_is_rolled_back_if_a_draft_failed(
    store: Store, noon: dt.datetime
) -> None:
    bad = draft("http://harbour.example/2", body_text="A lone surrogate: \ud800.")

    def record() -> None:
        with store.transaction(parts=False):
            store.record(draft(), seen=noon, since=noon)
            with suppress(RefusedValue, UnicodeEncodeError):
                store.record(bad, seen=noon, since=noon)

    with pytest.raises(RuntimeError, match="can't be committed"):
        record()
    assert not list(store.releases(Facet()))
