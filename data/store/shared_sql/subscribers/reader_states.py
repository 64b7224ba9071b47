"""Data of feed readers that sync: the releases that each account has read or starred."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from data.clock import instant
from data.models import Facet, ReaderItem, ReaderQuery
from data.store.shared_sql.connection import Part
from data.store.shared_sql.facets import selection
from data.store.shared_sql.rows import SHOWN_VIEW

READ_EXPRESSION: Final = """CASE WHEN s.read IS NOT NULL THEN s.read = 1 ELSE r.first_seen <= max(
    :read_until,
    coalesce((SELECT until FROM reader_marks WHERE account = :account AND source = ''), 0),
    coalesce((SELECT until FROM reader_marks WHERE account = :account AND source = r.source), 0)
) END"""

STATES: Final = {
    "all": "TRUE",
    "unread": f"NOT {READ_EXPRESSION}",
    "read": READ_EXPRESSION,
    "starred": "s.starred = 1",
}

OF_ACCOUNT: Final = "reader_states s ON s.account = :account AND s.release = r.number"


class ReaderStatesPart(Part):
    """Methods of the store for feed readers: the releases that each account has read or starred."""

    def reader_items(self, query: ReaderQuery, *, limit: int) -> tuple[ReaderItem, ...]:
        """Return the releases for a feed reader's query, in feed order or reversed."""
        join, clauses, arguments, table = selection(Facet(source=query.source, topic=query.topic))
        # In the order of the indexes, from either end: times descend while ids ascend.
        beyond, step, among, other = (
            (">", "ASC", "<", "DESC") if query.oldest_first else ("<", "DESC", ">", "ASC")
        )
        clauses = [*clauses, STATES[query.state]]
        if query.newer:
            clauses.append("r.first_seen >= :newer")
            arguments["newer"] = query.newer.timestamp()
        if query.older:
            clauses.append("r.first_seen < :older")
            arguments["older"] = query.older.timestamp()
        if query.after:
            clauses.append(f"{table}.sort_at {beyond}= :after_at")
            clauses.append(f"({table}.sort_at {beyond} :after_at OR {table}.id {among} :after_id)")
            arguments["after_at"], arguments["after_id"] = query.after
        known = "JOIN" if query.state == "starred" else "LEFT JOIN"
        return self._items(
            f"{join} {known} {OF_ACCOUNT} WHERE {' AND '.join(clauses)}"
            f" ORDER BY {table}.sort_at {step}, {table}.id {other} LIMIT :limit",
            {
                **arguments,
                "account": query.account,
                "read_until": query.read_until.timestamp(),
                "limit": limit,
            },
        )

    def reader_items_of(
        self, account: str, ids: Sequence[str], read_until: dt.datetime
    ) -> tuple[ReaderItem, ...]:
        """Return releases by the first 16 hexadecimal digits of their ids, in the given order."""
        arguments = {"account": account, "read_until": read_until.timestamp()}
        found: list[ReaderItem] = []
        for first, last in map(id_range, ids):
            found += self._items(
                f"LEFT JOIN {OF_ACCOUNT} WHERE r.id BETWEEN :first AND :last",
                {**arguments, "first": first, "last": last},
            )
        return tuple(found)

    def unread_counts(
        self, account: str, read_until: dt.datetime, *, limit: int
    ) -> Mapping[str, int]:
        """Return the number of unread releases per source.

        Only the ``limit`` most recently added releases are counted.
        """
        return dict(
            self._ask(
                "SELECT source, count(*) FROM (SELECT r.source FROM"
                f" (SELECT * FROM {SHOWN_VIEW} ORDER BY number DESC LIMIT :limit) r"
                f" LEFT JOIN {OF_ACCOUNT} WHERE NOT {READ_EXPRESSION}) AS unread GROUP BY source",
                {"account": account, "read_until": read_until.timestamp(), "limit": limit},
            )
        )

    def mark_items(
        self,
        account: str,
        ids: Sequence[str],
        *,
        read: bool | None = None,
        starred: bool | None = None,
    ) -> None:
        """Set or remove the marks "read" and "starred" of releases. None leaves a mark unchanged.

        ``ids`` contains the first 16 hexadecimal digits of release ids.
        """
        with self._writing() as db:
            for first, last in map(id_range, ids):
                db.execute(
                    "INSERT INTO reader_states (account, release, read, starred)"
                    " SELECT ?, number, CAST(? AS BIGINT), coalesce(CAST(? AS BIGINT), 0)"
                    " FROM releases WHERE id BETWEEN ? AND ?"
                    " ON CONFLICT (account, release) DO UPDATE SET"
                    " read = coalesce(CAST(? AS BIGINT), reader_states.read),"
                    " starred = coalesce(CAST(? AS BIGINT), reader_states.starred)",
                    [account, read, starred, first, last, read, starred],
                )

    def mark_all_read(self, account: str, until: dt.datetime, *, source: str | None) -> None:
        """Mark all releases first seen before a time as read.

        ``source`` limits them to one source.
        """
        at = until.timestamp()
        with self._writing() as db:
            db.execute(
                "INSERT INTO reader_marks (account, source, until) VALUES (?, ?, ?)"
                " ON CONFLICT (account, source)"
                " DO UPDATE SET until = max(reader_marks.until, excluded.until)",
                [account, source or "", at],
            )
            db.execute(
                "UPDATE reader_states SET read = 1 WHERE account = ? AND read = 0 AND release IN"
                f" (SELECT number FROM releases WHERE first_seen <= ?{of_source(source)})",
                [account, at, *([source] if source else [])],
            )

    def _items(self, where: str, arguments: Mapping[str, Any]) -> tuple[ReaderItem, ...]:
        rows = self._ask(
            f"SELECT r.id, r.source, r.first_seen, r.sort_at, {READ_EXPRESSION},"
            f" coalesce(s.starred, 0) FROM {SHOWN_VIEW} r {where}",
            arguments,
        )
        return tuple(
            ReaderItem(name, source, instant(seen), instant(order), bool(read), bool(starred))
            for name, source, seen, order, read, starred in rows
        )


def of_source(source: str | None) -> str:
    """Return an SQL condition for the releases of a source. It is empty if ``source`` is None."""
    return " AND source = ?" if source else ""


def id_range(digits: str) -> tuple[str, str]:
    """Return the first and last release id that begins with these 16 hexadecimal digits."""
    first = f"{digits[:8]}-{digits[8:12]}-{digits[12:]}"
    return first, first + "~"
