"""What one service of several does: real services on a real database, each a process."""

from __future__ import annotations

import asyncio
import signal
from contextlib import closing
from pathlib import Path
from typing import IO

import psycopg
import pytest

from data.clock import utc_now
from data.store.core.store import Store
from scheduler.fleet.duties import Duties
from scheduler.fleet.leader import LEADER_LOCK_SQL
from scheduler.home.home import open_home
from scheduler.service.publishing import Publishing
from tests.drafts import draft, published
from tests.peer import PATIENCE
from tests.postgres_server import PostgresServer
from tests.save_archive import archive_served
from tests.services import home_on, started, until, wait_for

BUCKET = 'target = "s3://press/site"\n\n[bucket]\nendpoint = "http://127.0.0.1:9"\n'
"""Settings of a site in a bucket where nobody answers: publications fail, which is no matter."""


TRIED = """
    CREATE TABLE tried (worker BIGINT);
    CREATE FUNCTION note_tried() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO tried VALUES (NEW.worker_id); RETURN NULL; END
    $$;
    CREATE TRIGGER tried AFTER UPDATE ON procrastinate_jobs FOR EACH ROW
    WHEN (NEW.status = 'doing' AND NEW.args ->> 'host' = 'duty:publishing')
    EXECUTE FUNCTION note_tried()
"""
"""Has a database note which workers were given a job to publish."""


def took_on(log: IO[str], duty: str) -> None:
    """Return once a service has taken something on."""
    while f"duty={duty}" not in until(log, "duty started"):
        pass


def until_all(log: IO[str], *events: str) -> None:
    """Return once each of several things was logged, in whichever order."""
    missing = {*events}
    for line in log:
        if not (missing := {one for one in missing if one not in line}):
            return
    raise AssertionError(f"it ended without saying {missing}")


@pytest.mark.thorough
def test_a_stopped_service_releases_its_duties(tmp_path: Path, postgres_url: str) -> None:
    first, second = (home_on(tmp_path / name, postgres_url, more=BUCKET) for name in "12")
    with started("run", first) as (service, log):
        took_on(log, "duty:publishing")
        with (
            started("run", second) as (_, other_log),
            psycopg.connect(postgres_url, autocommit=True) as db,
        ):
            until(other_log, "standing by")
            held = "SELECT host, token FROM hosts WHERE token <> 0 AND host <> 'duty:upkeep'"
            before: dict[str, int] = {}
            while len(before) < 2:
                before = dict(db.execute(held).fetchall())
            service.send_signal(signal.SIGTERM)
            assert service.wait(PATIENCE) == 0
            # No lease has to run out: these are given back.
            after = db.execute("SELECT 1 FROM hosts WHERE token = ANY (%s)", [[*before.values()]])
            assert after.fetchall() == []
            until_all(other_log, "duty=duty:publishing", "duty=duty:alerts")


def test_two_services_deposit_each_version_once(tmp_path: Path, postgres_url: str) -> None:
    with archive_served() as archive:
        archive.faults += [{"status": "success", "timestamp": "20260301000000"}] * 9
        more = f"[archive.deposits.loopback]\n{archive.settings}"
        first, second = (home_on(tmp_path / name, postgres_url, more=more) for name in "12")
        with closing(open_home(first).plain_store()) as store:
            store.begin_deposits()
            record(store, 1)
            with started("run", first) as (service, log):
                took_on(log, "duty:deposits")
                with started("run", second) as (_, other_log):
                    wait_for(lambda: deposited(store) == 1)
                    record(store, 2)
                    service.send_signal(signal.SIGTERM)
                    took_on(other_log, "duty:deposits")
                    wait_for(lambda: deposited(store) == 2)
        saved = sorted(one for one in archive.asked if one.startswith("save "))
        assert saved == [f"save http://93.184.216.34/news/{number}" for number in (1, 2)]


def record(store: Store, number: int) -> None:
    """Record a new release at a public address, which nobody requests."""
    now = utc_now()
    one = draft(
        f"http://93.184.216.34/news/{number}",
        title=f"Ship {number}",
        body_text=f"Ship {number} is at pier {number}, says harbour master Odile Brandt.",
        published=published(now.date().isoformat()),
    )
    store.record(one, seen=now, since=now)


