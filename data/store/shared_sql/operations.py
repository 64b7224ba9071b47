"""Record of operations: who changed what over the API, and the responses to repeated requests."""

from collections.abc import Sequence
from typing import Final

from data.models import OperationRecord
from data.store.shared_sql.database.connection import Part

KEY_SECONDS: Final = 24 * 3600.0
"""Time in seconds for which an idempotency key and its response are stored."""

COLUMNS: Final = "number, at, token, name, target, key, body, status, response"


class OperationsPart(Part):
    """Methods of the store that record operations. Their responses are stored for a day."""

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
