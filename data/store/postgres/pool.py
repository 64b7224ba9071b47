"""A small pool of database connections, shared by a process's threads and checked before use."""

import atexit
import logging
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, Final

import psycopg
from psycopg import errors
from psycopg.adapt import AdaptersMap, Dumper
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumperUnknown
from psycopg_pool import ConnectionPool, PoolTimeout
from psycopg_pool.base import AttemptWithBackoff

from data.errors import RefusedValue, StoreError
from data.store.postgres.schema import MIGRATIONS, applied, migrate, refusal
from data.text.masking import masked

MAX_CONNECTIONS: Final = 16
"""Maximum number of connections per process. A thread needs a connection only during a transaction
or query."""

MAX_IDLE_SECONDS: Final = 60.0
"""Time in seconds after which an unused connection is closed."""

CONNECT_TIMEOUT_SECONDS: Final = 10
"""Maximum time in seconds for opening a connection, and for readers to wait for a connection."""

MAX_SILENCE_MILLISECONDS: Final = 20_000
"""Time in milliseconds without a TCP acknowledgement after which the server counts as lost."""

CONNECTION_OPTIONS: Final[Mapping[str, Any]] = {
    "autocommit": True,
    "connect_timeout": CONNECT_TIMEOUT_SECONDS,
    "tcp_user_timeout": MAX_SILENCE_MILLISECONDS,
    "keepalives_idle": MAX_SILENCE_MILLISECONDS // 1000,
}
"""Options of each connection in a pool, for psycopg and libpq."""

MAX_STATEMENT_SECONDS: Final = 300
"""Maximum duration of a statement in seconds."""

MAX_STALLED_SECONDS: Final = 10
"""Maximum idle time in seconds within a transaction. An idle writer blocks all other writers."""

RECONNECT_DELAY_SECONDS: Final = 0.25
"""Delay in seconds before the pool tries to connect again or checks another connection."""

# After a restart of the server, the pool finds its broken connections one by one. By default it
# would wait 1, 2, 4 and more seconds after each.
AttemptWithBackoff.INITIAL_DELAY = RECONNECT_DELAY_SECONDS
AttemptWithBackoff.DELAY_BACKOFF = 1.0

# The caller reports an error once; psycopg would also log what follows it: each attempt of the pool
# to connect, and each pipeline that ends with the error.
logging.getLogger("psycopg").setLevel(logging.ERROR)

WRITER: Final = 0x636F6D6D
"""Class of the advisory lock for writers. The key within this class is the schema."""

SETTINGS: Final = (
    f"SET statement_timeout = '{MAX_STATEMENT_SECONDS}s';"
    f" SET idle_in_transaction_session_timeout = '{MAX_STALLED_SECONDS}s';"
    # Don't plan a prepared statement again for each argument.
    " SET plan_cache_mode = auto; SET client_min_messages = warning"
)
"""Statements that configure a new connection."""

TAKE_TURN: Final = f"SELECT pg_advisory_xact_lock({WRITER}, hashtext(current_schema()))"
"""Statement that waits for other writers and locks them out until the end of the transaction."""

pools: Final[dict[tuple[int, str], ConnectionPool]] = {}
"""Connection pools by process id and URL. A child process must not use its parent's connections."""

opening: Final = threading.Lock()
"""Lock for opening and closing connection pools."""

DATABASE_UNREACHABLE_MESSAGE: Final = (
    "it can't be reached, or the connection broke: check that it runs, and its address"
)

ERROR_EXPLANATIONS: Final[dict[type[psycopg.Error], str]] = {
    errors.DiskFull: "its disk is full; free some space there",
    errors.ReadOnlySqlTransaction: "it is read-only: use the address of the primary server",
    errors.LockNotAvailable: "another writer took too long",
    errors.QueryCanceled: "it took too long",
    errors.InsufficientPrivilege: "its user lacks the rights: make it the owner of the database",
    errors.InvalidPassword: (
        "it rejects the password: correct the address, or its file, and start Communique again"
    ),
    errors.InvalidCatalogName: "it does not exist: create it",
    errors.ProgramLimitExceeded: "it accepts no key of this length",
    errors.TooManyConnections: "it has too many connections: raise its max_connections",
}
"""Readable explanations of database errors, by the class of the error."""

UNCODED: Final = (
    (re.compile("password authentication failed"), ERROR_EXPLANATIONS[errors.InvalidPassword]),
    (
        re.compile("no password supplied"),
        "it requires a password: write it into the address, its file or ~/.pgpass",
    ),
    (re.compile('database ".*" does not exist'), ERROR_EXPLANATIONS[errors.InvalidCatalogName]),
    (
        re.compile("too many clients|too many connections"),
        ERROR_EXPLANATIONS[errors.TooManyConnections],
    ),
)
"""Readable explanations of server messages without an error code, with patterns of the messages."""

MAX_PROBE_SECONDS: Final = 2
"""Maximum time in seconds for a trial connection, which shows why the pool could not connect."""

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

POOLED: Final = (
    "a connection pooler gives each transaction another session, so locks and settings are lost: "
    "set its pool_mode to session, or use the address of the database itself"
)

MAX_SESSION_CHECKS: Final = 5
"""Maximum number of checks for a shared session. Another client of the pooler may be using the
session, so one check is not enough."""

