"""Detect a connection pooler that gives a session to other clients after each transaction.

Such a pooler would lose the state of a session (time limits, prepared statements, the lock of the
leading service), or apply it to other clients.
"""

from contextlib import closing
from typing import Final

import psycopg

POOLED: Final = (
    "a connection pooler gives each transaction another session, so locks and settings are lost: "
    "set its pool_mode to session, or use the address of the database itself"
)

MAX_SESSION_CHECKS: Final = 5
"""Maximum number of checks for a shared session. Another client of the pooler may be using the
session, so one check is not enough."""

CONNECT_TIMEOUT_SECONDS: Final = 10
"""Maximum time in seconds to wait for a connection."""


def shares_sessions(db: psycopg.Connection, url: str) -> bool:
    """Return whether a pooler at ``url`` gives an open connection's session to other clients."""
    session = session_of(db)
    if session == db.info.backend_pid:
        # The connection is direct: poolers report process ids of their own.
        return False
    return any(takes(url, session) or session_of(db) != session for _ in range(MAX_SESSION_CHECKS))


def takes(url: str, session: int) -> bool:
    """Return whether a second connection gets our database session during a transaction.

    ``session`` is the process id of that session's backend.
    """
    with (
        closing(
            psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_SECONDS)
        ) as other,
        other.transaction(),
    ):
        return session_of(other) == session


def session_of(db: psycopg.Connection) -> int:
    """Return the process id of the database backend that serves a connection."""
    ((number,),) = db.execute("SELECT pg_backend_pid()").fetchall()
    return int(number)
