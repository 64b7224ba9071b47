"""Writer of journal records: archives the store's decisions before they are committed.

Each record contains the decisions of one transaction as JSON.
"""

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Final

import msgspec

from data.archive.archive import Archive
from data.archive.journal.orders import Orders
from data.clock import utc_now
from data.errors import ArchiveError
from data.models import Run
from data.store.core.store import Store
from data.store.unit_of_work import decisions
from data.store.unit_of_work.decisions import AnyDecision
from data.store.unit_of_work.outcome import Sight
from data.store.unit_of_work.unit import UnitOfWork
from data.text.masking import masked_toml

JOURNAL_FORMAT: Final = 1
"""Version of the record format. Increase it if earlier versions would misinterpret new records."""

JOURNAL_URI: Final = "urn:communique:journal"
"""WARC-Target-URI of journal records."""

SNAPSHOT_URI: Final = "urn:communique:store"
"""WARC-Target-URI of records that contain a part of a store snapshot."""

FILE_URIS: Final = "urn:communique:file:"
"""Prefix of the WARC-Target-URI of an archived home directory file. The file's name follows it."""

JSON: Final = "application/json"
TOML: Final = "application/toml"
SQLITE: Final = "application/vnd.sqlite3"

_decisions_decoder = msgspec.json.Decoder(list[AnyDecision])

PIECE_BYTES: Final = 8_000_000
"""Maximum size in bytes of the part of a store snapshot in one archive record."""

MAX_LATE_TRANSACTIONS: Final = 50
"""Maximum number of transactions per record, if a failure of the archive delayed them."""

log = logging.getLogger(__name__)

MAX_WAITING_SIGHTS: Final = 500
"""Maximum number of unchanged releases whose last sighting is not in the journal yet."""


class JournalRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """Content of a journal record: the decisions of one transaction, in order.

    ``after`` is the id of the previous committed record (empty in the first record). Records
    outside of this chain belong to transactions that were never committed.
    """

    decisions: Sequence[AnyDecision] = msgspec.field(name="events")
    after: str = ""
    format: int = JOURNAL_FORMAT


_record_decoder = msgspec.json.Decoder(JournalRecord)


def decode_journal_record(block: bytes) -> JournalRecord:
    """Decode the content of a journal record.

    Raises msgspec.DecodeError (or its ValidationError) if the content is invalid or its format is
    too new.
    """
    record = _record_decoder.decode(block)
    if record.format != JOURNAL_FORMAT:
        raise msgspec.ValidationError(
            f"the journal has format {record.format}, which needs a newer version of Communique"
        )
    return record


@dataclass
class Waiting:
    """Decisions that wait for the next journal record: sightings, empty visits, and files."""

    seen: dict[str, Sight] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    files: list[AnyDecision] = field(default_factory=list)

    def add(self, decision: AnyDecision) -> None:
        """Add a decision. Only the last visit of each source is kept."""
        if isinstance(decision, decisions.Seen):
            for release_id, sight in decision.releases.items():
                self.seen[release_id] = combined_sight(self.seen.get(release_id), sight)
        elif isinstance(decision, decisions.Visited):
            self.runs[decision.run.source] = decision.run
        else:
            self.files.append(decision)

    @property
    def decisions(self) -> Sequence[AnyDecision]:
        """Return all waiting decisions, in the order in which they are written."""
        seen = [decisions.Seen(dict(self.seen))] if self.seen else []
        return [*seen, *map(decisions.Visited, self.runs.values()), *self.files]


