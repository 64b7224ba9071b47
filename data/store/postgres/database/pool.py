"""Connections of a process to a database: few, shared by its threads, and looked at before use."""

from __future__ import annotations

import atexit
import logging
import os
import re
import threading
from typing import Final

import psycopg
from psycopg import errors
from psycopg_pool import ConnectionPool, PoolTimeout
from psycopg_pool.base import AttemptWithBackoff

from data.errors import RefusedValue, StoreError
from data.store.postgres.database.dialect import adapt
from data.store.postgres.database.pooler import POOLED, shares_sessions
from data.store.postgres.database.schema import MIGRATIONS, applied, migrate, refusal
from data.text.redaction import redacted

MOST: Final = 16
"""Connections of a process. A thread has one while it is in a transaction, or asks."""

IDLE: Final = 60.0
"""Seconds after which a connection that nobody uses is closed."""

CONNECTING: Final = 10
"""Seconds that a server has to answer a new connection; who reads waits no longer for one."""

SILENCE: Final = 20_000
"""Milliseconds that a server may leave what it was sent unconfirmed, before it counts as gone."""

STATEMENT: Final = 300
"""Seconds that a statement may take."""

STALLED: Final = 10
"""Seconds that a transaction may do nothing: who stands still in one holds up all others."""

AGAIN: Final = 0.25
"""Seconds until a pool tries to connect again, or looks at the next of its connections."""

# After a restart of the server a pool finds each connection that it had broken, one by one, and
# would wait 1, 2, 4 and more seconds after each.
AttemptWithBackoff.INITIAL_DELAY = AGAIN
AttemptWithBackoff.DELAY_BACKOFF = 1.0

# That a server can't be reached is said by whoever needs it, once, and not by each try.
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)

WRITER: Final = 0x636F6D6D
"""The class of the lock of those who write; the lock itself is that of the schema."""

SETTINGS: Final = (
    f"SET statement_timeout = '{STATEMENT}s';"
    f" SET idle_in_transaction_session_timeout = '{STALLED}s';"
    # What is read by one statement is not planned anew for each argument.
    " SET plan_cache_mode = auto; SET client_min_messages = warning"
)

TAKE_TURN: Final = f"SELECT pg_advisory_xact_lock({WRITER}, hashtext(current_schema()))"
"""Waits until nobody else writes; the lock ends with the transaction."""

pools: Final[dict[tuple[int, str], ConnectionPool]] = {}
"""By process and address: a child must not use what its parent holds."""

opening: Final = threading.Lock()


def pool_of(url: str, patience: float) -> ConnectionPool:
    """The connections of this process to a database whose schema is up to date.

    Raises StoreError where it can't be reached, or is none that this version may write to.
    """
    key = (os.getpid(), url)
    if found := pools.get(key):
        return found
    with opening:
        if key not in pools:
            try:
                _migrate(url)
                pools[key] = _opened(url, patience)
            except psycopg.Error as error:
                raise failed(url, error) from error
        return pools[key]


def close_pools() -> None:
    """Close all connections of this process; who needs one opens it anew."""
    with opening:
        for process, url in [*pools]:
            pool = pools.pop((process, url))
            if process == os.getpid():
                pool.close()


atexit.register(close_pools)


def bring_up_to_date(url: str) -> None:
    """Bring the schema up to date, though this process found it so before. Raises StoreError."""
    try:
        _migrate(url)
    except psycopg.Error as error:
        raise failed(url, error) from error


def has_tables(url: str) -> bool:
    """Whether a database has the tables of a store; nothing is created. Raises StoreError."""
    if (os.getpid(), url) in pools:
        return True
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=CONNECTING) as db:
            return applied(db) is not None
    except psycopg.Error as error:
        raise failed(url, error) from error


