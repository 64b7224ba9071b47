"""A store that is written again from what came of drafts holds the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.archive.journal.replay import JournalReplay
from data.store.core.store import Store
from data.store.sqlite.store import SqliteStore
from data.store.unit_of_work.outcome import Sight
from data.store.unit_of_work.unit import UnitOfWork
from tests.drafts import draft, varied_drafts
from tests.told import told

HOUR = dt.timedelta(hours=1)


class Following:
    """A journal whose decisions another store writes again at once."""

    def __init__(self, other: Store) -> None:
        self._replay = JournalReplay(other)

    @contextmanager
    def writing(self, store: Store, unit: UnitOfWork) -> Iterator[None]:
        """Write the decisions of a transaction into the other store."""
        del store
        self._replay.write([*unit.decisions, *unit.delayable])
        assert not self._replay.refused
        yield

    def keep_file(self, store: Store, name: str, content: bytes | None) -> None:
        """Keep no file."""

    def close(self, store: Store) -> None:
        """Nothing waits."""


def kept(store: Store, folder: Path) -> object:
    """All that a store holds, but for what it holds for others."""
    copy = folder / "copy.db"
    copy.write_bytes(b"".join(store.snapshot(1 << 20)))
    return told(copy)


def test_results_of_drafts_are_replayed_without_deciding_again(
    store: Store, tmp_path: Path, noon: dt.datetime
) -> None:
    first, second = SqliteStore(tmp_path / "a.db"), store
    first.journal = Following(second)
    for number, one in enumerate(varied_drafts()):
        at = noon + number * HOUR
        first.record(one, seen=at, since=at, labels={"ports": "Ports"})
    assert kept(first, tmp_path) == kept(second, tmp_path)
    assert len(list(second.by_first_seen())) == 6
    # What comes next becomes the same in both.
    first.journal = None
    later = noon + 30 * HOUR
    for one in (draft("http://harbour.example/news/77"), draft("http://wire.example/1?x=2")):
        decided = [store.record(one, seen=later, since=later) for store in (first, second)]
        assert decided[0] == decided[1]
    first.close()


def test_translations_that_no_page_names_are_joined_as_they_were(
    store: Store, tmp_path: Path, noon: dt.datetime
) -> None:
    first, second = SqliteStore(tmp_path / "a.db"), store
    first.journal = Following(second)
    for url, language in (
        ("http://harbour.example/en/1", "en"),
        ("http://harbour.example/fr/1", "fr"),
    ):
        one = draft(url, language=language, title=language, body_text=f"{language} text")
        first.record(one, seen=noon, since=noon)
    left, right = (one.id for one in first.by_first_seen())
    joined = first.join_translations(left, right)
    assert joined is not None
    assert set(joined.alone) == {left, right}
    assert kept(first, tmp_path) == kept(second, tmp_path)
    assert first.join_translations(left, right) is None
    first.close()


def test_a_sight_restored_late_undoes_no_later_change(store: Store, noon: dt.datetime) -> None:
    release = store.record(draft(), seen=noon, since=noon).release
    store.mark_gone(release.id, seen=noon + 2 * HOUR)
    store.restore_seen({release.id: Sight(noon + HOUR)})
    (gone,) = store.vanished("harbour")
    assert gone.since == noon + 2 * HOUR
    store.restore_seen({release.id: Sight(noon + 3 * HOUR)})
    assert store.vanished("harbour") == ()
    found = store.release(release.id)
    assert found is not None
    assert found.last_seen == noon + 3 * HOUR
