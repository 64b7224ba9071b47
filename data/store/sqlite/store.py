"""The default store: one SQLite file.

It is composed of one part per concern, side by side over one connection; a new verb goes where its
concern is. The deduplication step is none of them: data.store.recorder has it, over `SqliteTables`.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Final

from data.identity.decision import Decision
from data.models import Content, Draft
from data.sqlite_file import BUSY_SECONDS
from data.store.recorder.outcome import JoinedStory, Outcome
from data.store.recorder.recorder import Recorder
from data.store.recorder.refiling import drop_section_topic
from data.store.sqlite.aliases import AliasesPart, AliasTable
from data.store.sqlite.captures import CapturesPart, CaptureTable
from data.store.sqlite.change_log import ChangeLogPart
from data.store.sqlite.database.connection import Connection
from data.store.sqlite.health import HealthPart
from data.store.sqlite.links import LinksPart
from data.store.sqlite.logged_changes import LoggedChangesPart
from data.store.sqlite.publication import FacetsPart, PublicationPart
from data.store.sqlite.recording import ReleaseTable
from data.store.sqlite.releases import ReleasesPart
from data.store.sqlite.retraction import RetractionPart
from data.store.sqlite.search import SearchPart
from data.store.sqlite.selection import SelectionPart
from data.store.sqlite.sources import SourcesPart
from data.store.sqlite.stories import LshIndex, StoryTables
from data.store.sqlite.subscribers.alerts import AlertsPart
from data.store.sqlite.subscribers.reader_states import ReaderStatesPart
from data.store.sqlite.subscribers.websub import WebSubPart
from data.store.sqlite.visits import VisitsPart
from data.store.sqlite.walks import WalksPart

NOT_OF_ARCHIVE: Final = (
    *("websub_topics", "websub_subscriptions", "websub_requests"),
    *("feed_hubs", "feed_subscriptions"),
    *("alert_events", "alert_deliveries"),
    *("reader_states", "reader_marks"),
)
"""Tables of secrets, of what others are to be told, and of what people read: not archived."""


class SqliteTables(AliasTable, ReleaseTable, CaptureTable, LshIndex, StoryTables):
    """data.store.recorder.tables.Tables on SQLite."""

    def transaction(self) -> AbstractContextManager[object]:
        """All that is asked and written within sees and makes one state, or nothing."""
        return self._writing()


class SqliteStore(
    SourcesPart,
    ReleasesPart,
    FacetsPart,
    ChangeLogPart,
    LoggedChangesPart,
    SelectionPart,
    PublicationPart,
    HealthPart,
    AliasesPart,
    RetractionPart,
    CapturesPart,
    SearchPart,
    VisitsPart,
    WalksPart,
    LinksPart,
    WebSubPart,
    AlertsPart,
    ReaderStatesPart,
):
    """data.store.protocol.Store on SQLite: WAL, strict tables, writes under BEGIN IMMEDIATE.

    A writer waits ``patience`` seconds for another. Raises StoreError where the file at ``path``
    can't be opened or is no store.
    """

    def __init__(self, path: Path, *, patience: float = BUSY_SECONDS) -> None:
        super().__init__(Connection(path, patience=patience))
        self._recorder = Recorder(SqliteTables(self._connection))

    def transaction(self) -> AbstractContextManager[object]:
        """Make the verbs that are called within one transaction: all are kept, or none."""
        return self._writing()

    def record(
        self,
        draft: Draft,
        *,
        seen: dt.datetime,
        since: dt.datetime,
        front: Iterable[str] = (),
        labels: Mapping[str, str] | None = None,
    ) -> Decision:
        """Take in a draft; see data.store.recorder.recorder.Recorder."""
        outcome = self.record_outcome(draft, seen=seen, since=since, front=front, labels=labels)
        return outcome.decision

    def record_outcome(
        self,
        draft: Draft,
        *,
        seen: dt.datetime,
        since: dt.datetime,
        front: Iterable[str] = (),
        labels: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Take in a draft as ``record`` does, and say all that was written of it."""
        return self._recorder.record(draft, seen=seen, since=since, front=front, labels=labels)

    def read_anew(
        self,
        release_id: str,
        draft: Draft,
        *,
        at: dt.datetime,
        labels: Mapping[str, str],
        before: Content | None = None,
    ) -> Decision | None:
        """Keep a release as other rules read what was served before; None where it is not known."""
        outcome = self.read_anew_outcome(release_id, draft, at=at, labels=labels, before=before)
        return outcome.decision if outcome else None

    def read_anew_outcome(
        self,
        release_id: str,
        draft: Draft,
        *,
        at: dt.datetime,
        labels: Mapping[str, str],
        before: Content | None = None,
    ) -> Outcome | None:
        """Keep a release as ``read_anew`` does, and say all that was written of it."""
        return self._recorder.read_anew(release_id, draft, at, labels, before)

    def drop_section_topic(self, source: str, topic: str) -> int:
        """Take a topic off the releases that stand in the section called so; how many there were.

        That is no edit: nothing of them moves, and no watch is told.
        """
        return drop_section_topic(SqliteTables(self._connection), source, topic)

    def restore(self, outcome: Outcome) -> None:
        """Write once more what came of a draft elsewhere; nothing is decided anew."""
        self._recorder.restore(outcome)

    def translations(self) -> Iterator[tuple[str, str]]:
        """Pairs of releases, by id, that are translations and that no page names so."""
        return self._recorder.translations()

    def join_translations(self, left: str, right: str) -> JoinedStory | None:
        """Put two translations into one story; None where they can't be, or are already."""
        return self._recorder.join_translations(left, right)

    def grow_story(self, joined: JoinedStory) -> None:
        """Let a story grow once more as it did elsewhere."""
        self._recorder.grow_story(joined)

    def update_search_index(self) -> int:
        """Enter what was recorded since the last time into the search index; how many releases.

        Its translations are joined first: only now all of a visit are there.
        """
        for left, right in self.translations():
            self.join_translations(left, right)
        return self.enter_queued()

    def journal_end(self) -> str:
        """The id of the last journal record that was committed with what it tells of, or empty."""
        rows = self._ask("SELECT record FROM journal_end")
        return str(rows[0][0]) if rows else ""

    def keep_journal_end(self, record_id: str) -> None:
        """Keep the id of the journal record of the transaction under way."""
        with self._writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO journal_end (one, record) VALUES (1, ?)", [record_id]
            )

    def forget_journal(self) -> None:
        """Forget how far the journal has come: what is decided from now on is not in it."""
        with self._writing() as db:
            for table in ("journal_end", "journal_outbox", "journaled_files"):
                db.execute(f"DELETE FROM {table}")

    def snapshot(self, size: int) -> Iterator[bytes]:
        """The committed state as a file that a store opens, in pieces of ``size`` bytes.

        Without subscriptions of WebSub, which hold secrets, what others are to be told, and what
        people read.
        """
        path = self._connection.path
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".snapshot-") as folder:
            copy = Path(folder) / "store.db"
            # Another connection sees what is committed, whatever this one is about to write.
            with closing(sqlite3.connect(path)) as db:
                db.execute("VACUUM INTO ?", [str(copy)])
            with closing(sqlite3.connect(copy, isolation_level=None)) as db:
                for table in NOT_OF_ARCHIVE:
                    db.execute(f"DELETE FROM {table}")
                # Nothing of them stays in free pages.
                db.execute("VACUUM")
            with copy.open("rb") as file:
                while piece := file.read(size):
                    yield piece

    def keep_unwritten(self, events: bytes) -> None:
        """Keep events that the archive can't take now."""
        with self._writing() as db:
            db.execute("INSERT INTO journal_outbox (events) VALUES (?)", [events])

    def unwritten(self, *, limit: int) -> tuple[bytes, ...]:
        """The first events that the archive could not take, in their order."""
        rows = self._ask("SELECT events FROM journal_outbox ORDER BY number LIMIT ?", [limit])
        return tuple(bytes(events) for (events,) in rows)

    def forget_unwritten(self, count: int) -> None:
        """Keep so many of the first of them no more."""
        with self._writing() as db:
            db.execute(
                "DELETE FROM journal_outbox WHERE number IN"
                " (SELECT number FROM journal_outbox ORDER BY number LIMIT ?)",
                [count],
            )

    def journaled_files(self) -> Mapping[str, str]:
        """The SHA-256 of each file that the journal holds, by its name in HOME."""
        return dict(self._ask("SELECT name, digest FROM journaled_files"))

    def keep_journaled_file(self, name: str, digest: str) -> None:
        """Keep what the journal holds of a file; an empty digest where it is gone."""
        with self._writing():
            self._db.table("journaled_files").upsert({"name": name, "digest": digest})

    def maintain(self) -> None:
        """Forget the oldest runs and changes, fold the log into the file, renew the statistics."""
        self.forget_old_changes()
        self.forget_old_runs()
        self.forget_old_alerts(time.time())
        self._db.execute("PRAGMA optimize")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of this thread's connection."""
        self._connection.close()
