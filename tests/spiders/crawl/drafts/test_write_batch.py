"""Writes that are made together: an error of one, or of all, loses none of the others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import pytest

from data.errors import StoreError
from data.models import Content, Draft, Facet, Published
from data.store import open_store
from data.store.store import Store
from spiders.crawl.drafts.write_batch import WRITES_PER_TRANSACTION, Write, WriteBatch

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


def draft(number: int) -> Draft:
    """A draft of a text that no other has."""
    words = " ".join(f"word{number}x{place}" for place in range(60))
    content = Content(
        title=f"Bridge {number} opens",
        published=Published(NOW, "second", "UTC", "", "time"),
        body_html=f"<p>{words}</p>",
        body_text=words,
    )
    return Draft("harbour", f"https://harbour.example/{number}", content)


class Room:
    """A store with a batch that records into it, and what the batch told."""

    def __init__(self, store: Store, broken: str = "") -> None:
        self.store = store
        self.broken = broken
        self.counted: list[str] = []
        self.told: list[tuple[str, str]] = []
        self.batch = WriteBatch(store, lambda url, kind, _: self.told.append((url, kind)))

    def add(self, *numbers: int) -> None:
        """Have drafts recorded."""
        for number in numbers:
            one = draft(number)
            self.batch.add(Write(one.url, partial(self.record, one)))

    def record(self, one: Draft) -> Callable[[], None]:
        """Record a draft, or fail after that for the one that is ``broken``."""
        decision = self.store.record(one, seen=NOW, since=NOW)
        if one.url.endswith(f"/{self.broken}"):
            raise ValueError("a value that nobody expected")
        return lambda: self.counted.append(f"{one.url} {decision.kind}")

    @property
    def waits(self) -> bool:
        """Whether anything waits for others."""
        return self.batch.last is not None

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
    room.add(*range(WRITES_PER_TRANSACTION - 1))
    assert (len(room.stored), room.waits) == (0, True)
    room.add(WRITES_PER_TRANSACTION)
    assert (len(room.stored), room.waits) == (WRITES_PER_TRANSACTION, False)
    assert room.counted == [
        f"https://harbour.example/{number} new"
        for number in [*range(WRITES_PER_TRANSACTION - 1), WRITES_PER_TRANSACTION]
    ]


def test_drafts_wait_their_own_moment_and_not_that_of_others_before_them(store: Store) -> None:
    room = Room(store)
    room.add(0)
    before = room.batch.last
    room.add(*range(1, WRITES_PER_TRANSACTION + 2))
    room.batch.flush(before)
    assert len(room.stored) == WRITES_PER_TRANSACTION
    room.batch.flush(room.batch.last)
    assert len(room.stored) == WRITES_PER_TRANSACTION + 2


def test_a_draft_that_fails_spoils_no_other(store: Store) -> None:
    room = Room(store, broken="1")
    room.add(0, 1, 2)
    room.batch.flush()
    assert room.told == [("https://harbour.example/1", "bug")]
    assert {"https://harbour.example/0", "https://harbour.example/2"} <= {*room.stored}
    assert len(room.counted) == 2


@contextmanager
def full_at_commit(begin: Callable[[], AbstractContextManager[object]]) -> Iterator[None]:
    """A transaction of a store whose disk is full at the commit."""
    with begin():
        yield
        raise StoreError("sqlite:communique.db", "database or disk is full")


def test_what_can_not_be_committed_together_is_recorded_one_by_one(
    store: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "transaction", partial(full_at_commit, store.transaction))
    room = Room(store)
    room.add(0, 1, 2)
    room.batch.flush()
    assert len(room.stored) == len(room.counted) == 3
    assert "3 writes could not be made together" in caplog.text
