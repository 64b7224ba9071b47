"""The leaves of the log that many machines share, as PostgreSQL numbers and keeps them.

They are committed apart from the transactions of the store: a record of the archive is there
whatever becomes of the decision that it is about.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import psycopg

from data.archive.log.leaf import ENTRY, ID
from data.errors import ArchiveError, StoreError
from data.store.postgres.database.pool import WRITER, failed, pool_of
from data.text.redaction import redacted

if TYPE_CHECKING:
    import datetime as dt

PATIENCE: Final = 30.0
"""Seconds that a leaf waits for a database that is being restarted."""

TAKE_TURN: Final = f"SELECT pg_advisory_xact_lock({WRITER + 1}, hashtext(current_schema()))"
"""One gives numbers at a time, so that none is missing below one that is there."""

END: Final = (
    "SELECT coalesce((SELECT max(number) + 1 FROM log_leaves),"
    " (SELECT base FROM log_signer), 0)::bigint"
)


class LeafTable:
    """data.archive.log.shared_log.LeafStore in the database at ``url``, opened at its first use."""

    def __init__(self, url: str) -> None:
        self._url = url

    def signer(self) -> tuple[str, ...]:
        """All keys of who signs, as vkeys, the newest last; none before the first that does."""
        with self._transaction() as db:
            rows = db.execute("SELECT verifier FROM log_signer").fetchall()
            return tuple(str(rows[0][0]).split()) if rows else ()

    def set_signer(self, verifier: str, base: int) -> bool:
        """Keep who signs, and that his log has ``base`` leaves already; whether it is kept.

        It is not where somebody signs, or where leaves are here that those would come before.
        """
        with self._transaction() as db:
            db.execute(TAKE_TURN)
            done = db.execute(
                "INSERT INTO log_signer (one, verifier, base) SELECT 1, %s, %s::bigint"
                " WHERE %s::bigint = 0 OR NOT EXISTS (SELECT 1 FROM log_leaves)"
                " ON CONFLICT DO NOTHING",
                [verifier, base, base],
            )
            return done.rowcount == 1

    def follow_signer(self, known: Sequence[str], keys: Sequence[str]) -> None:
        """Keep all keys of who signs, in place of those that were known."""
        with self._transaction() as db:
            db.execute(
                "UPDATE log_signer SET verifier = %s WHERE verifier = %s",
                [" ".join(keys), " ".join(known)],
            )

    def base(self) -> int:
        """How many leaves the log of who signs had before the first one here."""
        with self._transaction() as db:
            rows = db.execute("SELECT base FROM log_signer").fetchall()
            return int(rows[0][0]) if rows else 0

    def append(self, entries: Sequence[bytes], writer: str) -> int:
        """Give entries numbers, one after the other, and return the first. They are durable."""
        with self._transaction() as db:
            db.execute(TAKE_TURN)
            ((first,),) = db.execute(END).fetchall()
            db.execute(
                "INSERT INTO log_leaves (number, entry, record, writer)"
                " SELECT %s::bigint + given.place - 1, given.entry, given.record, %s"
                " FROM unnest(%s::bytea[], %s::uuid[]) WITH ORDINALITY"
                " AS given (entry, record, place)",
                [first, writer, [*entries], [UUID(bytes=bytes(one[-ID:])) for one in entries]],
            )
            return int(first)

    def find(self, record_ids: Collection[UUID]) -> dict[UUID, int]:
        """The numbers of the leaves of records, of several the last."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT record, max(number) FROM log_leaves"
                " WHERE record = ANY (%s) GROUP BY record",
                [[*record_ids]],
            )
            return dict(rows.fetchall())

    def end(self) -> int:
        """How many leaves there are, those before the first one here too."""
        with self._transaction() as db:
            ((end,),) = db.execute(END).fetchall()
            return int(end)

    def confirm(self, writer: str, end: int) -> None:
        """Note that the records of a writer's leaves before the number ``end`` are durable."""
        with self._transaction() as db:
            db.execute(
                "UPDATE log_leaves SET confirmed = true"
                " WHERE writer = %s AND number < %s AND NOT confirmed",
                [writer, end],
            )

    def give_up(self, before: dt.datetime) -> int:
        """Make leaves void that were given before then and never confirmed; how many."""
        with self._transaction() as db:
            done = db.execute(
                "UPDATE log_leaves SET entry = %s, record = NULL, confirmed = true"
                " WHERE NOT confirmed AND at < %s",
                [bytes(ENTRY), before],
            )
            return done.rowcount

    def entries(self, first: int) -> list[bytes]:
        """All entries from a number on."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT entry FROM log_leaves WHERE number >= %s ORDER BY number", [first]
            )
            return [bytes(entry) for (entry,) in rows]

    def confirmed(self, first: int, *, limit: int) -> list[bytes]:
        """Entries from a number on, up to the first that is not confirmed."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT number, entry, confirmed FROM log_leaves WHERE number >= %s"
                " ORDER BY number LIMIT %s",
                [first, limit],
            )
            entries: list[bytes] = []
            for number, entry, is_confirmed in rows:
                if not is_confirmed or number != first + len(entries):
                    break
                entries.append(bytes(entry))
            return entries

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection[Any]]:
        try:
            with pool_of(self._url, PATIENCE).connection() as db, db.transaction():
                yield db
        except psycopg.Error as error:
            raise ArchiveError(redacted(self._url), str(failed(self._url, error))) from error
        except StoreError as error:
            raise ArchiveError(redacted(self._url), str(error)) from error
