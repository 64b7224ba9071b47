"""Table of a shared log's leaves in PostgreSQL, which assigns their numbers.

Leaves are not part of the store's transactions, because archive records remain even if a decision
about them is rolled back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import psycopg

from data.archive.log.leaf import ENTRY_BYTES, ID_BYTES
from data.errors import ArchiveError, StoreError
from data.store.postgres.pool import WRITER, failed, pool_of
from data.text.masking import masked

if TYPE_CHECKING:
    import datetime as dt

MAX_WAIT_SECONDS: Final = 30.0
"""Maximum time in seconds to wait for a restarting database."""

TAKE_TURN: Final = f"SELECT pg_advisory_xact_lock({WRITER + 1}, hashtext(current_schema()))"
"""Query that lets only one process at a time assign leaf numbers, to avoid gaps."""

END: Final = (
    "SELECT coalesce((SELECT max(number) + 1 FROM log_leaves),"
    " (SELECT base FROM log_signer), 0)::bigint"
)


class LeafTable:
    """Assigns numbers to the leaves of many machines, in the database at ``url``.

    The database is opened on first use. All methods raise ArchiveError.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def signer(self) -> tuple[str, ...]:
        """Return all public keys of the machine that signs the log, as vkeys, newest last.

        The result is empty if no machine has signed the log yet.
        """
        with self._transaction() as db:
            rows = db.execute("SELECT verifier FROM log_signer").fetchall()
            return tuple(str(rows[0][0]).split()) if rows else ()

    def set_signer(self, verifier: str, base: int) -> bool:
        """Make a machine the signing machine, and return whether this succeeded.

        ``verifier`` is the machine's public key, ``base`` the number of leaves in its log. Fails if
        another machine already signs, or if the table has leaves with numbers below ``base``.
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
        """Replace the signing machine's ``known`` keys with its current ``keys``."""
        with self._transaction() as db:
            db.execute(
                "UPDATE log_signer SET verifier = %s WHERE verifier = %s",
                [" ".join(keys), " ".join(known)],
            )

    def base(self) -> int:
        """Return the number of leaves that the log had before its first leaf in this database."""
        with self._transaction() as db:
            rows = db.execute("SELECT base FROM log_signer").fetchall()
            return int(rows[0][0]) if rows else 0

    def append(self, entries: Sequence[bytes], writer: str) -> int:
        """Store entries durably under successive numbers, and return the first number.

        ``writer`` is the id of the machine that wrote their records.
        """
        with self._transaction() as db:
            db.execute(TAKE_TURN)
            ((first,),) = db.execute(END).fetchall()
            db.execute(
                "INSERT INTO log_leaves (number, entry, record, writer)"
                " SELECT %s::bigint + given.place - 1, given.entry, given.record, %s"
                " FROM unnest(%s::bytea[], %s::uuid[]) WITH ORDINALITY"
                " AS given (entry, record, place)",
                [
                    first,
                    writer,
                    [*entries],
                    [UUID(bytes=bytes(one[-ID_BYTES:])) for one in entries],
                ],
            )
            return int(first)

    def find(self, record_ids: Collection[UUID], *, settled: bool = False) -> dict[UUID, int]:
        """Return the leaf numbers of records by record id.

        If a record has several leaves, the last number is returned. With ``settled``, wait first
        until all earlier calls of `append` have ended in the database.
        """
        with self._transaction() as db:
            if settled:
                db.execute(TAKE_TURN)
            rows = db.execute(
                "SELECT record, max(number) FROM log_leaves"
                " WHERE record = ANY (%s) GROUP BY record",
                [[*record_ids]],
            )
            return dict(rows.fetchall())

    def end(self) -> int:
        """Return the number of leaves in the log, including leaves that are not in the database."""
        with self._transaction() as db:
            ((end,),) = db.execute(END).fetchall()
            return int(end)

    def confirm(self, writer: str, end: int) -> None:
        """Confirm leaves of a machine after their records were synced to disk.

        ``writer`` is the id of the machine. All its leaves with numbers below ``end`` are
        confirmed.
        """
        with self._transaction() as db:
            db.execute(
                "UPDATE log_leaves SET confirmed = true"
                " WHERE writer = %s AND number < %s AND NOT confirmed",
                [writer, end],
            )

    def give_up(self, before: dt.datetime) -> int:
        """Void all unconfirmed leaves from before the time ``before``, and return their number."""
        with self._transaction() as db:
            done = db.execute(
                "UPDATE log_leaves SET entry = %s, record = NULL, confirmed = true"
                " WHERE NOT confirmed AND at < %s",
                [bytes(ENTRY_BYTES), before],
            )
            return done.rowcount

    def entries(self, first: int) -> list[bytes]:
        """Return all log entries from number ``first`` on."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT entry FROM log_leaves WHERE number >= %s ORDER BY number", [first]
            )
            return [bytes(entry) for (entry,) in rows]

    def confirmed(self, first: int, *, limit: int) -> list[bytes]:
        """Return confirmed entries from number ``first`` on, up to the first unconfirmed entry.

        Returns at most ``limit`` entries.
        """
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
            with pool_of(self._url, MAX_WAIT_SECONDS).connection() as db, db.transaction():
                yield db
        except psycopg.Error as error:
            raise ArchiveError(masked(self._url), str(failed(self._url, error))) from error
        except StoreError as error:
            raise ArchiveError(masked(self._url), str(error)) from error
