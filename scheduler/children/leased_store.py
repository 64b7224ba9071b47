"""A store for visits under a lease: it accepts writes only while the lease is held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import Any, Protocol, cast

from data.health.run_errors import CUT
from data.models import Lease, Run
from data.store.protocol import Store


class FencedStore(Store, Protocol):
    """A store that several machines write to."""

    def under(self, lease: Lease) -> AbstractContextManager[None]:
        """Make each transaction inside the block raise LeaseLost once the lease is lost."""

    def settle_visit(self, source: str) -> None:
        """Mark the due visit of a source as done."""


def leased_store(store: Store, lease: Lease | None) -> Store:
    """The store for a visit: under its lease, or unchanged if the visit needs none."""
    return cast("Store", LeasedStore(cast("FencedStore", store), lease)) if lease else store


def under(store: Store, lease: Lease | None) -> AbstractContextManager[None]:
    """Write to a store only under a lease, in all threads; without a lease, change nothing."""
    return cast("FencedStore", store).under(lease) if lease else nullcontext()


class LeasedStore:
    """A data.store.protocol.Store that calls each method under a lease. Raises LeaseLost."""

    def __init__(self, store: FencedStore, lease: Lease) -> None:
        self._store = store
        self._lease = lease

    def __getattr__(self, name: str) -> Any:
        """A method of the store, called under the lease."""
        verb: Callable[..., Any] = getattr(self._store, name)

        @wraps(verb)
        def leased(*arguments: Any, **named: Any) -> Any:
            with self._store.under(self._lease):
                return verb(*arguments, **named)

        # Kept, so that __getattr__ is called once per method.
        setattr(self, name, leased)
        return leased

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Put the calls inside the block into one transaction."""
        with self._store.under(self._lease), self._store.transaction():
            yield

    def add_run(self, run: Run) -> None:
        """Store the report of a visit.

        Its source is no longer due, unless the visit was ended early.
        """
        with self.transaction():
            self._store.add_run(run)
            if not any(error.kind == CUT for error in run.errors):
                self._store.settle_visit(run.source)
