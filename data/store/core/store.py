"""The store: all methods for releases, sources, visits, subscribers and the journal.

The store consists of parts over one connection, one per topic. Add a new method to the part of its
topic. Only the search for duplicates is not a part: data.store.core implements it with the methods
of ``Tables``.
"""

from __future__ import annotations

import datetime as dt
import time
from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from dataclasses import replace
from typing import Final, Protocol, Self

from data.identity.decision import DraftDecision
from data.identity.matching import DatedContent, earlier_versions
from data.models import Content, Draft, FileText, Lease, SeenDraft
from data.store.core.recorder import DraftLimit, Recorder
from data.store.core.stories import StoryJoiner
from data.store.shared_sql.captures import CapturesPart
from data.store.shared_sql.connection import Connection
from data.store.shared_sql.events import ALERTS, EventsPart
from data.store.shared_sql.facets import FacetsPart
from data.store.shared_sql.files import FilesPart
from data.store.shared_sql.hidden import HiddenPart
from data.store.shared_sql.journal import JournalPart
from data.store.shared_sql.matching import AliasesPart
from data.store.shared_sql.new_events import enter_events
from data.store.shared_sql.publication import PublicationPart
from data.store.shared_sql.recording import Tables
from data.store.shared_sql.releases import ReleasesPart
from data.store.shared_sql.retraction import RetractionPart
from data.store.shared_sql.search import SearchPart
from data.store.shared_sql.search_index import SearchIndexPart
from data.store.shared_sql.selection import SelectionPart
from data.store.shared_sql.sources import SourcesPart
from data.store.shared_sql.subscribers.alerts import AlertsPart
from data.store.shared_sql.subscribers.deposits import DepositsPart
from data.store.shared_sql.subscribers.reader_states import ReaderStatesPart
from data.store.shared_sql.subscribers.websub import WebSubPart
from data.store.shared_sql.visits.health import HealthPart
from data.store.shared_sql.visits.revisit_data import RevisitPart
from data.store.shared_sql.visits.runs import RunsPart
from data.store.shared_sql.visits.walks import WalksPart
from data.store.unit_of_work import decisions
from data.store.unit_of_work.outcome import JoinedStory, RecordOutcome
from data.store.unit_of_work.unit import UnitOfWork

NOT_OF_ARCHIVE: Final = (
    *("websub_topics", "websub_subscriptions", "websub_requests"),
    *("feed_hubs", "feed_subscriptions"),
    *("alert_deliveries",),
    *("reader_states", "reader_marks"),
    "operations",
)
"""Tables that are not archived: secrets, pending messages, states of feed readers, and the record
of operators' requests."""

NO_ALERTS: Final = (
    "UPDATE consumers SET number = (SELECT coalesce(max(number), 0) FROM events)"
    f" WHERE name = '{ALERTS.name}'"
)
"""SQL statement that skips all pending events for watches in a copy of a store."""

REFILED_AT_ONCE: Final = 500
"""Maximum number of releases updated per transaction when a topic is removed."""


class JournalWriter(Protocol):
    """Writes decisions to the journal before they are committed to the store."""

    def writing(self, store: Store, unit: UnitOfWork) -> AbstractContextManager[None]:
        """Write the decisions of a transaction to the journal, and commit it in the ``with`` block.

        If the block fails, the journal forgets the decisions.
        """

    def keep_file(self, store: Store, name: str, content: bytes | None) -> None:
        """Archive a changed or deleted TOML file of the home directory."""

    def close(self, store: Store) -> None:
        """Write all waiting decisions to the journal."""


