"""Drafts that are recorded together: an error of one, or of all, loses none of the others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from data.errors import StoreError
from data.identity.decision import Decision
from data.models import Content, Draft, Facet, Published
from data.store import open_store
from data.store.protocol import Store
from spiders.crawl.pending_drafts import ReadyDraft
from spiders.crawl.record_batch import TOGETHER, RecordBatch

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


def ready(number: int) -> ReadyDraft:
    """A draft of a text that no other has."""
    words = " ".join(f"word{number}x{place}" for place in range(60))
    content = Content(
        title=f"Bridge {number} opens",
        published=Published(NOW, "second", "UTC", "", "time"),
        body_html=f"<p>{words}</p>",
        body_text=words,
    )
    return ReadyDraft(Draft("harbour", f"https://harbour.example/{number}", content))


class Room:
    """A store with a batch that records into it, and what the batch told."""

    def __init__(self, store: Store, broken: str = "") -> None:
        self.store = store
        self.broken = broken
        self.counted: list[str] = []
        self.told: list[tuple[str, str]] = []
        self.batch = RecordBatch(
            store,
            self.record,
            lambda one, decision: self.counted.append(f"{one.draft.url} {decision.kind}"),
            lambda url, kind, _: self.told.append((url, kind)),
        )

    def record(self, one: ReadyDraft) -> Decision:
        """Record a draft, or fail after that for the one that is ``broken``."""
        decision = self.store.record(one.draft, seen=NOW, since=NOW)
        if one.draft.url.endswith(f"/{self.broken}"):
            raise ValueError("a value that nobody expected")
        return decision

    @property
    def stored(self) -> list[str]:
        """The addresses of the releases in the store."""
        return sorted(release.url for release in self.store.releases(Facet()))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:{tmp_path / 'communique.db'}")
    yield opened
    opened.close()


def test_drafts_wait_for_others_until_there_are_enough(store: Store) -> None:
    room = Room(store)
    room.batch.add(map(ready, range(TOGETHER - 1)))
    assert (room.stored, room.batch.first) == ([], ready(0))
    room.batch.add([ready(TOGETHER)])
    assert (len(room.stored), room.batch.first) == (TOGETHER, None)
    assert room.counted == [
        f"https://harbour.example/{number} new" for number in [*range(TOGETHER - 1), TOGETHER]
    ]


def test_drafts_wait_their_own_moment_and_not_that_of_others_before_them(store: Store) -> None:
    room = Room(store)
    room.batch.add([ready(0)])
    before = room.batch.first
    room.batch.add(map(ready, range(1, TOGETHER + 2)))
    room.batch.flush(before)
    assert len(room.stored) == TOGETHER
    room.batch.flush(room.batch.first)
    assert len(room.stored) == TOGETHER + 2


def test_a_draft_that_fails_spoils_no_other(store: Store) -> None:
    room = Room(store, broken="1")
    room.batch.add(map(ready, range(3)))
    room.batch.flush()
    assert room.told == [("https://harbour.example/1", "bug")]
    assert {"https://harbour.example/0", "https://harbour.example/2"} <= {*room.stored}
    assert len(room.counted) == 2


class FullAtCommit:
    """A store whose disk is full when several are to be committed together."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Undo all, as a commit does that fails."""
        with self._store.transaction():
            yield
            raise StoreError("sqlite:communique.db", "database or disk is full")


def test_what_can_not_be_committed_together_is_recorded_one_by_one(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(FullAtCommit(store))
    room.batch.add(map(ready, range(3)))
    room.batch.flush()
    assert len(room.stored) == len(room.counted) == 3
    assert "3 drafts could not be recorded together" in caplog.text
