"""Store for visits under a lease: it accepts writes only while the lease is held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, cast

from data.health.run_errors import CUT
from data.models import Lease, Run
from data.store.core.store import Store


def leased_store(store: Store, lease: Lease | None) -> Store:
    """Return the store for a visit: under the visit's lease, or unchanged without a lease."""
    return cast("Store", LeasedStore(store, lease)) if lease else store


class LeasedStore:
    """A data.store.core.store.Store that calls each method under a lease. Raises LeaseLost."""

    def __init__(self, store: Store, lease: Lease) -> None:
        self._store = store
        self._lease = lease

    def __getattr__(self, name: str) -> Any:
        """Return a method of the store, called under the lease."""
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
