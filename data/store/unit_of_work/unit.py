"""The decisions and events of one transaction, collected until it commits."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from copy import copy
from typing import Any, Self, TypeAlias

from data.store.unit_of_work.decisions import AnyDecision
from data.text.source_secrets import NO_SECRETS, Secrets

BatchWriter: TypeAlias = Callable[[Any, list[Any]], None]
"""Function that writes items with a connection (data.store.shared_sql.connection)."""


class Transactions(ABC):
    """The transactions of a connection: at most one per thread, each with a unit of work.

    Each transaction is committed in the context that ``committing`` returns for its unit of work.
    """

    def __init__(self) -> None:
        self._threads = threading.local()
        self.committing: Callable[[UnitOfWork], AbstractContextManager[object]] = nullcontext
        self.secrets = NO_SECRETS
        """Secrets that the rows of queries contain only as ``***``."""

    def masking(self, secrets: Secrets) -> Self:
        """Return a view of this connection whose queries return ``***`` instead of secrets."""
        view = copy(self)
        view.secrets = secrets
        return view

    @property
    def unit(self) -> UnitOfWork:
        """Return the unit of work of this thread's current transaction.

        Raises RuntimeError if there is no transaction.
        """
        if unit := self._current:
            return unit
        raise RuntimeError("the unit of work is available only inside a transaction")

    @property
    def _current(self) -> UnitOfWork | None:
        return getattr(self._threads, "unit", None)

    @contextmanager
    def _within(self, *, parts: bool = True) -> Iterator[None]:
        """Begin a transaction, or a savepoint if this thread already has a transaction.

        Without ``parts``, a new transaction has no savepoints.
        """
        postponed: ExitStack | None = getattr(self._threads, "postponed", None)
        if postponed and not self._current:
            postponed.enter_context(self._outermost())
        unit = self._current
        if unit is None:
            with self._outermost():
                self.unit.has_parts = parts
                yield
                self.unit.check()
        else:
            with self._nested(unit) if unit.has_parts else unit.failing():
                yield

    @contextmanager
    def postponed(self) -> Iterator[None]:
        """Begin a transaction with the first write in a ``with`` block, and end it after the block.

        Queries before that write are not part of the transaction.
        """
        if self._current or getattr(self._threads, "postponed", None):
            yield
            return
        with ExitStack() as postponed:
            self._threads.postponed = postponed
            try:
                yield
            finally:
                self._threads.postponed = None

    @abstractmethod
    def _outermost(self) -> AbstractContextManager[None]:
        """Begin a transaction with a new unit of work."""

    @abstractmethod
    def _nested(self, unit: UnitOfWork) -> AbstractContextManager[None]:
        """Begin a savepoint within a transaction."""


class UnitOfWork:
    """The decisions, public events and delayed writes of a thread's outermost transaction.

    If a nested transaction fails, its own decisions, events and writes are dropped. At the commit,
    `data.store.core.store.Store` writes them in a fixed order.
    """

    def __init__(self) -> None:
        self.decisions: list[AnyDecision] = []
        """Decisions for the journal record of this transaction, in order."""
        self.delayable: list[AnyDecision] = []
        """Decisions that may wait for the next journal record."""
        self.public: list[Any] = []
        """Events for the public log, in order."""
        self.has_parts = True
        """Whether the writes of a failed nested transaction can be undone separately."""
        self._failed = False
        self._queued: list[tuple[BatchWriter, list[Any]]] = []

    def decide(self, *decisions: AnyDecision) -> None:
        """Add decisions for the journal record of this transaction."""
        self.decisions += decisions

    def decide_later(self, *decisions: AnyDecision) -> None:
        """Add decisions that may wait for a later journal record.

        These decisions wait until another decision is recorded or the store is closed.
        """
        self.delayable += decisions

    def publish(self, *events: Any) -> None:
        """Add events for the public log."""
        self.public += events

    def at_commit(self, write: BatchWriter, items: list[Any]) -> None:
        """Call ``write`` once before the commit, with the items of all calls for this function."""
        self._queued.append((write, items))

    def write_queued(self, db: Any) -> None:
        """Call the functions passed to `at_commit`, in the order of their first calls."""
        waiting: defaultdict[BatchWriter, list[Any]] = defaultdict(list)
        queued, self._queued = self._queued, []
        for write, items in queued:
            waiting[write] += items
        for write, items in waiting.items():
            write(db, items)

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Context manager: if the ``with`` block fails, the whole transaction fails.

        Raises RuntimeError if an earlier block failed.
        """
        self.check()
        try:
            yield
        except BaseException:
            self._failed = True
            raise

    def check(self) -> None:
        """Raise RuntimeError if a nested transaction failed that can't be rolled back alone."""
        if self._failed:
            raise RuntimeError("a part of this transaction failed, so it can't be committed")

    @contextmanager
    def part(self) -> Iterator[None]:
        """Context manager: if the ``with`` block fails, remove what it added to this unit."""
        lists: list[list[Any]] = [self.decisions, self.delayable, self.public, self._queued]
        lengths = [len(one) for one in lists]
        try:
            yield
        except BaseException:
            for one, length in zip(lists, lengths, strict=True):
                del one[length:]
            raise
