"""How far the journal of the archive has come, what it lacks, and the orders that are obeyed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from data.store.sql.database.connection import Part

ORDER: Final = "order:"
"""How the names of orders begin in the table of journaled files; their ids follow.

No file of HOME has such a name.
"""


class JournalPart(Part):
    """The verbs of data.store.journal_protocol that keep a journal in step with the store."""

    def journal_end(self) -> str:
        """The id of the last journal record that was committed with what it tells of, or empty."""
        rows = self._ask("SELECT record FROM journal_end")
        return str(rows[0][0]) if rows else ""

    def keep_journal_end(self, record_id: str) -> None:
        """Keep the id of the journal record of the transaction under way."""
        with self._writing() as db:
            db.execute(
                "INSERT INTO journal_end (one, record) VALUES (1, ?)"
                " ON CONFLICT (one) DO UPDATE SET record = excluded.record",
                [record_id],
            )

    def forget_journal(self) -> None:
        """Forget how far the journal has come: what is decided from now on is not in it."""
        with self._writing() as db:
            for table in ("journal_end", "journal_outbox"):
                db.execute(f"DELETE FROM {table}")
            # Orders are obeyed with or without a journal.
            db.execute("DELETE FROM journaled_files WHERE name NOT LIKE ?", [f"{ORDER}%"])

    def keep_unwritten(self, events: bytes) -> None:
        """Keep events that the archive can't take now."""
        with self._writing() as db:
            db.execute("INSERT INTO journal_outbox (events) VALUES (?)", [events])

    def unwritten(self, *, limit: int) -> tuple[bytes, ...]:
        """The first events that the archive could not take, in their order."""
        rows = self._ask("SELECT events FROM journal_outbox ORDER BY number LIMIT ?", [limit])
        return tuple(bytes(events) for (events,) in rows)

    def forget_unwritten(self, count: int) -> None:
        """Keep so many of the first of them no more."""
        with self._writing() as db:
            db.execute(
                "DELETE FROM journal_outbox WHERE number IN"
                " (SELECT number FROM journal_outbox ORDER BY number LIMIT ?)",
                [count],
            )

    def journaled_files(self) -> Mapping[str, str]:
        """The SHA-256 of each file that the journal holds, by its name in HOME."""
        return dict(
            self._ask(
                "SELECT name, digest FROM journaled_files WHERE name NOT LIKE ?", [f"{ORDER}%"]
            )
        )

    def keep_journaled_file(self, name: str, digest: str) -> None:
        """Keep what the journal holds of a file; an empty digest where it is gone."""
        with self._writing():
            self._connection.upsert("journaled_files", {"name": name, "digest": digest})

    def orders(self) -> frozenset[str]:
        """The ids of the orders that the store obeys."""
        rows = self._ask("SELECT name FROM journaled_files WHERE name LIKE ?", [f"{ORDER}%"])
        return frozenset(name.removeprefix(ORDER) for (name,) in rows)

    def has_order(self, order_id: str) -> bool:
        """Whether the store obeys an order."""
        return bool(
            self._ask("SELECT 1 FROM journaled_files WHERE name = ?", [f"{ORDER}{order_id}"])
        )

    def keep_order(self, order_id: str) -> None:
        """Note that the store obeys an order with the transaction under way.

        That transaction is durable when it ends, whatever the settings of the database are.
        """
        with self._writing():
            self._connection.upsert("journaled_files", {"name": f"{ORDER}{order_id}", "digest": ""})
            self._connection.commit_durably()
