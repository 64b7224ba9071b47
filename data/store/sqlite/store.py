"""The default store: one SQLite file.

It is composed of one part per concern, side by side over one connection; a new verb goes where its
concern is. The deduplication step is none of them: data.store.recorder has it, over `SqliteTables`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path

from data.identity.decision import Decision
from data.models import Draft, Source
from data.store.recorder.recorder import Recorder
from data.store.sqlite.aliases import AliasesPart, AliasTable
from data.store.sqlite.change_log import ChangeLogPart
from data.store.sqlite.connection import BUSY_SECONDS, Connection
from data.store.sqlite.facets import FacetsPart
from data.store.sqlite.hosts import HostsPart
from data.store.sqlite.links import LinksPart
from data.store.sqlite.lsh_index import LshIndex
from data.store.sqlite.publication import PublicationPart
from data.store.sqlite.recording import ReleaseTable
from data.store.sqlite.releases import ReleasesPart
from data.store.sqlite.retraction import RetractionPart
from data.store.sqlite.search import SearchPart
from data.store.sqlite.stories import StoryTables
from data.store.sqlite.templates import TemplatesPart
from data.store.sqlite.visits import VisitsPart
from data.store.sqlite.walks import WalksPart
from data.store.sqlite.websub import WebSubPart


class SqliteTables(AliasTable, ReleaseTable, LshIndex, StoryTables):
    """data.store.recorder.tables.Tables on SQLite."""

    def transaction(self) -> AbstractContextManager[object]:
        """All that is asked and written within sees and makes one state, or nothing."""
        return self._writing()


class SqliteStore(
    ReleasesPart,
    FacetsPart,
    ChangeLogPart,
    PublicationPart,
    AliasesPart,
    RetractionPart,
    SearchPart,
    VisitsPart,
    WalksPart,
    LinksPart,
    TemplatesPart,
    HostsPart,
    WebSubPart,
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

    def register(self, source: Source) -> None:
        """Keep what an institution is called, so that feeds can name it for ever."""
        with self._writing():
            self._db.table("sources").upsert(asdict(source))

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
        return self._recorder.record(draft, seen=seen, since=since, front=front, labels=labels)

    def update_search_index(self) -> int:
        """Enter what was recorded since the last time into the search index; how many releases.

        Its translations are joined first: only now all of a visit are there.
        """
        self._recorder.join_translations()
        return self.enter_queued()

    def maintain(self) -> None:
        """Forget the oldest runs and changes, fold the log into the file, renew the statistics."""
        self.forget_old_changes()
        self.forget_old_runs()
        self._db.execute("PRAGMA optimize")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of this thread's connection."""
        self._connection.close()
