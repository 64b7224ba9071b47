"""The results of a visit are stored only under its lease, and settle the visit."""

from __future__ import annotations

import datetime as dt
from contextlib import closing

import psycopg
import pytest

from data.errors import LeaseLost
from data.health.run_errors import CUT
from data.models import Lease, Run, RunError, Source
from data.store.postgres.store import PostgresStore

NOON = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
SOURCE = Source("harbour", "Harbour Board", "https://press.example/", "Europe/Oslo")


def test_a_visit_settles_its_source_unless_it_was_cut_and_needs_its_lease_to_write(
    postgres_url: str,
) -> None:
    with (
        closing(PostgresStore(postgres_url)) as store,
        psycopg.connect(postgres_url, autocommit=True) as db,
    ):
        db.execute("INSERT INTO hosts (host, next_due, token) VALUES ('press.example', now(), 7)")
        db.execute(
            "INSERT INTO host_sources VALUES ('harbour', 'press.example', now(), '', false, false,"
            " false)"
        )

        def due() -> bool:
            ((still,),) = db.execute("SELECT due <= now() FROM host_sources").fetchall()
            return bool(still)

        leased = store.leased(Lease("press.example", 7))
        leased.register(SOURCE)
        leased.add_run(
            Run("harbour", NOON, 1.0, errors=(RunError("", CUT, "it was stopped"),)), settles=False
        )
        assert due()
        leased.add_run(Run("harbour", NOON, 2.0))
        assert not due()
        db.execute("UPDATE hosts SET token = 8")
        with pytest.raises(LeaseLost):
            leased.add_run(Run("harbour", NOON, 3.0))
        with pytest.raises(LeaseLost), leased.transaction():
            pass
        # Reading needs no lease, and other visits have their own leases.
        assert [run.seconds for run in leased.runs("harbour", limit=9)] == [2.0, 1.0]
        store.leased(Lease("press.example", 8)).add_run(Run("harbour", NOON, 4.0))
        assert store.leased(None) is store