class Store(
    SourcesPart,
    ReleasesPart,
    FacetsPart,
    EventsPart,
    SelectionPart,
    PublicationPart,
    HealthPart,
    AliasesPart,
    RetractionPart,
    HiddenPart,
    CapturesPart,
    FilesPart,
    RunsPart,
    RevisitPart,
    WalksPart,
    WebSubPart,
    AlertsPart,
    DepositsPart,
    ReaderStatesPart,
    JournalPart,
    SearchIndexPart,
    SearchPart,
):
    """A store on any database. Each method that writes is one transaction.

    Methods that return releases for readers omit hidden releases, except ``release``.
    """

    journal: JournalWriter | None = None

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        connection.committing = self._committing

    @abstractmethod
    def _tables(self) -> Tables:
        """Return the tables object for one batch of drafts."""

    @contextmanager
    def _committing(self, unit: UnitOfWork) -> Iterator[None]:
        """Write the journal record and the public events of a transaction, and then commit it.

        The connection has already written delayed rows and checked the lease, so a transaction that
        lost its lease leaves no journal record.
        """
        with self.journal.writing(self, unit) if self.journal else nullcontext():
            if unit.public:
                enter_events(self._db, unit.public)
            yield

    def transaction(self, *, parts: bool = True) -> AbstractContextManager[object]:
        """Run all method calls in a ``with`` block in one transaction.

        The transaction is committed completely or not at all. If one of the methods fails, only its
        own writes are rolled back. Without ``parts``, writes are faster, but the whole transaction
        must be rolled back if one of the methods fails.
        """
        return self._writing(parts=parts)

    def transaction_if_needed(self) -> AbstractContextManager[object]:
        """Run the writes of all method calls in a ``with`` block in one transaction.

        The transaction begins with the first write. Earlier queries in the block are not part of
        it, so another process may write between them and the first write.
        """
        return self._connection.postponed()

    @property
    def unit(self) -> UnitOfWork:
        """The unit of work of this thread's current transaction.

        Raises RuntimeError outside of transactions.
        """
        return self._unit

    def _on(self, connection: Connection) -> Self:
        """Return a view of this store on another view of its connection."""
        view = copy(self)
        Store.__init__(view, connection)
        return view

    def public_view(self) -> Self:
        """Return a view of this store whose methods return ``***`` instead of each secret.

        Without secrets, the store itself is returned. Raises StoreError if the store can't be read.
        """
        secrets = self.secrets()
        return self._on(self._connection.masking(secrets)) if secrets else self

    def leased(self, lease: Lease | None) -> Self:
        """Return a view of this store whose transactions commit only if a worker still has a lease.

        If ``lease`` is None, return the store itself. Only PostgreSQL has leases. If the lease is
        lost, transactions raise LeaseLost and write nothing.
        """
        del lease
        return self

    @abstractmethod
    def keep_private(self) -> None:
        """Make the store readable only by its owner, because it contains subscribers' secrets.

        Raises OSError if the permissions can't be changed.
        """

    @abstractmethod
    def overwrite_free_space(self) -> None:
        """Overwrite data that earlier transactions deleted, if the database supports this.

        Call this after a redaction, outside of transactions. Earlier edits and merges in the search
        index may have left copies of the text in the free space.
        """

    @abstractmethod
    def was_empty(self) -> bool:
        """Return whether the store had no sources before the current transaction."""

    @abstractmethod
    def snapshot(self, size: int) -> Iterator[bytes]:
        """Yield the committed state as an SQLite store file, in pieces of ``size`` bytes.

        The file contains no WebSub subscriptions (which have secrets), no queued messages, and no
        states of feed readers.
        """

    def record(
        self,
        draft: Draft,
        *,
        seen: dt.datetime,
        since: dt.datetime,
        front: Collection[str] = (),
        labels: Mapping[str, str] | None = None,
    ) -> DraftDecision:
        """Record one draft; see `record_all` and data.models.SeenDraft."""
        (decision,) = self.record_all([SeenDraft(draft, seen, since, front, labels or {})])
        return decision

    def record_all(
        self, drafts: Sequence[SeenDraft], limit: DraftLimit = lambda _: nullcontext()
    ) -> Sequence[DraftDecision]:
        """Decide whether drafts are new, changed or unchanged, and store the results together.

        The result is the same as if each draft were recorded on its own, in this order. If a draft
        fails, no draft is recorded. ``limit`` limits the CPU time spent on each draft.
        """
        with self._writing():
            outcomes = Recorder(self._tables()).record_all(drafts, limit)
            for outcome in outcomes if self.journal else ():
                if outcome.has_changes:
                    self._unit.decide(decisions.recorded(outcome))
                elif not outcome.decision.doubt:
                    sight = {outcome.decision.release.id: outcome.sight}
                    self._unit.decide_later(decisions.Seen(sight))
        return [outcome.decision for outcome in outcomes]

    def record_reextraction(
        self,
        release_id: str,
        draft: Draft,
        *,
        at: dt.datetime,
        labels: Mapping[str, str],
        before: Content | None = None,
    ) -> DraftDecision | None:
        """Store a release as re-extracted with other rules from an archived response.

        Returns None if the release is unknown. A better text creates a revision, which is not an
        edit and causes no alert. ``before`` is explained in
        data.identity.decision.decide_reextraction.
        """
        with self._writing():
            recorder = Recorder(self._tables())
            outcome = recorder.record_reextraction(release_id, draft, at, labels, before)
            if outcome and outcome.has_changes:
                self._unit.decide(decisions.recorded(outcome))
        return outcome.decision if outcome else None

    def drop_section_topic(self, source: str, topic: str) -> int:
        """Remove a topic from the releases of a source whose section has the same name.

        Returns the number of these releases. This is not an edit: the releases keep their
        positions, and no alerts are sent.
        """
        dropped = 0
        while True:
            tables = self._tables()
            with self._writing():
                numbers = tables.with_section_topic(source, topic, limit=REFILED_AT_ONCE)
                for number in numbers:
                    old = tables.stored_release(number).release
                    topics = tuple(one for one in old.content.topics if one != topic)
                    new = replace(old, content=replace(old.content, topics=topics))
                    tables.update_release(number, new, None, revised=None, met=False, shown=True)
                    tables.file_under_topics(old, new)
                    tables.mark_dirty(number, old, new)
                tables.write()
            dropped += len(numbers)
            if len(numbers) < REFILED_AT_ONCE:
                return dropped

    def restore(self, outcome: RecordOutcome) -> None:
        """Write an outcome that another store recorded, without deciding again."""
        with self._writing():
            Recorder(self._tables()).restore(outcome)

    def add_earlier_versions(self, release_id: str, found: Sequence[DatedContent]) -> int:
        """Store versions that only web archives captured, and return their number.

        ``found`` are contents of a stored release with their captures, in any order. Contents equal
        to known versions are omitted (data.identity.matching). Numbered versions,
        ``published`` and ``updated`` do not change, and no alert is sent.
        """
        with self._writing():
            known = self.release(release_id)
            if known is None or known.content.redacted:
                return 0
            stored = self.all_versions(release_id)
            fresh = earlier_versions([DatedContent(one.seen, one.content) for one in stored], found)
            for one in fresh:
                if one.capture:
                    self.restore_earlier_version(
                        decisions.EarlierVersion(release_id, one.content, one.capture)
                    )
        return len(fresh)

    def restore_earlier_version(self, version: decisions.EarlierVersion) -> None:
        """Store a version that only a web archive captured."""
        with self._writing():
            self._keep_earlier_version(version)
            self._unit.decide(version)

    def keep_file_text(self, url: str, digest: str, text: FileText, *, seen: dt.datetime) -> int:
        """Store the text of an archived attachment, and return the number of edited releases.

        ``digest`` identifies the bytes of the file. A changed text is an edit of the releases that
        link to the file.
        """
        edited = 0
        with self._writing():
            for outcome in Recorder(self._tables()).record_file(url, digest, text, seen=seen):
                edited += outcome.decision.kind == "changed"
                if self.journal:
                    self._unit.decide(decisions.recorded(outcome))
        return edited

    def join_translations(self, left: str, right: str) -> JoinedStory | None:
        """Join two translations into one story.

        Returns None if they can't be joined or are already in the same story.
        """
        with self._writing():
            joined = StoryJoiner(self._tables()).join_two(left, right)
            if joined:
                self._unit.decide(decisions.Joined(joined))
        return joined

    def grow_story(self, joined: JoinedStory) -> None:
        """Apply a join from another store: its stories and releases become one story."""
        with self._writing():
            StoryJoiner(self._tables()).grow(joined)

    def update_search_index(self) -> int:
        """Add recently recorded releases to the search index.

        Returns the number of releases. Releases that are joined as translations count twice.
        """
        indexed = 0
        while done := sum(self.index_in_steps()):
            indexed += done
        return indexed

    def index_in_steps(self) -> Iterator[int]:
        """Update the search index in short steps, and yield the number of releases of each step.

        First, translations are assigned to stories, which requires that all releases of a visit are
        stored. Releases that are recorded between the steps wait for the next call.
        """
        entering = self.enter_queued()
        for pairs in StoryJoiner(self._tables()).translations():
            for left, right in pairs:
                self.join_translations(left, right)
            yield 0
        yield from entering

    def maintain(self) -> None:
        """Delete old runs, events and alerts."""
        self.forget_old_events(time.time())
        self.forget_old_runs()
        self.forget_old_alerts(time.time())

    def close(self) -> None:
        """Write waiting decisions to the journal, and close it and this thread's connection.

        Other threads must not write decisions at the same time.
        """
        try:
            if self.journal:
                self.journal.close(self)
        finally:
            self.close_connection()

    def close_connection(self) -> None:
        """Close this thread's connection. The journal, which all threads share, remains open."""
        self._connection.close()
