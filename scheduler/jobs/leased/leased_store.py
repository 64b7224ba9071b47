"""A store for a visit of one worker among many: it takes what came of it under its lease only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import Any, Protocol, cast

from data.health.evidence import CUT
from data.models import Lease, Run
from data.store.protocol import Store


class FencedStore(Store, Protocol):
    """A store that many machines write to."""

    def under(self, lease: Lease) -> AbstractContextManager[None]:
        """Have each transaction within raise LeaseLost once the lease is lost."""

    def settle_visit(self, source: str) -> None:
        """Note that a source has had the visit that it was due."""


def leased_store(store: Store, lease: Lease | None) -> Store:
    """The store as a visit is to use it that was given a lease, or none where it needs none."""
    return cast("Store", LeasedStore(cast("FencedStore", store), lease)) if lease else store


def under(store: Store, lease: Lease | None) -> AbstractContextManager[None]:
    """Have a store be written to under a lease only, where there is one, by all threads."""
    return cast("FencedStore", store).under(lease) if lease else nullcontext()


class LeasedStore:
    """A data.store.protocol.Store each of whose verbs is done under a lease. Raises LeaseLost."""

    def __init__(self, store: FencedStore, lease: Lease) -> None:
        self._store = store
        self._lease = lease

    def __getattr__(self, name: str) -> Any:
        """A verb of the store."""
        verb: Callable[..., Any] = getattr(self._store, name)

        @wraps(verb)
        def leased(*arguments: Any, **named: Any) -> Any:
            with self._store.under(self._lease):
                return verb(*arguments, **named)

        # Looked for once.
        setattr(self, name, leased)
        return leased

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the verbs that are called within one transaction: all are kept, or none."""
        with self._store.under(self._lease), self._store.transaction():
            yield

    def add_run(self, run: Run) -> None:
        """Keep the report of a run. Its source is due no more, unless we cut the visit short."""
        with self.transaction():
            self._store.add_run(run)
            if not any(error.kind == CUT for error in run.errors):
                self._store.settle_visit(run.source)
