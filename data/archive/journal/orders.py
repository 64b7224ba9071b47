"""Removal orders in a separate file: releases and sources that were hidden, removed or redacted.

A store can be older than its archive: restored from a backup, copied, or without its last
transactions after a power failure. Its journal then lacks later removal orders. Each order is
therefore also a line of ``orders.jsonl``, which is synced before the commit even if the archive is
disabled. A store remembers which orders it applied, and applies missing ones when it is opened.
"""

import datetime as dt
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias
from uuid import uuid4

import msgspec
from msgspec import structs

from data.clock import utc_now
from data.errors import ArchiveError
from data.files import sync
from data.identity.decision import DraftDecision
from data.identity.matching import DraftSignature
from data.models import Content, Draft, Release
from data.models.release import REDACTED
from data.store.core.store import Store
from data.store.unit_of_work import decisions
from data.store.unit_of_work.outcome import RecordOutcome
from data.store.unit_of_work.unit import UnitOfWork

ORDERS_FILE: Final = "orders.jsonl"
"""Name of the file with removal orders in the archive's folder."""

TAIL_BYTES: Final = 65_536
"""Number of bytes read from the end of ``orders.jsonl`` to find its last line."""

HIDDEN_TITLE: Final = "[hidden]"
"""Title of a hidden release whose text was never in the store."""

OrderDecision: TypeAlias = (
    decisions.Hidden
    | decisions.Unhidden
    | decisions.Redacted
    | decisions.FilesRedacted
    | decisions.SourceRemoved
    | decisions.SourceRestored
)

OF_RELEASES: Final = (decisions.Hidden, decisions.Unhidden, decisions.Redacted)
ORDERS: Final = (*OF_RELEASES, decisions.SourceRemoved, decisions.SourceRestored)