class Journal:
    """Writes the journal records of a store to an archive.

    The archive is opened for the first record. Each transaction becomes one record, which is
    archived before the commit. If the archive fails, the record waits in the store. Sightings of
    unchanged releases and visits without results wait for the next record or for `close`.
    """

    def __init__(self, open_archive: Callable[[], Archive], orders: Orders | None = None) -> None:
        self._open_archive = open_archive
        self._orders = orders
        self._opened: Archive | None = None
        self._lock = threading.Lock()
        """Lock for ``_waiting``, from the journal record of a transaction to its commit."""
        self._waiting = Waiting()
        self._max_sights = MAX_WAITING_SIGHTS

    @contextmanager
    def writing(self, store: Store, unit: UnitOfWork) -> Iterator[None]:
        """Write the journal record of a transaction, and commit it in the ``with`` block."""
        with self._lock:
            before = self._waiting
            self._waiting = Waiting({**before.seen}, {**before.runs}, [*before.files])
            try:
                for decision in unit.delayable:
                    self._waiting.add(decision)
                if unit.decisions or len(self._waiting.seen) >= self._max_sights:
                    self._write_all(store, unit)
                with self._orders.writing(store, unit) if self._orders else nullcontext():
                    yield
            except BaseException:
                self._waiting = before
                raise

    def keep_file(self, store: Store, name: str, content: bytes | None) -> None:
        """Archive the new content of a TOML file in the home directory. None means a deleted file.

        Passwords, secret keys, user names and secret parameters in addresses are removed first,
        because the archive may be shared. Raises ArchiveError if the file can't be archived; the
        next call tries again.
        """
        digest = hashlib.sha256(content).hexdigest() if content is not None else ""
        with store.transaction():
            if store.journaled_files().get(name, "") == digest:
                return
            record, cut = "", False
            if content is not None:
                text = content.decode("utf-8", "replace")
                shown = masked_toml(text)
                cut = shown != text
                block = shown.encode() if cut else content
                uri = f"{FILE_URIS}{name}"
                record = self._archive.resource(uri, TOML, block, at=utc_now()).record_id
            store.keep_journaled_file(name, digest)
            store.unit.decide(decisions.FileKept(name, digest, record, cut))

    def close(self, store: Store) -> None:
        """Write all waiting decisions, and close the archive."""
        try:
            if self._waiting.decisions:
                self._max_sights = 0
                # The record of this transaction contains all waiting decisions.
                with store.transaction():
                    pass
        finally:
            self._max_sights = MAX_WAITING_SIGHTS
            if self._opened:
                self._opened.close()

    def _write_all(self, store: Store, unit: UnitOfWork) -> None:
        """Write the waiting decisions, and then the decisions of ``unit``, to the archive."""
        for decision in unit.decisions:
            if isinstance(decision, decisions.Visited):
                self._waiting.runs.pop(decision.run.source, None)
        made = [*self._waiting.decisions, *unit.decisions]
        self._waiting = Waiting()
        try:
            if not store.journal_end() and not store.was_empty():
                self._begin(store)
            while late := store.unwritten(limit=MAX_LATE_TRANSACTIONS):
                self._append(
                    store, [one for some in late for one in _decisions_decoder.decode(some)]
                )
                store.forget_unwritten(len(late))
            self._append(store, made)
        except ArchiveError as error:
            # A full disk loses no data here. Archiving the next response reports the error.
            log.warning(
                "new journal records stay in the store until they can be archived: %s", error
            )
            store.keep_unwritten(msgspec.json.encode(made))

    def _begin(self, store: Store) -> None:
        """Archive a snapshot of the store as it was before the current transaction."""
        digest = hashlib.sha256()
        records = []
        for piece in store.snapshot(PIECE_BYTES):
            digest.update(piece)
            kept = self._archive.resource(SNAPSHOT_URI, SQLITE, piece, at=utc_now())
            records.append(kept.record_id)
        while late := len(store.unwritten(limit=MAX_LATE_TRANSACTIONS)):
            # The snapshot contains these decisions.
            store.forget_unwritten(late)
        self._append(store, [decisions.Snapshot(records, digest.hexdigest())])

    def _append(self, store: Store, made: Sequence[AnyDecision]) -> None:
        block = msgspec.json.encode(JournalRecord(made, after=store.journal_end()))
        capture = self._archive.metadata(JOURNAL_URI, JSON, block, at=utc_now())
        store.keep_journal_end(capture.record_id)

    @property
    def _archive(self) -> Archive:
        """Return the archive, and open it on first use."""
        if self._opened is None:
            self._opened = self._open_archive()
        return self._opened


def combined_sight(before: Sight | None, sight: Sight) -> Sight:
    """Combine two successive sightings of a release.

    The result has the later time. It has the digest and leaf of ``sight`` if set, otherwise those
    of ``before``.
    """
    if before is None:
        return sight
    leaf = sight.leaf if sight.leaf >= 0 else before.leaf
    return (sight if sight.digest else before)._replace(at=sight.at, leaf=leaf)