def deposited(store: Store) -> int:
    """The number of versions that were deposited."""
    return sum(one.number for one in store.deposit_counts() if one.state == "done")


def test_a_duty_lost_to_another_service_is_logged(tmp_path: Path, postgres_url: str) -> None:
    with (
        started("run", home_on(tmp_path / "home", postgres_url)) as (_, log),
        psycopg.connect(postgres_url, autocommit=True) as db,
    ):
        took_on(log, "duty:alerts")
        db.execute("UPDATE hosts SET token = nextval('host_tokens') WHERE host = 'duty:alerts'")
        assert "duty=duty:alerts" in until(log, "duty lost to another service")


def test_a_publication_ends_when_another_service_takes_over(
    tmp_path: Path, postgres_url: str
) -> None:
    home = open_home(home_on(tmp_path / "home", postgres_url, more=BUCKET))
    with (
        home.lock("publish", "a test"),
        started("run", home.path) as (service, log),
        psycopg.connect(postgres_url, autocommit=True) as db,
    ):
        took_on(log, "duty:publishing")
        wait_for(lambda: children(service.pid))
        publishes = children(service.pid)
        db.execute("UPDATE hosts SET token = nextval('host_tokens') WHERE host = 'duty:publishing'")
        assert "duty=duty:publishing" in until(log, "duty lost to another service")
        # It would have waited for the lock.
        wait_for(lambda: not publishes & children(service.pid))


