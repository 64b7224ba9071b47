"""What feed readers that sync keep in a store: which releases each account read and starred."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Protocol

from data.models import ReaderItem, ReaderQuery


class ReaderStore(Protocol):
    """The verbs of accounts; an account is the name of a token."""

    def reader_items(self, query: ReaderQuery, *, limit: int) -> tuple[ReaderItem, ...]:
        """The releases that a reader asks for, in the order of feeds or against it."""

    def reader_items_of(
        self, account: str, ids: Sequence[str], read_until: dt.datetime
    ) -> tuple[ReaderItem, ...]:
        """Some releases by the first 16 hexadecimal digits of their ids, in their order."""

    def unread_counts(
        self, account: str, read_until: dt.datetime, *, limit: int
    ) -> Mapping[str, int]:
        """How many unread releases each source has, of the ``limit`` that were seen last."""

    def mark_items(
        self,
        account: str,
        ids: Sequence[str],
        *,
        read: bool | None = None,
        starred: bool | None = None,
    ) -> None:
        """Note of some releases (see ``reader_items_of``) what is not None."""

    def mark_all_read(self, account: str, until: dt.datetime, *, source: str | None) -> None:
        """Note that all first seen until then is read, of a source or of all."""