class Order(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order to hide, show, remove or redact a release or source. ``at`` is its time (UTC).

    ``release`` is the release without its text, for stores that never had it.
    """

    id: str
    at: dt.datetime
    decision: OrderDecision = msgspec.field(name="event")
    release: decisions.Recorded | None = None


class Orders:
    """The file of removal orders in the folder ``archive``. The file may be missing."""

    def __init__(self, archive: Path) -> None:
        self.path = archive / ORDERS_FILE

    def read(self) -> list[Order]:
        """Return all readable removal orders, oldest first. Raises ArchiveError."""
        return [order for order in map(_decoded, self._lines()) if order]

    def redacted_files(self) -> frozenset[str]:
        """Return the addresses whose records were redacted. Raises ArchiveError."""
        return frozenset(
            url
            for order in self.read()
            if isinstance(order.decision, decisions.FilesRedacted)
            for url in order.decision.urls
        )

    def damaged_lines(self) -> int:
        """Return the number of unreadable lines in the file. Raises ArchiveError."""
        return sum(_decoded(line) is None for line in self._lines())

    def missing(self, store: Store) -> list[Order]:
        """Return the removal orders that a store has not applied yet, oldest first.

        Raises ArchiveError and StoreError.
        """
        last = self._last()
        if last is None or store.has_order(last.id):
            return []
        known = store.orders()
        return [order for order in self.read() if order.id not in known]

    @contextmanager
    def writing(self, store: Store, unit: UnitOfWork) -> Iterator[None]:
        """Append the removal orders of a transaction to the file, as the transaction's last step.

        Raises ArchiveError if the file can't be written.
        """
        # A redaction writes its order itself, because it restarts the journal.
        self.keep(
            store,
            [
                decision
                for decision in unit.decisions
                if isinstance(decision, ORDERS) and not isinstance(decision, decisions.Redacted)
            ],
        )
        yield

    def keep_file(self, store: Store, name: str, content: bytes | None) -> None:
        """Do nothing: files are archived only if the journal is enabled."""

    def close(self, store: Store) -> None:
        """Do nothing: removal orders never wait to be written."""

    def keep(self, store: Store, given: Sequence[OrderDecision]) -> None:
        """Append removal orders to the file within the current transaction.

        Raises ArchiveError if the file can't be written.
        """
        if not given:
            return
        orders = [
            Order(uuid4().hex, utc_now(), decision, without_text(store, decision))
            for decision in given
        ]
        self._append(b"".join(msgspec.json.encode(order) + b"\n" for order in orders))
        for order in orders:
            store.keep_order(order.id)

    def obey(self, store: Store) -> int:
        """Apply missing removal orders to a store in one transaction, and return their number.

        Raises ArchiveError if the file can't be read, and StoreError.
        """
        if not self.missing(store):
            return 0
        with store.transaction():
            # Another process may have applied the orders in the meantime.
            orders = self.missing(store)
            obey(store, orders)
            redacts = any(isinstance(order.decision, decisions.Redacted) for order in orders)
            if redacts:
                # The redactions also removed records from the chain of this store's journal.
                store.forget_journal()
            for order in orders:
                store.keep_order(order.id)
        if redacts:
            store.overwrite_free_space()
        return len(orders)

    def _lines(self) -> list[bytes]:
        try:
            lines = self.path.read_bytes().split(b"\n")
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise self._failed(error) from error
        # If the last line has no line feed, its write was never acknowledged.
        return [line for line in lines[:-1] if line]

    def _last(self) -> Order | None:
        """Return the last removal order in the file, or None if the file has no orders."""
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - TAIL_BYTES))
                lines = file.read().split(b"\n")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._failed(error) from error
        found = _decoded(lines[-2]) if len(lines) > 1 else None
        return found or next(reversed(self.read()), None)

    def _append(self, lines: bytes) -> None:
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
            with os.fdopen(handle, "r+b", buffering=0) as file:
                content = file.read() or b""
                whole = content.rfind(b"\n") + 1
                if whole < len(content):
                    # A power failure can leave an incomplete last line.
                    file.truncate(whole)
                rest = memoryview(lines)
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(handle)
            sync(self.path.parent)
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> ArchiveError:
        return ArchiveError(str(self.path), f"orders can't be stored there: {error.strerror}")


def _decoded(line: bytes) -> Order | None:
    try:
        return msgspec.json.decode(line, type=Order)
    except msgspec.DecodeError:
        return None


def obey(
    store: Store,
    orders: Sequence[Order],
    recorded: Mapping[str, decisions.Recorded] | None = None,
) -> None:
    """Apply removal orders to a store, oldest first. A later order can undo an earlier one.

    ``recorded`` maps the ids of releases that may be missing from the store to their data. Raises
    StoreError.
    """
    moves = store.source_moves()
    last: dict[tuple[str, str], Order] = {}
    for order in orders:
        decision = order.decision
        if isinstance(decision, OF_RELEASES):
            kind = "redact" if isinstance(decision, decisions.Redacted) else "hide"
            last[kind, decision.release] = order
        elif not isinstance(decision, decisions.FilesRedacted):
            last["source", moves.get(decision.source, decision.source)] = order
    with store.transaction():
        # Releases come first: a release that was hidden alone then stays hidden when its source is
        # restored.
        for (kind, name), order in sorted(last.items(), key=lambda one: one[0][0] == "source"):
            if kind == "source":
                obey_order(store, structs.replace(order.decision, source=name))
            else:
                is_added = _add_missing(store, order, (recorded or {}).get(name))
                obey_order(store, order.decision, is_added=is_added)


def _add_missing(store: Store, order: Order, recorded: decisions.Recorded | None) -> bool:
    """Add a release to the store if a removal order refers to it and it is missing.

    Returns whether it was added.
    """
    release = recorded or order.release
    if release is None or isinstance(order.decision, decisions.Unhidden):
        return False
    if store.release(str(release.release["id"])):
        return False
    store.restore(release.outcome(None))
    return True


def obey_order(store: Store, decision: OrderDecision, *, is_added: bool = False) -> None:
    """Apply one removal order to a store, whose release must be in the store.

    ``is_added`` is true if the release was added just now, so that its redaction is not complete.
    """
    match decision:
        case decisions.Hidden():
            store.hide(decision.release, at=decision.at, why=decision.why)
        case decisions.Unhidden():
            store.unhide(decision.release)
        case decisions.Redacted():
            known = store.release(decision.release)
            if known and (is_added or not known.content.redacted):
                store.redact(decision.release, at=decision.at, why=decision.why)
        case decisions.SourceRemoved():
            store.remove_source(decision.source, at=decision.at, kept=decision.kept)
        case decisions.SourceRestored():
            store.restore_source(decision.source)


def without_text(store: Store, decision: OrderDecision) -> decisions.Recorded | None:
    """Return the release that a removal order hides or redacts, without its text.

    Returns None for other orders and unknown releases.
    """
    if not isinstance(decision, decisions.Hidden | decisions.Redacted):
        return None
    release = store.release(decision.release)
    if release is None:
        return None
    said = release.content
    # A redacted release stays redacted. A hidden release gets its real title back when it is shown
    # again.
    title = REDACTED if said.redacted else HIDDEN_TITLE
    version = replace(
        release,
        content=Content(title, said.published, said.language, said.section, said.topics),
        revision=1,
        reread=0,
        story=None,
        capture=None,
        hidden=False,
    )
    fingerprint = fingerprint_of(release)
    addresses = tuple(dict.fromkeys([release.url, *release.aliases]))
    return decisions.recorded(
        RecordOutcome(DraftDecision("new", version), None, fingerprint, addresses)
    )


def fingerprint_of(release: Release) -> bytes:
    """Return the fingerprint of a release's text, which is equal for drafts with the same text."""
    if release.content.redacted:
        return b""
    draft = Draft(release.source, release.url, release.content, digest=release.digest)
    return DraftSignature(draft).fingerprint