def children(pid: int) -> set[str]:
    """The processes that a process started, by their ids."""
    return {*Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def test_the_duties_of_a_killed_service_are_released_before_their_leases_expire(
    tmp_path: Path, postgres_url: str
) -> None:
    first, second = (home_on(tmp_path / name, postgres_url, more=BUCKET) for name in "12")
    with (
        started("run", first) as (service, log),
        psycopg.connect(postgres_url, autocommit=True) as db,
    ):
        # Its child has answered, and so knows whose child it is.
        until_all(log, "duty=duty:publishing", "duty=duty:alerts", 'event="publication failed"')
        service.kill()
        held = (
            # A lease that only ran out keeps its token.
            "SELECT count(*) FILTER (WHERE token <> 0),"
            " bool_and(next_due <= now() - interval '15 seconds') FROM hosts"
            " WHERE host IN ('duty:publishing', 'duty:alerts')"
        )
        wait_for(lambda: db.execute(held).fetchall()[0] not in {(1, False), (2, False)})
        assert db.execute(held).fetchall()[0][0] == 0
        # Both are due, and nothing keeps them from jobs of their own.
        ((due, jobs),) = db.execute(
            "SELECT count(*), (SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'"
            " AND lock IN ('visit:duty:publishing', 'visit:duty:alerts')) FROM hosts"
            " WHERE host IN ('duty:publishing', 'duty:alerts') AND next_due <= now()"
        ).fetchall()
        assert (due, jobs) == (2, 0)
        with started("run", second) as (_, other_log):
            until_all(other_log, "duty=duty:publishing", "duty=duty:alerts")


@pytest.mark.thorough
def test_a_service_that_cannot_sign_leaves_publishing_to_others(
    tmp_path: Path, postgres_url: str
) -> None:
    with_key = home_on(tmp_path / "key", postgres_url, more=BUCKET)
    home = open_home(with_key)
    home.plain_store().close()
    with closing(home.shared_log(signs=True)) as shared:
        shared.sign()
    leader = home_on(tmp_path / "leader", postgres_url)
    without = home_on(tmp_path / "without", postgres_url, more=BUCKET)
    with started("run", leader) as (_, log):
        until(log, "leading")
        with (
            started("run", without) as (service, its_log),
            psycopg.connect(postgres_url, autocommit=True) as db,
        ):
            until(its_log, "standing by")
            db.execute(TRIED)
            db.execute(
                "INSERT INTO host_sources VALUES"
                " ('duty:publish', 'duty:publishing', now(), '', false, false, false);"
                " INSERT INTO hosts (host, next_due) VALUES ('duty:publishing', now())"
            )
            # A job that is left to others is ended, and the next is made: each of both had one.
            tried = "SELECT count(DISTINCT worker) FROM tried"
            wait_for(lambda: db.execute(tried).fetchall() >= [(2,)])
            with started("run", with_key) as (publisher, other_log):
                took_on(other_log, "duty:publishing")
                asked = "SELECT 1 FROM host_sources WHERE source = 'duty:publish' AND due <= now()"
                wait_for(lambda: not db.execute(asked).fetchall())
                publisher.send_signal(signal.SIGTERM)
                assert publisher.wait(PATIENCE) == 0
            # The next one need not wait until somebody asks for a publication.
            (row,) = db.execute(
                "SELECT token, next_due <= now() FROM hosts WHERE host = 'duty:publishing'"
            )
            assert row == (0, True)
            service.send_signal(signal.SIGTERM)
            assert "duty:publishing" not in its_log.read()


@pytest.mark.thorough
def test_a_service_stops_working_on_a_database_of_a_newer_version(
    tmp_path: Path, postgres_url: str
) -> None:
    with started("run", home_on(tmp_path / "home", postgres_url)) as (_, log):
        took_on(log, "duty:alerts")
        with psycopg.connect(postgres_url, autocommit=True) as db:
            db.execute("INSERT INTO communique_migrations (name) VALUES ('of tomorrow')")
            awaited = {"no longer the leader", "database failed; duties suspended"}
            while awaited:
                line = next(log)
                awaited -= {one for one in awaited if one in line and "newer version" in line}
            assert db.execute("SELECT host FROM hosts WHERE token <> 0").fetchall() == []
            lead = f"SELECT pg_try_advisory_lock({LEADER_LOCK_SQL})".encode()
            wait_for(lambda: db.execute(lead).fetchall() == [(True,)])


@pytest.mark.thorough
def test_a_service_with_other_site_settings_than_the_leader_logs_an_error(
    tmp_path: Path, postgres_url: str
) -> None:
    first = home_on(tmp_path / "first", postgres_url, more=BUCKET)
    other = BUCKET.replace("press/site", "press/other")
    second = home_on(tmp_path / "second", postgres_url, more=other)
    with started("run", first) as (_, log):
        until(log, "leading")
        with started("run", second) as (_, other_log):
            told = until(other_log, "settings of services differ")
            ours, _, leaders = told.partition("but the leader has")
            assert "site.target = 's3://press/other'" in ours
            assert "site.target = 's3://press/site'" in leaders


def test_a_service_logs_once_that_duties_are_impossible_and_when_they_are_possible(
    tmp_path: Path, postgres_url: str, postgres_server: PostgresServer
) -> None:
    postgres_server.stop()
    with started("run", home_on(tmp_path / "home", postgres_url)) as (_, log):
        assert "it can't be reached" in until(log, "database failed; duties suspended")
        postgres_server.start()
        until(log, "database responds; duties resumed")
        took_on(log, "duty:alerts")


class LosesCancellation(Duties):
    """Duties whose database refuses a statement at the moment at which they are cancelled.

    Before Python 3.12, ``asyncio.wait_for`` loses the cancellation then.
    """

    begun = 0

    async def _take_turns(self) -> None:
        self.begun += 1
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if self.begun > 1:
                raise
        raise psycopg.errors.ReadOnlySqlTransaction("it is read-only")


def test_duties_end_even_if_a_library_loses_their_cancellation(tmp_path: Path) -> None:
    async def cancelled() -> LosesCancellation:
        home = open_home(tmp_path)

        async def noted() -> None: ...

        duties = LosesCancellation(home, Publishing(home, noted), {}, lambda: False)
        working = asyncio.create_task(duties.work())
        await asyncio.sleep(0)
        working.cancel()
        await asyncio.wait({working}, timeout=PATIENCE)
        assert working.cancelled()
        return duties

    assert asyncio.run(cancelled()).begun == 1
