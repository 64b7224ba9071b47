"""A store in PostgreSQL: whether it answers, its version and clock, and whether its log goes on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import closing
from typing import Final

import psycopg

from data.clock import utc_now
from data.errors import ArchiveError
from data.store.postgres.database.pool import failed
from data.store.postgres.database.pooler import POOLED, shares_sessions
from data.store.postgres.database.schema import MIGRATIONS, applied, refusal
from data.store.sql.journal import ORDER
from data.text.redaction import redacted
from data.wording import lasting
from scheduler.home import Home, LostStore
from scheduler.jobs.doctor.finding import Finding
from scheduler.jobs.doctor.orders import examine_orders

PATIENCE: Final = 10
"""Seconds for which a server is waited for."""

LEAST: Final = 150_000
"""The oldest version that is known to do, as PostgreSQL numbers them."""

APART: Final = dt.timedelta(seconds=30)
"""How far the clocks of two machines may be apart."""


def examine_postgresql(home: Home) -> Iterator[Finding]:
    """Whether the database of a HOME can be used; nothing in it is changed."""
    url = home.store_url
    try:
        with closing(psycopg.connect(url, connect_timeout=PATIENCE, autocommit=True)) as db:
            yield from examine_database(db, home)
    except psycopg.Error as error:
        fix = "correct store.url, or see that the database runs and lets this machine in"
        yield Finding("store", "error", str(failed(url, error)), fix)


def examine_database(db: psycopg.Connection, home: Home) -> Iterator[Finding]:
    """What is wrong with a database that answers."""
    shown = redacted(home.store_url)
    if wrong := POOLED if shares_sessions(db, home.store_url) else refusal(db):
        yield Finding("store", "error", f"{shown}: {wrong}")
        return
    version = db.info.server_version
    if version < LEAST:
        text = f"PostgreSQL {version // 10_000} is older than 15"
        yield Finding("store", "error", text, "move the database to a newer one")
    known = applied(db)
    if is_blank(db, known) and home.has_journal(committed=known is not None):
        raise LostStore(home.store_url, has_journal=True)
    if known is not None and set(MIGRATIONS) - known:
        yield Finding(
            "store",
            "warning",
            "its schema is of an earlier version; whatever opens it next brings it up to date",
            "make a copy first (`communique backup`): an older version reads it no more then",
        )
    if known is not None and {*MIGRATIONS} <= known:
        named = "SELECT name FROM journaled_files WHERE name LIKE %s"
        rows = db.execute(named, [f"{ORDER}%"]).fetchall()
        yield from examine_orders(home, {name.removeprefix(ORDER) for (name,) in rows})
    ((read_only,),) = db.execute("SHOW transaction_read_only").fetchall()
    if read_only == "on":
        text = f"{shown} is read-only: nothing that is collected can be kept"
        yield Finding("store", "error", text, "name the server that takes writes")
    ((at,),) = db.execute("SELECT clock_timestamp()").fetchall()
    apart = abs(at - utc_now())
    if apart > APART:
        text = f"the clock of the database is {lasting(apart.total_seconds())} from that here"
        yield Finding("clock", "error", text, "have both machines follow a time server (NTP)")
    if known and home.has_fleet and home.log_key.exists():
        yield from examine_beginning(home)
    told = "it has a store" if known else "there is no store in it yet"
    yield Finding("store", "ok", f"{shown} answers, PostgreSQL {version // 10_000}; {told}")


def is_blank(db: psycopg.Connection, known: AbstractSet[str] | None) -> bool:
    """Whether a database holds no store, or one of tables alone; ``known`` are its migrations."""
    # Migrations create the tables one after the other.
    if known is None or not {*MIGRATIONS} <= known:
        return known is None
    asked = (
        "SELECT EXISTS (SELECT 1 FROM sources) OR EXISTS (SELECT 1 FROM journal_end)"
        " OR EXISTS (SELECT 1 FROM journaled_files)"
    )
    return not db.execute(asked).fetchall()[0][0]


def examine_beginning(home: Home) -> Iterator[Finding]:
    """Whether a HOME that has the key of the log can go on with it, should it lead."""
    try:
        with closing(home.shared_log(signs=True)) as log:
            log.check()
    except ArchiveError as error:
        yield Finding("log", "error", str(error))
