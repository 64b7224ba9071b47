"""Detect a connection pooler that gives a session to other clients after each transaction.

Such a pooler would lose everything bound to a session, or apply it to other clients: time limits,
prepared statements, and the lock of the leading service.
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
"""Maximum number of checks whether our session is shared. Other clients of the pooler may briefly
hold the session before it is seen."""

CONNECT_TIMEOUT_SECONDS: Final = 10
"""Maximum time in seconds to wait for a connection."""


def shares_sessions(db: psycopg.Connection, url: str) -> bool:
    """Return whether a pooler at ``url`` gives our open connection's session to other clients."""
    session = session_of(db)
    if session == db.info.backend_pid:
        # The connection is direct: poolers report process ids of their own.
        return False
    return any(takes(url, session) or session_of(db) != session for _ in range(TRIES))


def takes(url: str, session: int) -> bool:
    """Return whether another connection gets this session within a transaction."""
    with (
        closing(
            psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_SECONDS)
        ) as other,
        other.transaction(),
    ):
        return session_of(other) == session


def session_of(db: psycopg.Connection) -> int:
    """Return the process id of the database backend that answers."""
    ((number,),) = db.execute("SELECT pg_backend_pid()").fetchall()
    return int(number)
