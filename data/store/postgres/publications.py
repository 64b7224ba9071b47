"""Counts the publications of all HOMEs on one database, as each begins and ends."""

from __future__ import annotations

from data.sqlite_file import BUSY_SECONDS
from data.store.postgres.database.connection import Connection


def count_publication(url: str) -> int:
    """The next number, which nobody else is given. Raises StoreError."""
    connection = Connection(url, patience=BUSY_SECONDS)
    try:
        with connection.writing() as db:
            ((number,),) = db.execute("SELECT nextval('publications')").fetchall()
            return int(number)
    finally:
        connection.close()
