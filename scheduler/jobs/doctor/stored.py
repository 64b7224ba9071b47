"""The store: whether it can be opened and read, of which schema it is, and what waits in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from data.errors import StoreError
from data.store import MISSING, is_nothing
from data.store.sqlite.copy import check_integrity, read_copy
from data.store.sqlite.database.connection import refusal
from data.wording import counted
from scheduler.home import Home, LostStore
from scheduler.jobs.doctor.finding import Finding
from scheduler.jobs.doctor.orders import examine_orders
from scheduler.jobs.doctor.written import owned

PATIENCE: Final = 20.0
"""Seconds for which a store is checked."""

COPY: Final = "without a backup, `communique mirror rebuild` rebuilds it from the archive"


def examine_store(home: Home) -> Iterator[Finding]:
    """Whether the store can be used; the store of a new HOME does not exist yet."""
    database = home.database
    if home.settings.store.url:
        yield from in_postgresql(home)
        return
    home.check_store()
    if database.is_file() and not os.access(database, os.R_OK):
        yield Finding("store", "error", f"{database} can't be read", owned(database))
        return
    if wrong := refusal(database):
        yield Finding("store", "error", f"{database}: {wrong}", "")
        return
    if is_nothing(database):
        yield Finding("store", "ok", "the first visit creates it")
        return
    try:
        whole = check_integrity(database, seconds=PATIENCE)
        held = read_copy(database)
    except StoreError as error:
        yield Finding("store", "error", str(error), COPY)
        return
    if held.is_blank and home.has_journal(committed=True):
        raise LostStore(home.store_url, has_journal=True)
    told = "it is whole" if whole else f"as far as {PATIENCE:g} seconds tell, it is whole"
    yield Finding("store", "ok", f"{told}; its schema is {held.schema}")
    if not held.present:
        yield Finding(
            "store",
            "warning",
            "its schema is of an earlier version; whatever opens it next brings it up to date",
            "make a copy first (`communique backup`): an older version reads it no more then",
        )
    yield from examine_orders(home, held.orders)
    if held.unwritten:
        text = f"{counted(held.unwritten, 'record')} of the journal wait for the archive"
        yield Finding("store", "warning", text, "see what the archive lacks: room, or a key")


def in_postgresql(home: Home) -> Iterator[Finding]:
    """Whether a store in PostgreSQL can be used."""
    try:
        # Imported here: the libraries for PostgreSQL may not be installed.
        from scheduler.jobs.doctor.postgresql import examine_postgresql  # noqa: PLC0415
    except ImportError:
        yield Finding("store", "error", MISSING, "install it, or take store.url out")
        return
    yield from examine_postgresql(home)
