"""Protocol of a store for feed reader sync: the releases each account has read or starred."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Protocol

from data.models import ReaderItem, ReaderQuery


class ReaderStore(Protocol):
    """The methods for accounts of feed readers; an account is the name of a token."""

    def reader_items(self, query: ReaderQuery, *, limit: int) -> tuple[ReaderItem, ...]:
        """Return the releases for a feed reader's query, in feed order or reversed."""

    def reader_items_of(
        self, account: str, ids: Sequence[str], read_until: dt.datetime
    ) -> tuple[ReaderItem, ...]:
        """Return releases by the first 16 hexadecimal digits of their ids, in the order given."""

    def unread_counts(
        self, account: str, read_until: dt.datetime, *, limit: int
    ) -> Mapping[str, int]:
        """Return the number of unread releases per source.

        Only the ``limit`` releases that were first seen last are counted.
        """

    def mark_items(
        self,
        account: str,
        ids: Sequence[str],
        *,
        read: bool | None = None,
        starred: bool | None = None,
    ) -> None:
        """Mark releases as read or starred; None leaves a mark unchanged.

        ``ids`` contains the first 16 hexadecimal digits of release ids.
        """

    def mark_all_read(self, account: str, until: dt.datetime, *, source: str | None) -> None:
        """Mark all releases first seen up to a time as read, of one source or of all."""
