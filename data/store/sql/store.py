"""A store over a connection to SQLite or PostgreSQL, without the search index.

It combines one part per concern over one connection; a new method belongs to the part of its
concern. Deduplication is not a part: data.store.recorder implements it over ``Tables``.
"""

from __future__ import annotations

import datetime as dt
import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Final

from data.identity.decision import Decision
from data.models import Content, Draft
from data.store.recorder.outcome import JoinedStory, Outcome
from data.store.recorder.recorder import Recorder
from data.store.recorder.refiling import drop_section_topic
from data.store.recorder.tables import Tables
from data.store.sql.aliases import AliasesPart, AliasTable
from data.store.sql.captures import CapturesPart, CaptureTable
from data.store.sql.change_log import ChangeLogPart
from data.store.sql.database.connection import Connection
from data.store.sql.health import HealthPart
from data.store.sql.journal import JournalPart
from data.store.sql.links import LinksPart
from data.store.sql.logged_changes import LoggedChangesPart
from data.store.sql.publication import FacetsPart, PublicationPart
from data.store.sql.recording import ReleaseTable
from data.store.sql.releases import ReleasesPart
from data.store.sql.retraction import RetractionPart
from data.store.sql.selection import SelectionPart
from data.store.sql.sources import SourcesPart
from data.store.sql.stories import StoryTables
from data.store.sql.subscribers.alerts import AlertsPart
from data.store.sql.subscribers.reader_states import ReaderStatesPart
from data.store.sql.subscribers.websub import WebSubPart
from data.store.sql.visits import UnconfirmedTable, VisitsPart
from data.store.sql.walks import WalksPart

NOT_OF_ARCHIVE: Final = (
    *("websub_topics", "websub_subscriptions", "websub_requests"),
    *("feed_hubs", "feed_subscriptions"),
    *("alert_events", "alert_deliveries"),
    *("reader_states", "reader_marks"),
)
"""Tables with secrets, pending messages and reading states, which are not archived."""


class SqlTables(AliasTable, ReleaseTable, CaptureTable, StoryTables, UnconfirmedTable):
    """data.store.recorder.tables.Tables without the bands of similar texts."""

    def transaction(self) -> AbstractContextManager[object]:
        """Run the reads and writes within the block in one transaction, or undo all of them."""
        return self._writing()


class SqlStore(
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
    VisitsPart,
    WalksPart,
    LinksPart,
    WebSubPart,
    AlertsPart,
    ReaderStatesPart,
    JournalPart,
):
    """data.store.protocol.Store without the methods that differ between databases."""

    def __init__(self, connection: Connection, tables: Tables) -> None:
        super().__init__(connection)
        self._tables = tables
        self._recorder = Recorder(tables)

    @abstractmethod
    def enter_queued(self, told: Callable[[int], None] | None = None) -> int:
        """Add all queued releases to the search index and return their number.

        ``told`` is called with the number of releases so far.
        """

    def transaction(self) -> AbstractContextManager[object]:
        """Run the method calls within in one transaction that is committed fully or not at all."""
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
        """Decide about a draft and store it; see data.store.recorder.recorder.Recorder."""
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
        """Record a draft as ``record`` does and return everything that was written."""
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
        """Store a release as re-extracted with other rules from a stored response.

        Return None if the release is unknown. A better text makes a revision, which is not an edit
        and causes no alert. ``before`` is explained in data.identity.decision.read_anew.
        """
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
        """Store a re-extracted release as ``read_anew`` does and return everything written."""
        return self._recorder.read_anew(release_id, draft, at, labels, before)

    def drop_section_topic(self, source: str, topic: str) -> int:
        """Remove a topic from a source's releases in the section of that name; return their number.

        This is not an edit: the releases keep their positions, and no alerts are sent.
        """
        return drop_section_topic(self._tables, source, topic)

    def restore(self, outcome: Outcome) -> None:
        """Repeat the writes of a recorded outcome without deciding again."""
        self._recorder.restore(outcome)

    def translations(self) -> Iterator[tuple[str, str]]:
        """Yield pairs of release ids that are translations although no page links them."""
        return self._recorder.translations()

    def join_translations(self, left: str, right: str) -> JoinedStory | None:
        """Put two translations into one story.

        Return None if they can't be joined or already share a story.
        """
        return self._recorder.join_translations(left, right)

    def grow_story(self, joined: JoinedStory) -> None:
        """Repeat the growth of a story that was recorded elsewhere."""
        self._recorder.grow_story(joined)

    def update_search_index(self) -> int:
        """Add recently recorded releases to the search index and return their number.

        Translations among them are joined first, because only now all releases of a visit are
        stored.
        """
        for left, right in self.translations():
            self.join_translations(left, right)
        return self.enter_queued()

    def maintain(self) -> None:
        """Delete the oldest runs, changes and alerts."""
        self.forget_old_changes()
        self.forget_old_runs()
        self.forget_old_alerts(time.time())

    def close(self) -> None:
        """Close this thread's connection."""
        self._connection.close()