def _migrate(url: str) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=CONNECTING) as db:
        if shares_sessions(db, url):
            raise StoreError(redacted(url), POOLED)
        db.execute(SETTINGS)
        if wrong := refusal(db):
            raise StoreError(redacted(url), wrong)
        if applied(db) == {*MIGRATIONS}:
            return
        with db.transaction():
            # To lay an index on very many rows takes as long as it takes.
            db.execute("SET LOCAL statement_timeout = 0")
            db.execute(TAKE_TURN)
            # Asked again under the lock: two processes may start at once.
            if wrong := refusal(db):
                raise StoreError(redacted(url), wrong)
            migrate(db)


def _opened(url: str, patience: float) -> ConnectionPool:
    return ConnectionPool(
        url,
        kwargs={
            "autocommit": True,
            "connect_timeout": CONNECTING,
            "tcp_user_timeout": SILENCE,
            "keepalives_idle": SILENCE // 1000,
        },
        min_size=0,
        max_size=MOST,
        max_idle=IDLE,
        timeout=patience,
        configure=_configure,
        check=ConnectionPool.check_connection,
        num_workers=1,
        open=True,
    )


def _configure(db: psycopg.Connection) -> None:
    adapt(db.adapters)
    db.execute(SETTINGS)


GONE: Final = "it can't be reached, or went away: see that it runs, and that its address is right"

SENTENCES: Final[dict[type[psycopg.Error], str]] = {
    errors.DiskFull: "its disk is full, make room there",
    errors.ReadOnlySqlTransaction: "it is read-only: name the server that takes writes",
    errors.LockNotAvailable: "another one writes for too long",
    errors.QueryCanceled: "it took too long",
    errors.InsufficientPrivilege: "its user may not do that: make it the owner of the database",
    errors.InvalidPassword: (
        "it refuses the password: correct the address, or its file, and start Communique again"
    ),
    errors.InvalidCatalogName: "there is no such database: create it",
    errors.ProgramLimitExceeded: "it takes no key of this length",
    errors.TooManyConnections: "it has too many connections: raise its max_connections",
}

UNCODED: Final = (
    (re.compile("password authentication failed"), SENTENCES[errors.InvalidPassword]),
    (
        re.compile("no password supplied"),
        "it asks for a password: write it into the address, its file or ~/.pgpass",
    ),
    (re.compile('database ".*" does not exist'), SENTENCES[errors.InvalidCatalogName]),
    (re.compile("too many clients|too many connections"), SENTENCES[errors.TooManyConnections]),
)
"""What servers say where no connection comes of it: of that there is no code."""

PROBING: Final = 2
"""Seconds in which a connection is tried for the reason why there was none."""

VALUES: Final = (psycopg.DataError, errors.ProgramLimitExceeded)
"""Errors of what is written, which say nothing of the database."""


def failed(url: str, error: psycopg.Error) -> StoreError:
    """What went wrong, for people, without a secret."""
    told = RefusedValue if isinstance(error, VALUES) else StoreError
    if isinstance(error, PoolTimeout):
        error = _why_none(url) or error
    for said, sentence in UNCODED:
        if type(error) is psycopg.OperationalError and said.search(str(error)):
            return StoreError(redacted(url), f"{sentence} ({first_line(error)})")
    for kind, sentence in SENTENCES.items():
        if isinstance(error, kind):
            return told(redacted(url), f"{sentence} ({first_line(error)})")
    if isinstance(error, PoolTimeout | psycopg.OperationalError | psycopg.InterfaceError):
        return StoreError(redacted(url), f"{GONE} ({first_line(error)})")
    return told(redacted(url), first_line(error))


def _why_none(url: str) -> psycopg.Error | None:
    """Why no connection comes about, which a pool keeps to itself; None where one does."""
    try:
        psycopg.connect(url, connect_timeout=PROBING).close()
    except psycopg.Error as error:
        return error
    return None


def first_line(error: psycopg.Error) -> str:
    """What the database says of an error."""
    return redacted((str(error) or type(error).__name__).partition("\n")[0])
