"""Whether a pooler between gives the session of a connection to others, after each transaction.

What holds as long as a session does would be lost there, and met by others: time limits, prepared
statements, and the lock of the one service that leads.
"""

from __future__ import annotations

from contextlib import closing
from typing import Final

import psycopg

POOLED: Final = (
    "a pooler between gives each transaction another session, so that nothing holds which services "
    "agree on: set its pool_mode to session, or name the database itself"
)

TRIES: Final = 5
"""Looks at who has our session: others on the pooler may take it for a moment before we see it."""

PATIENCE: Final = 10
"""Seconds for which a connection is waited for."""


def shares_sessions(db: psycopg.Connection, url: str) -> bool:
    """Whether the session of a connection to ``url`` is given to others while it is open."""
    session = session_of(db)
    if session == db.info.backend_pid:
        # It is the database itself that answered: poolers make numbers of their own up.
        return False
    return any(takes(url, session) or session_of(db) != session for _ in range(TRIES))


def takes(url: str, session: int) -> bool:
    """Whether another connection, within a transaction, is given a session."""
    with (
        closing(psycopg.connect(url, autocommit=True, connect_timeout=PATIENCE)) as other,
        other.transaction(),
    ):
        return session_of(other) == session


def session_of(db: psycopg.Connection) -> int:
    """The number of the process of the database that answers."""
    ((number,),) = db.execute("SELECT pg_backend_pid()").fetchall()
    return int(number)
