"""Counts publications of all home directories on one database."""

from __future__ import annotations

from data.sqlite_file import BUSY_SECONDS
from data.store.postgres.database.connection import Connection


def count_publication(url: str) -> int:
    """Return the next publication number, which nobody else gets. Raises StoreError."""
    connection = Connection(url, patience=BUSY_SECONDS)
    try:
        with connection.writing() as db:
            ((number,),) = db.execute("SELECT nextval('publications')").fetchall()
            return int(number)
    finally:
        connection.close()
