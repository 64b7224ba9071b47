"""Checks of a store in PostgreSQL: connection, version, schema, clock, and shared log."""

import datetime as dt
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import closing
from typing import Final

import psycopg

from data.clock import utc_now
from data.errors import ArchiveError
from data.models import DepositCount
from data.store.postgres.pool import POOLED, failed, shares_sessions
from data.store.postgres.schema import MIGRATIONS, applied, refusal
from data.store.shared_sql.events import LAGS, lags_of
from data.store.shared_sql.journal import ORDER
from data.store.shared_sql.subscribers.deposits import DEPOSIT_COUNTS
from data.text.masking import masked
from data.wording import lasting
from scheduler.home.doctor.archive import OLD_SCHEMA, OLD_SCHEMA_FIX, check_orders
from scheduler.home.doctor.finding import Finding
from scheduler.home.doctor.machine import check_consumers, check_deposits
from scheduler.home.errors import LostStore
from scheduler.home.home import Home

CONNECT_TIMEOUT_SECONDS: Final = 10

MIN_POSTGRESQL: Final = 150_000
"""Oldest supported version of PostgreSQL, in its numeric form."""

MAX_CLOCK_DIFFERENCE: Final = dt.timedelta(seconds=30)
"""Maximum difference between the clocks of the database and of this machine."""


def check_postgresql(home: Home) -> Iterator[Finding]:
    """Check the database of a home directory, without changing it."""
    url = home.store_url
    try:
        with closing(
            psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_SECONDS, autocommit=True)
        ) as db:
            yield from check_database(db, home)
    except psycopg.Error as error:
        fix = "correct store.url, or check that the database runs and accepts this machine"
        yield Finding("store", "error", str(failed(url, error)), fix)


def check_database(db: psycopg.Connection, home: Home) -> Iterator[Finding]:
    """Check a database that accepts connections."""
    shown = masked(home.store_url)
    if problem := POOLED if shares_sessions(db, home.store_url) else refusal(db):
        yield Finding("store", "error", f"{shown}: {problem}")
        return
    version = db.info.server_version
    if version < MIN_POSTGRESQL:
        text = f"PostgreSQL {version // 10_000} is older than 15"
        yield Finding("store", "error", text, "move the database to a newer server")
    known = applied(db)
    if is_blank(db, known) and home.has_journal(committed=known is not None):
        raise LostStore(home.store_url, has_journal=True)
    if known is not None and set(MIGRATIONS) - known:
        yield Finding("store", "warning", OLD_SCHEMA, OLD_SCHEMA_FIX)
    if known is not None and {*MIGRATIONS} <= known:
        query = "SELECT name FROM journaled_files WHERE name LIKE %s"
        rows = db.execute(query, [f"{ORDER}%"]).fetchall()
        yield from check_orders(home, {name.removeprefix(ORDER) for (name,) in rows})
        yield from check_consumers(home, lags_of(db.execute(LAGS.encode()).fetchall()))
        counts = db.execute(DEPOSIT_COUNTS.encode()).fetchall()
        yield from check_deposits(home, [DepositCount(*row) for row in counts])
    ((read_only,),) = db.execute("SHOW transaction_read_only").fetchall()
    if read_only == "on":
        text = f"{shown} is read-only, so releases can't be stored"
        yield Finding("store", "error", text, "set store.url to a server that accepts writes")
    ((at,),) = db.execute("SELECT clock_timestamp()").fetchall()
    difference = abs(at - utc_now())
    if difference > MAX_CLOCK_DIFFERENCE:
        seconds = difference.total_seconds()
        text = f"the clocks of the database and of this machine differ by {lasting(seconds)}"
        fix = "synchronize both machines with a time server (NTP)"
        yield Finding("clock", "error", text, fix)
    if known and home.log_key.exists():
        yield from check_shared_log(home)
    contents = "it has a store" if known else "it has no store yet"
    text = f"{shown} accepts connections, PostgreSQL {version // 10_000}; {contents}"
    yield Finding("store", "ok", text)


def is_blank(db: psycopg.Connection, known: AbstractSet[str] | None) -> bool:
    """Return whether a database has no store, or only empty tables.

    ``known`` contains the applied migrations, or is None without a store.
    """
    # If migrations are missing, the tables queried below may not exist yet.
    if known is None or not {*MIGRATIONS} <= known:
        return known is None
    query = (
        "SELECT EXISTS (SELECT 1 FROM sources) OR EXISTS (SELECT 1 FROM journal_end)"
        " OR EXISTS (SELECT 1 FROM journaled_files)"
    )
    return not db.execute(query).fetchall()[0][0]


def check_shared_log(home: Home) -> Iterator[Finding]:
    """Check that this machine could continue the log of a fleet as its leader."""
    try:
        if log := home.log_signed_later():
            with closing(log):
                log.check()
    except ArchiveError as error:
        yield Finding("log", "error", str(error))