VALUES: Final = (psycopg.DataError, errors.ProgramLimitExceeded)
"""Exceptions caused by an invalid value, not by the state of the database."""


def pool_of(url: str, patience: float) -> ConnectionPool:
    """Return this process's connection pool for a database, migrating the schema if necessary.

    Raises StoreError if the database can't be reached, or if this version must not write to it.
    """
    key = (os.getpid(), url)
    if found := pools.get(key):
        return found
    with opening:
        if key not in pools:
            bring_up_to_date(url)
            pools[key] = _opened(url, patience)
        return pools[key]


def close_pools() -> None:
    """Close all connections of this process. New connections are opened when needed."""
    with opening:
        for process, url in [*pools]:
            pool = pools.pop((process, url))
            if process == os.getpid():
                pool.close()


atexit.register(close_pools)


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Raise StoreError with an explanation if the database fails in a ``with`` block."""
    try:
        yield
    except psycopg.Error as error:
        raise failed(url, error) from error


def has_tables(url: str) -> bool:
    """Return whether a database has the tables of a store. Never creates tables.

    Raises StoreError if the database can't be read.
    """
    if (os.getpid(), url) in pools:
        return True
    with explained(url), connected(url) as db:
        return applied(db) is not None


def connected(url: str) -> psycopg.Connection:
    """Open a connection outside of the pool. Each statement is a separate transaction."""
    return psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_SECONDS)


def bring_up_to_date(url: str) -> None:
    """Migrate the schema, even if this process has already checked it.

    Raises StoreError if this fails.
    """
    with explained(url), connected(url) as db:
        if shares_sessions(db, url):
            raise StoreError(masked(url), POOLED)
        db.execute(SETTINGS)
        if wrong := refusal(db):
            raise StoreError(masked(url), wrong)
        if applied(db) == {*MIGRATIONS}:
            return
        with db.transaction():
            # Creating an index on a very large table may take longer than the limit.
            db.execute("SET LOCAL statement_timeout = 0")
            db.execute(TAKE_TURN)
            # Check again under the lock, because two processes may start at once.
            if wrong := refusal(db):
                raise StoreError(masked(url), wrong)
            migrate(db)


def _opened(url: str, patience: float) -> ConnectionPool:
    return ConnectionPool(
        url,
        kwargs=dict(CONNECTION_OPTIONS),
        min_size=0,
        max_size=MAX_CONNECTIONS,
        max_idle=MAX_IDLE_SECONDS,
        timeout=patience,
        configure=_configure,
        check=ConnectionPool.check_connection,
        num_workers=1,
        open=True,
    )


def _configure(db: psycopg.Connection) -> None:
    adapt(db.adapters)
    db.execute(SETTINGS)


def failed(url: str, error: psycopg.Error) -> StoreError:
    """Return a StoreError with a readable explanation and without secrets."""
    error_type = RefusedValue if isinstance(error, VALUES) else StoreError
    if isinstance(error, PoolTimeout):
        error = _why_none(url) or error
    for said, sentence in UNCODED:
        if type(error) is psycopg.OperationalError and said.search(str(error)):
            return StoreError(masked(url), f"{sentence} ({first_line(error)})")
    for kind, sentence in ERROR_EXPLANATIONS.items():
        if isinstance(error, kind):
            return error_type(masked(url), f"{sentence} ({first_line(error)})")
    if isinstance(error, PoolTimeout | psycopg.OperationalError | psycopg.InterfaceError):
        return StoreError(masked(url), f"{DATABASE_UNREACHABLE_MESSAGE} ({first_line(error)})")
    return error_type(masked(url), first_line(error))


def _why_none(url: str) -> psycopg.Error | None:
    """Return the error that prevents connections to the database, or None.

    The pool hides this error, so a trial connection is made.
    """
    try:
        psycopg.connect(url, connect_timeout=MAX_PROBE_SECONDS).close()
    except psycopg.Error as error:
        return error
    return None


def first_line(error: psycopg.Error) -> str:
    """Return the first line of the database's error message, without secrets."""
    return masked((str(error) or type(error).__name__).partition("\n")[0])


class BoolDumper(Int8Dumper):
    """Dumper that writes True and False as 1 and 0, because the columns are integers."""

    def dump(self, obj: Any) -> bytes:
        """Return a value in PostgreSQL's format."""
        return b"1" if obj else b"0"


class TextDumper(StrDumperUnknown):
    """Dumper that writes texts, replacing NUL, the only character that PostgreSQL can't store."""

    def dump(self, obj: Any) -> Any:
        """Return a value in PostgreSQL's format."""
        return super().dump(obj.replace("\0", REPLACEMENT) if "\0" in obj else obj)


def adapt(adapters: AdaptersMap) -> None:
    """Make a connection convert Python values to the types of the columns."""
    dumpers: tuple[tuple[type, type[Dumper]], ...] = (
        (bool, BoolDumper),
        (int, Int8Dumper),
        (str, TextDumper),
    )
    for type_, dumper in dumpers:
        adapters.register_dumper(type_, dumper)


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
    with closing(connected(url)) as other, other.transaction():
        return session_of(other) == session


def session_of(db: psycopg.Connection) -> int:
    """Return the process id of the database backend that serves a connection."""
    ((number,),) = db.execute("SELECT pg_backend_pid()").fetchall()
    return int(number)
