"""Measure the write path on PostgreSQL, compared with COPY of the same rows and with SQLite.

    python benchmarks/postgres.py [--releases N] [--batch N] [--few]

The releases of benchmarks/store.py are recorded with `Store.record_all` in a PostgreSQL that is
started for this benchmark, with fsync, and in an SQLite file, in transactions of --batch releases.
After each transaction, the rows of all tables that it wrote are written to another database with
the same schema by COPY, also in one transaction, with triggers disabled. The last line is JSON:
releases per second, the ratio of COPY's time to the write path's, the ratio to SQLite's time, and
the milliseconds of CPU time per release in the database and in the writing process.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.store import ROWS, drafts
from data.models import SeenDraft
from data.store.open import open_store
from tests.postgres_server import missing, postgres_running

WRITTEN: Final = {
    **{name: which.replace("?", "%s") for name, which in ROWS.items()},
    "release_times": "release > %s ORDER BY release",
}
"""How the rows of one transaction are read back, by the number of the last release before it."""


class Copied:
    """A database of the same schema, into which rows are copied as they are."""

    def __init__(self, real: str, copy: str) -> None:
        open_store(copy).close()
        self._real = psycopg.connect(real, autocommit=True)
        self._copy = psycopg.connect(copy, autocommit=True)
        self._copy.execute("SET session_replication_role = replica")
        self.seconds = 0.0

    def take(self, before: int) -> None:
        """Copy the rows of the releases after a number, and count how long that takes."""
        rows = {
            name: self._real.execute(f"SELECT * FROM {name} WHERE {which}", [before]).fetchall()  # noqa: S608 - our own names
            for name, which in WRITTEN.items()
        }
        self._write(rows)

    def _write(self, rows: dict[str, list[tuple[Any, ...]]]) -> None:
        started = time.perf_counter()
        with self._copy.transaction(), self._copy.cursor() as cursor:
            for name, some in rows.items():
                with cursor.copy(f"COPY {name} FROM STDIN".encode()) as copy:
                    for row in some:
                        copy.write_row(row)
        self.seconds += time.perf_counter() - started

    def take_facets(self) -> None:
        """Copy the counts of facets, once: each transaction changed them."""
        self._write({"facets": self._real.execute("SELECT * FROM facets").fetchall()})


class Written:
    """A store that releases are recorded into, and what that took: on the wall, and of us."""

    def __init__(self, url: str) -> None:
        self.store = open_store(url)
        self.seconds = 0.0
        self.processor = 0.0

    def record(self, batch: Sequence[Any]) -> None:
        """Record some releases in one transaction."""
        wall, processor = time.perf_counter(), time.process_time()
        self.store.record_all([SeenDraft(draft, seen, seen) for draft, seen in batch])
        self.seconds += time.perf_counter() - wall
        self.processor += time.process_time() - processor


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--few", action="store_true", help="some hundred releases")
    given = parser.parse_args()
    count = 600 if given.few else given.releases
    if reason := missing():
        print(json.dumps({"skipped": reason}))
        return
    real_disk = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "512MB"}
    counted = {"shared_preload_libraries": "pg_stat_statements"}
    with (
        postgres_running(**real_disk, **counted) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        url, other = (server.socket_url(server.create()) for _ in "ab")
        postgres, sqlite = Written(url), Written(f"sqlite:{folder}/communique.db")
        copied = Copied(url, other)
        with psycopg.connect(url, autocommit=True) as db:
            db.execute("CREATE SCHEMA counts; CREATE EXTENSION pg_stat_statements SCHEMA counts")
            made = drafts(count)
            database = 0.0
            for number in range(0, count, given.batch):
                batch = list(itertools.islice(made, given.batch))
                sqlite.record(batch)
                db.execute("SELECT counts.pg_stat_statements_reset()")
                postgres.record(batch)
                ((spent,),) = db.execute(
                    "SELECT coalesce(sum(total_exec_time + total_plan_time), 0)"
                    " FROM counts.pg_stat_statements WHERE toplevel"
                ).fetchall()
                database += spent
                copied.take(number)
        copied.take_facets()
        copies = copied.seconds
    told = {
        "releases": count,
        "batch": given.batch,
        "a_second": round(count / postgres.seconds),
        "copy_seconds_to_ours": round(copies / postgres.seconds, 3),
        "ours_to_sqlite": round(postgres.seconds / sqlite.seconds, 2),
        "database_ms_a_release": round(database / count, 3),
        "our_processor_ms_a_release": round(postgres.processor / count * 1000, 3),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
