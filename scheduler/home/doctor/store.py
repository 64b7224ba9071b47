"""Checks of the store: readability, schema, and pending work."""

import os
from collections.abc import Iterator
from typing import Final

from data.errors import StoreError
from data.store.open import MISSING, is_nothing
from data.store.sqlite.connection import refusal
from data.store.sqlite.copy import check_integrity, read_copy
from data.wording import counted
from scheduler.home.doctor.archive import OLD_SCHEMA, OLD_SCHEMA_FIX, check_orders
from scheduler.home.doctor.files import run_as_owner
from scheduler.home.doctor.finding import Examination, Finding
from scheduler.home.doctor.machine import check_consumers, check_deposits
from scheduler.home.errors import LostStore
from scheduler.home.home import Home

INTEGRITY_SECONDS: Final = 20.0
"""Maximum time in seconds for the integrity check of a store."""


def check_store(examination: Examination) -> Iterator[Finding]:
    """Check that the store can be used. A new home directory has no store yet."""
    home = examination.home
    database = home.database
    if home.settings.store.url:
        yield from check_postgresql_store(home)
        return
    home.check_store()
    if database.is_file() and not os.access(database, os.R_OK):
        yield Finding("store", "error", f"{database} can't be read", run_as_owner(database))
        return
    if problem := refusal(database):
        yield Finding("store", "error", f"{database}: {problem}")
        return
    if is_nothing(database):
        yield Finding("store", "ok", "the first visit creates it")
        return
    try:
        complete = check_integrity(database, seconds=INTEGRITY_SECONDS)
        stored = read_copy(database)
    except StoreError as error:
        fix = "`communique mirror rebuild --to HOME2` rebuilds it from the archive"
        yield Finding("store", "error", str(error), f"without a backup, {fix}")
        return
    if stored.is_blank and home.has_journal(committed=True):
        raise LostStore(home.store_url, has_journal=True)
    limit = "" if complete else f" in the first {INTEGRITY_SECONDS:g} seconds of the check"
    yield Finding("store", "ok", f"it is intact{limit}")
    if not stored.present:
        yield Finding("store", "warning", OLD_SCHEMA, OLD_SCHEMA_FIX)
    yield from check_orders(home, stored.orders)
    yield from check_consumers(home, stored.lags)
    yield from check_deposits(home, stored.deposits)
    if stored.unwritten:
        text = f"{counted(stored.unwritten, 'journal record')} could not be archived yet"
        fix = "see the other findings: the archive may have no disk space, or no key"
        yield Finding("store", "warning", text, fix)


def check_postgresql_store(home: Home) -> Iterator[Finding]:
    """Check a store in PostgreSQL, if the libraries for it are installed."""
    try:
        # Imported here: the libraries for PostgreSQL may not be installed.
        from scheduler.home.doctor.postgresql import check_postgresql  # noqa: PLC0415
    except ImportError:
        yield Finding("store", "error", MISSING, "install it, or remove store.url")
        return
    yield from check_postgresql(home)
