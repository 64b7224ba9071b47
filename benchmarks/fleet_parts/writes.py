"""How long visits and releases hold the write transaction of a store, and the size of their rows.

The method calls are those of a visit in which nothing changed. Three transactions write: for
robots.txt, unchanged releases, and the report. The other calls write nothing, because an earlier
visit has listed the items. New releases are recorded in transactions of 20, as in a first visit.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from benchmarks.store import drafts
from data.clock import utc_now
from data.models import Run, SeenRelease, Source
from data.store.open import open_store

CONFIRMED = 20
"""Releases that a visit confirms: those on the first page of a listing, most often."""

LISTED = json.dumps({"title": "What was listed", "published": "2026-03-02"})


@dataclass(frozen=True)
class Writes:
    """What was measured, in seconds and bytes."""

    visit: float
    """Of a visit in which nothing changed."""
    visit_least: float | None
    """The least that could do on PostgreSQL: its rows in two statements of one transaction."""
    release: float
    """Of a new release."""
    release_bytes: float
    """What the database grew by for each new release, indexes included."""
    run_bytes: float
    """What it grew by for each visit, which keeps a report."""


def measure(url: str, releases: int, visits: int) -> Writes:
    """Record new releases into the empty store at ``url``, then visit their sources again."""
    with closing(open_store(url)) as store:
        known = dict[str, list[str]]()
        empty = size_of(url)
        began = time.perf_counter()
        made = drafts(releases)
        while batch := [*itertools.islice(made, CONFIRMED)]:
            name = f"room-{len(known)}"
            store.register(Source(name, name, f"https://{name}.example/news/"))
            with store.transaction():
                known[name] = [
                    store.record(replace(draft, source=name), seen=seen, since=seen).release.id
                    for draft, seen in batch
                ]
        recorded = time.perf_counter() - began
        while store.awaits_indexing():
            store.update_search_index()
        recorded_size = size_of(url)
        names = sorted(known)
        visited_names = [names[number % len(names)] for number in range(visits)]
        for name in set(visited_names):
            visited(url, name, known)
        full = size_of(url)
        seconds = [visited(url, name, known) for name in visited_names]
        grown = size_of(url) - full
    return Writes(
        sum(seconds) / visits,
        None if url.startswith("sqlite:") else least(url, visits),
        recorded / releases,
        (recorded_size - empty) / releases,
        grown / visits,
    )


def visited(url: str, name: str, known: dict[str, list[str]]) -> float:
    """Return the seconds that the store's methods take in one visit."""
    mine = known[name]
    address, now = f"https://{name}.example", utc_now()
    items = {f"{address}/news/{one}": LISTED for one in mine}
    with closing(open_store(url)) as store:
        began = time.perf_counter()
        store.register(Source(name, name, f"{address}/news/"))
        store.keep_robots(address, b"User-agent: *\n", now)
        with store.transaction_if_needed():
            store.list_items(name, "page", 0, dict.fromkeys(items, "2026-03-02 What was listed"))
            store.await_items(name, {}, front=True)
        store.mark_all_unchanged([SeenRelease(one, now) for one in mine])
        store.awaited(name, now=now, since=now - dt.timedelta(minutes=1), limit=25)
        store.note_links(name, {}, limit=25)
        store.awaited_files(name, now=now, since=now, limit=200)
        store.add_run(Run(name, now, 22.0, pages=22, found=CONFIRMED, unchanged=CONFIRMED))
        return time.perf_counter() - began


def least(url: str, visits: int) -> float:
    """Seconds of a transaction that confirms 20 releases and keeps a report, under the lock."""
    with psycopg.connect(url) as db:
        found = db.execute("SELECT id FROM releases ORDER BY number").fetchall()
        ids = [one for (one,) in found]
        mine = [ids[at : at + CONFIRMED] for at in range(0, len(ids), CONFIRMED)]
        db.commit()
        began = time.perf_counter()
        for number in range(visits):
            with db.transaction():
                db.execute("SELECT pg_advisory_xact_lock(0)")
                now = time.time()
                db.execute(
                    "UPDATE releases SET last_seen = %s, checked = %s WHERE id = ANY(%s)",
                    [now, now, mine[number % len(mine)]],
                )
                db.execute(
                    "INSERT INTO runs (source, started, report) VALUES ('room-0', %s, %s)",
                    [now, LISTED],
                )
        return (time.perf_counter() - began) / visits


def size_of(url: str) -> int:
    """The bytes that a store takes up."""
    if not url.startswith("sqlite:"):
        with psycopg.connect(url, autocommit=True) as db:
            db.execute("VACUUM ANALYZE")
            found = db.execute("SELECT pg_database_size(current_database())").fetchone()
            assert found
            return int(found[0])
    with closing(sqlite3.connect(Path(url.removeprefix("sqlite:")))) as db:
        (pages,), (free,), (size,) = (
            db.execute(f"PRAGMA {name}").fetchone()
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)
