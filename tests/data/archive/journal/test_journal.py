"""A store whose decisions are in the archive can be written again from there."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from data.archive.archive import Archive
from data.archive.journal.journal import JOURNAL_URI, Journal, JournalRecord, decode_journal_record
from data.archive.journal.replay import JournalReplay
from data.clock import EPOCH
from data.errors import ArchiveError, StoreError
from data.models import (
    Capture,
    DayDigest,
    Facet,
    Handling,
    HealthEvent,
    Rhythm,
    Run,
    RunError,
    Source,
    SourceRhythm,
    Walk,
)
from data.store.sqlite.store import SqliteStore
from data.store.unit_of_work import decisions
from data.store.unit_of_work.outcome import Sight
from tests.drafts import BODY, draft
from tests.told import told

HOUR = dt.timedelta(hours=1)


@dataclass
class Blocks:
    """An archive that keeps the blocks of its records in memory, or fails where it is full."""

    blocks: list[bytes] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)
    full: bool = False

    def metadata(self, uri: str, content_type: str, block: bytes, *, at: dt.datetime) -> Capture:
        """Keep a block."""
        if self.full:
            raise ArchiveError("archive", "no space left on device")
        assert (uri, content_type) == (JOURNAL_URI, "application/json")
        self.blocks.append(block)
        number = len(self.blocks)
        return Capture(f"urn:uuid:{number}", "file", number, 1, "", number, at)

    def resource(self, uri: str, content_type: str, block: bytes, *, at: dt.datetime) -> Capture:
        """Keep a file."""
        assert content_type == "application/toml"
        self.files.append(block)
        return Capture(f"urn:uuid:{uri}", "file", 1, 1, "", 1, at)

    def close(self) -> None:
        """Nothing is open."""

    @property
    def records(self) -> list[JournalRecord]:
        """What the blocks hold."""
        return [decode_journal_record(block) for block in self.blocks]

    @property
    def events(self) -> list[decisions.AnyDecision]:
        """All events, in their order."""
        return [event for record in self.records for event in record.decisions]


@dataclass
class Journaled:
    """A store with a journal on a real file, and its archive."""

    path: Path
    archive: Blocks
    store: SqliteStore
    journal: Journal

    def is_told(self, tmp_path: Path) -> bool:
        """Whether a store that is written from the journal holds the same."""
        other = SqliteStore(tmp_path / "again.db")
        replay = JournalReplay(other)
        for record in self.archive.records:
            replay.write(record.decisions)
        other.restore_sightings(
            {release: capture(leaf) for release, leaf in replay.seen_in.items()}
        )
        other.close()
        return not replay.lost and told(self.path) == told(tmp_path / "again.db")


@pytest.fixture
def journaled(tmp_path: Path) -> Iterator[Journaled]:
    archive = Blocks()
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    store.journal = journal = Journal(lambda: cast("Archive", archive))
    yield Journaled(path, archive, store, journal)
    store.close()


def capture(number: int, at: dt.datetime = EPOCH) -> Capture:
    return Capture(f"urn:uuid:page-{number}", "f.warc.gz", number, 9, "sha256:1", number, at)


def test_a_life_is_written_again(journaled: Journaled, tmp_path: Path, noon: dt.datetime) -> None:
    store = journaled.store
    source = Source("harbour", "Harbour Board", "http://harbour.example/")
    store.register(source)
    one = draft(digest="1", capture=capture(1, noon))
    first = store.record(one, seen=noon, since=noon, labels={"transport": "Transport"}).release
    edited = draft(body_text=BODY.replace("4.2", "4.6"), digest="2", capture=capture(2, noon))
    store.record(edited, seen=noon + HOUR, since=noon + HOUR)
    copied = store.record(draft("http://wire.example/1", source="wire"), seen=noon, since=noon)
    gone = draft("http://harbour.example/2", title="Tides", body_text="Low tide.", digest="3")
    second = store.record(gone, seen=noon, since=noon).release
    back = draft("http://harbour.example/3", title="Floods", body_text="High tide.", digest="4")
    third = store.record(back, seen=noon, since=noon).release
    for at in (2, 3):
        when = noon + at * HOUR
        store.mark_gone(second.id, seen=when, capture=capture(at + 5, when))
        store.mark_gone(third.id, seen=when, capture=None)
    store.hold({second.id: noon})
    with store.transaction():
        store.retract(second.id, at=noon + 3 * HOUR, why="It was a test.")
        store.retract(third.id, at=noon + 3 * HOUR)
    store.mark_unchanged(third.id, seen=noon + 4 * HOUR, capture=capture(20, noon))
    store.mark_unchanged(first.id, seen=noon + 4 * HOUR, capture=capture(21, noon))
    # Other bytes that say the same, then the very same.
    for hour in (5, 6):
        renewed = replace(edited, digest="5", capture=capture(22, noon))
        store.record(renewed, seen=noon + hour * HOUR, since=noon)
    english = draft("http://harbour.example/en", language="en", title="One", body_text="one")
    french = draft("http://harbour.example/fr", language="fr", title="Un", body_text="un")
    ids = [store.record(one, seen=noon, since=noon).release.id for one in (english, french)]
    assert store.update_search_index() == 8  # two are entered again as translations
    store.await_files("harbour", ["http://harbour.example/a.pdf"])
    store.keep_file("harbour", "http://harbour.example/b.pdf", capture(30, noon))
    store.add_archive_pages({Facet(): {1: ids, 2: [first.id]}, Facet(source="wire"): {1: ids[:1]}})
    store.add_day_digest(DayDigest("2026-03-02", noon, ((first.id, "Tides", "Harbour"),), 1))
    store.add_health_events([HealthEvent("harbour", False, noon, "closed", "blocked")])  # noqa: FBT003 - its state
    store.handle("harbour", Handling("paused", noon, "the board asked", noon + HOUR))
    store.handle("harbour", Handling("acknowledged", noon, "known"))
    assert store.end_handling("harbour", "acknowledged")
    assert not store.end_handling("harbour", "acknowledged")
    day = noon.date()
    rhythm = Rhythm(day, day, (0.1,) * 7, (1.0,) * 7, (2.0,) * 7, 1.0, 3.0, ((day, day),))
    store.keep_rhythms({"harbour": SourceRhythm(3, rhythm), "wire": SourceRhythm(1)})
    store.register(replace(source, name="The Harbour Board"))
    store.close()
    assert journaled.is_told(tmp_path)
    assert copied.release.story


def test_the_last_sight_of_a_release_is_written_again(
    journaled: Journaled, tmp_path: Path, noon: dt.datetime
) -> None:
    store = journaled.store
    urls = [f"http://harbour.example/{number}" for number in range(7)]
    drafts = [draft(url, title=f"Notice {url[-1]}", body_text=f"Text {url}") for url in urls]
    ids = [
        store.record(
            replace(one, digest="1", capture=capture(number)), seen=noon, since=noon
        ).release.id
        for number, one in enumerate(drafts)
    ]
    at = noon + HOUR
    for number, one in enumerate(ids):
        store.mark_unchanged(one, seen=at, capture=capture(10 + number))
    at += HOUR
    # Nothing archived it, another address led to it, it was edited, or is back from a retraction.
    store.mark_unchanged(ids[1], seen=at)
    aliases = ("http://harbour.example/other",)
    store.record(
        replace(drafts[2], digest="1", aliases=aliases, capture=capture(20)), seen=at, since=at
    )
    edited = replace(drafts[3], content=replace(drafts[3].content, body_text="Another text."))
    store.record(replace(edited, digest="2", capture=capture(21)), seen=at, since=at)
    store.retract(ids[4], at=at)
    store.mark_unchanged(ids[4], seen=at + HOUR, capture=capture(22))
    # An archived page that is read anew was not seen again.
    anew = replace(drafts[5], content=replace(drafts[5].content, topics=("ports",)))
    store.record_reextraction(ids[5], replace(anew, capture=capture(5)), at=at, labels={})
    # Another address led to it while the archive could take nothing.
    store.record(replace(drafts[6], digest="1", aliases=(f"{urls[6]}?x=1",)), seen=at, since=at)
    store.close()
    seen = [store.sightings(one).seen for one in ids]
    assert [one.leaf for one in seen if one] == [10, 11, 20, 21, 22, 15, 16]
    assert journaled.is_told(tmp_path)


def test_a_repeated_visit_writes_no_record_until_the_store_is_closed(
    journaled: Journaled, noon: dt.datetime
) -> None:
    store = journaled.store
    store.register(Source("harbour", "Harbour Board", ""))
    release = store.record(draft(digest="1"), seen=noon, since=noon).release
    store.add_run(Run("harbour", noon, 1.0, found=1, new=1))
    store.add_run(Run("harbour", noon + HOUR, 1.0, found=1, unchanged=1))
    before = len(journaled.archive.blocks)
    for number in range(2, 9):
        at = noon + number * HOUR
        store.register(Source("harbour", "Harbour Board", ""))
        store.record(draft(digest="1"), seen=at, since=at)
        store.mark_unchanged(release.id, seen=at, capture=capture(number))
        store.add_run(Run("harbour", at, 2.0, found=1, unchanged=2))
    assert len(journaled.archive.blocks) == before
    store.close()
    (last,) = journaled.archive.records[before:]
    seen, visited = last.decisions
    assert isinstance(seen, decisions.Seen)
    assert seen.releases == {release.id: Sight(noon + 8 * HOUR, leaf=8)}
    assert isinstance(visited, decisions.Visited)
    assert visited.run.started == noon + 8 * HOUR


@pytest.mark.parametrize(
    "run",
    [
        Run("harbour", dt.datetime(2026, 3, 3, 1, tzinfo=dt.UTC), 1.0, found=1, unchanged=1),
        Run("harbour", dt.datetime(2026, 3, 2, 14, tzinfo=dt.UTC), 1.0, found=1, changed=1),
        Run(
            "harbour",
            dt.datetime(2026, 3, 2, 14, tzinfo=dt.UTC),
            1.0,
            errors=(RunError("http://harbour.example/", "http:500", "it failed"),),
        ),
    ],
    ids=["the first of a day", "one that brought something", "one that failed"],
)
def test_a_visit_with_a_problem_is_reported_at_once(
    journaled: Journaled, noon: dt.datetime, run: Run
) -> None:
    journaled.store.add_run(Run("harbour", noon, 1.0, found=1, unchanged=1))
    before = len(journaled.archive.blocks)
    journaled.store.add_run(run)
    assert len(journaled.archive.blocks) == before + 1
    assert journaled.archive.events[-1] == decisions.Visited(run)


def undone(store: SqliteStore, at: dt.datetime) -> None:
    """Record a release in a transaction that fails."""
    nine = draft("http://harbour.example/9", title="Nine")
    with suppress(ZeroDivisionError), store.transaction():
        store.record(nine, seen=at, since=at)
        raise ZeroDivisionError


def test_a_transaction_is_one_record_and_failed_parts_are_not_recorded(
    journaled: Journaled, noon: dt.datetime
) -> None:
    store = journaled.store
    with store.transaction():
        store.record(draft(), seen=noon, since=noon)
        undone(store, noon)
        store.record(draft("http://wire.example/1", source="wire"), seen=noon, since=noon)
    (record,) = journaled.archive.records
    kept = [one for one in record.decisions if isinstance(one, decisions.Recorded)]
    assert [one.release["source"] for one in kept] == ["harbour", "wire"]
    undone(store, noon)
    assert len(journaled.archive.blocks) == 1


def test_journal_records_wait_in_the_store_while_the_archive_fails(
    journaled: Journaled, tmp_path: Path, noon: dt.datetime, caplog: pytest.LogCaptureFixture
) -> None:
    journaled.archive.full = True
    journaled.store.record(draft(), seen=noon, since=noon)
    edited = draft(body_text=BODY.replace("4.2", "4.6"))
    journaled.store.record(edited, seen=noon + HOUR, since=noon + HOUR)
    assert [one.revision for one in journaled.store.by_first_seen()] == [2]
    assert journaled.archive.blocks == []
    # A sentence for a person, without a traceback.
    assert all("no space" in one.getMessage() and not one.exc_info for one in caplog.records)
    assert len(caplog.records) == 2
    journaled.archive.full = False
    journaled.store.record(draft("http://wire.example/1", source="wire"), seen=noon, since=noon)
    kept = journaled.archive.events
    kinds = [one.kind for one in kept if isinstance(one, decisions.Recorded)]
    assert kinds == ["new", "changed", "new"]
    assert journaled.is_told(tmp_path)


def test_each_record_names_the_one_that_was_committed_before_it(
    journaled: Journaled, noon: dt.datetime
) -> None:
    journaled.store.record(draft(), seen=noon, since=noon)
    other = draft("http://wire.example/1", source="wire")
    journaled.store.record(other, seen=noon, since=noon)
    first, second = journaled.archive.records
    assert (first.after, second.after) == ("", "urn:uuid:1")


def test_a_walk_is_reported_when_it_is_over(journaled: Journaled) -> None:
    walk = Walk("http://harbour.example/news", "rules", 1)
    journaled.store.keep_walk("harbour", replace(walk, position="/2", pages=2))
    journaled.store.keep_walk("harbour", replace(walk, position="/3", history="complete"))
    journaled.store.keep_walk("harbour", replace(walk, position="/3", history="complete"))
    (told_,) = journaled.archive.events
    assert isinstance(told_, decisions.WalkEnded)
    assert told_.walk.position == "/3"


def test_a_file_of_home_is_kept_when_it_is_another(journaled: Journaled) -> None:
    for content in (b"a = 1", b"a = 1", b"a = 2", None, None):
        journaled.journal.keep_file(journaled.store, "topics.toml", content)
    assert journaled.archive.files == [b"a = 1", b"a = 2"]
    kept = [one for one in journaled.archive.events if isinstance(one, decisions.FileKept)]
    assert [bool(one.digest) for one in kept] == [True, True, False]


def test_the_archive_holds_no_secret_of_a_file(journaled: Journaled) -> None:
    text = 'url = "https://me:pass@harbour.example/feed?token=abc&page=1"'
    journaled.journal.keep_file(journaled.store, "sources/harbour.toml", text.encode())
    assert journaled.archive.files == [b'url = "https://harbour.example/feed?token=***&page=1"']
    (kept,) = journaled.archive.events
    assert isinstance(kept, decisions.FileKept)
    assert kept.secrets_cut


def test_a_rolled_back_sight_is_not_written_later(journaled: Journaled, noon: dt.datetime) -> None:
    store, broken = journaled.store, sqlite3.connect(journaled.path)
    release = store.record(draft(), seen=noon, since=noon).release
    # SQLite checks this constraint only at the commit.
    broken.executescript(
        "CREATE TABLE late (id INTEGER REFERENCES releases DEFERRABLE INITIALLY DEFERRED);"
        "CREATE TRIGGER fail AFTER UPDATE ON releases BEGIN INSERT INTO late VALUES (-1); END"
    )
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        store.mark_unchanged(release.id, seen=noon + HOUR)
    broken.executescript("DROP TRIGGER fail; DROP TABLE late")
    broken.close()
    before = len(journaled.archive.blocks)
    store.close()
    assert len(journaled.archive.blocks) == before


def test_sights_that_wait_survive_a_failed_commit(tmp_path: Path, noon: dt.datetime) -> None:
    class Failing(SqliteStore):
        fails = False

        def keep_journal_end(self, record_id: str) -> None:
            if self.fails:
                raise StoreError("sqlite:store.db", "database or disk is full")
            super().keep_journal_end(record_id)

    archive = Blocks()
    store = Failing(tmp_path / "store.db")
    store.journal = Journal(lambda: cast("Archive", archive))
    release = store.record(draft(), seen=noon, since=noon).release
    store.mark_unchanged(release.id, seen=noon + HOUR)
    store.fails = True
    with pytest.raises(StoreError):
        store.hide(release.id, at=noon, why="by mistake")
    store.fails = False
    store.close()
    (seen,) = archive.records[-1].decisions
    assert seen == decisions.Seen({release.id: Sight(noon + HOUR)})


def test_writes_together_are_one_transaction_that_begins_with_the_first(
    journaled: Journaled, noon: dt.datetime
) -> None:
    store, second = journaled.store, draft("http://wire.example/1", source="wire")
    with store.transaction_if_needed():
        assert store.sources() == {}
    assert journaled.archive.blocks == []
    with store.transaction_if_needed():
        for one in (draft(), second):
            store.record(one, seen=noon, since=noon)
    assert len(journaled.archive.blocks) == 1
    with suppress(ZeroDivisionError), store.transaction_if_needed():
        store.record(draft("http://wire.example/2", source="wire"), seen=noon, since=noon)
        raise ZeroDivisionError
    assert len(list(store.by_first_seen())) == 2
