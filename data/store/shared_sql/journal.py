"""The store's position in the archive's journal, removal orders, and the record of API operations.

A removal order is an operator's decision to hide or redact a release or to remove a source. The
record of operations contains who changed what over the API, and the responses to repeated requests.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from data.models import OperationRecord
from data.store.shared_sql.connection import Part
from data.store.unit_of_work import decisions

ORDER: Final = "order:"
"""Prefix of the ids of removal orders in the table of journaled files. No file name in a home
directory begins with it."""

KEY_SECONDS: Final = 24 * 3600.0
"""Time in seconds for which an idempotency key and its response are stored."""

COLUMNS: Final = "number, at, token, name, target, key, body, status, response"


class JournalPart(Part):
    """Methods of the store that keep it consistent with the archive's journal."""

    def journal_end(self) -> str:
        """Return the id of the last journal record whose transaction was committed, or ''."""
        return self._value("SELECT record FROM journal_end") or ""

    def keep_journal_end(self, record_id: str) -> None:
        """Store the id of the journal record that belongs to the current transaction."""
        self._write(
            "INSERT INTO journal_end (one, record) VALUES (1, ?)"
            " ON CONFLICT (one) DO UPDATE SET record = excluded.record",
            [record_id],
        )

    def forget_journal(self) -> None:
        """Delete the position in the journal, because the journal will not contain later writes."""
        with self._writing() as db:
            for table in ("journal_end", "journal_outbox"):
                db.execute(f"DELETE FROM {table}")
            # Removal orders remain applied, with or without a journal.
            db.execute("DELETE FROM journaled_files WHERE name NOT LIKE ?", [f"{ORDER}%"])

    def note_published(self, at: dt.datetime, *, everything: bool) -> None:
        """Record that the site was updated. With ``everything``, all its files were written."""
        with self._writing():
            self._unit.decide(decisions.SitePublished(at, everything))

    def note_redactions(self, redactions: Iterable[decisions.Redacted]) -> None:
        """Record redactions from before a restart of the journal."""
        with self._writing():
            self._unit.decide(*redactions)

    def keep_unwritten(self, events: bytes) -> None:
        """Store journal events that can't be written to the archive yet."""
        self._write("INSERT INTO journal_outbox (events) VALUES (?)", [events])

    def unwritten(self, *, limit: int) -> tuple[bytes, ...]:
        """Return the first ``limit`` events that are not yet written to the archive, in order."""
        rows = self._ask("SELECT events FROM journal_outbox ORDER BY number LIMIT ?", [limit])
        return tuple(bytes(events) for (events,) in rows)

    def forget_unwritten(self, count: int) -> None:
        """Delete the first ``count`` events that were not yet written to the archive."""
        self._write(
            "DELETE FROM journal_outbox WHERE number IN"
            " (SELECT number FROM journal_outbox ORDER BY number LIMIT ?)",
            [count],
        )

    def journaled_files(self) -> Mapping[str, str]:
        """Return the SHA-256 digests of the files in the journal, by file name in HOME."""
        return dict(
            self._ask(
                "SELECT name, digest FROM journaled_files WHERE name NOT LIKE ?", [f"{ORDER}%"]
            )
        )

    def keep_journaled_file(self, name: str, digest: str) -> None:
        """Store the digest of the version of a file that the journal contains.

        For a deleted file, the digest is an empty string.
        """
        self._upsert("journaled_files", {"name": name, "digest": digest})

    def orders(self) -> frozenset[str]:
        """Return the ids of the removal orders that the store has applied.

        Removal orders are explained in data.archive.journal.orders.
        """
        rows = self._ask("SELECT name FROM journaled_files WHERE name LIKE ?", [f"{ORDER}%"])
        return frozenset(name.removeprefix(ORDER) for (name,) in rows)

    def has_order(self, order_id: str) -> bool:
        """Return whether the store has applied a removal order."""
        return bool(
            self._ask("SELECT 1 FROM journaled_files WHERE name = ?", [f"{ORDER}{order_id}"])
        )

    def keep_order(self, order_id: str) -> None:
        """Record in the current transaction that the store has applied a removal order.

        The transaction is durable when it ends, even if the database usually does not wait for the
        disk.
        """
        with self._writing():
            self._connection.upsert("journaled_files", {"name": f"{ORDER}{order_id}", "digest": ""})
            self._connection.commit_durably()

    def begin_operation(self, record: OperationRecord) -> OperationRecord:
        """Store an operation that begins now, and return it with its number.

        If the token has used the same key within `KEY_SECONDS`, the earlier record is returned.
        """
        with self._writing() as db:
            db.execute(
                "UPDATE operations SET key = NULL, response = NULL"
                " WHERE key IS NOT NULL AND at < ?",
                [record.at - KEY_SECONDS],
            )
            values = [record.at, record.token, record.name, record.target, record.key, record.body]
            db.execute(
                "INSERT INTO operations (at, token, name, target, key, body, status)"
                " VALUES (?, ?, ?, ?, ?, ?, 0)"
                " ON CONFLICT (token, key) WHERE key IS NOT NULL DO NOTHING",
                values,
            )
            where = "token = ? AND key = ?" if record.key else "token = ? AND at = ?"
            (row,) = self._ask(
                f"SELECT {COLUMNS} FROM operations WHERE {where} ORDER BY number DESC LIMIT 1",
                [record.token, record.key or record.at],
            )
        return OperationRecord(*row)

    def end_operation(self, record: OperationRecord, status: int, response: bytes | None) -> None:
        """Store the status of an operation, and its response if the request has a key.

        Without a response, a request with the same key runs the operation again.
        """
        self._write(
            "UPDATE operations SET status = ?, response = ? WHERE number = ?",
            [status, response if record.key else None, record.number],
        )

    def operations(self, *, limit: int) -> Sequence[OperationRecord]:
        """Return the last recorded operations, newest first."""
        rows = self._ask(f"SELECT {COLUMNS} FROM operations ORDER BY number DESC LIMIT ?", [limit])
        return [OperationRecord(*row) for row in rows]
