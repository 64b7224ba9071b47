"""`communique worker`: real services and workers on a real database, each a process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from scheduler.home.home import open_home
from tests.command import COMMUNIQUE, communique
from tests.examples import thorough
from tests.peer import PATIENCE
from tests.postgres_server import PASSWORD, USER
from tests.press_room import Answer, Room, listing_html, release_html, served
from tests.services import home_on, started, until, wait_for

SHIFTED = """
import datetime
import time

import data.clock

shift = datetime.timedelta(minutes={minutes})
real, told = data.clock.utc_now, time.time
data.clock.utc_now = lambda: real() + shift
time.time = lambda: told() + shift.total_seconds()
"""
"""Sets the clock of an interpreter, as far as our code asks it."""

IMPATIENT = """
from scheduler.fleet import worker

worker.DATABASE_TIMEOUT_SECONDS = 12.0
"""
"""Has a worker wait for a database for some seconds only."""

SHORT_LEASES = """
from scheduler.fleet.leases import Leases

Leases.__init__.__kwdefaults__["seconds"] = 16.0
"""
"""Has a worker hold hosts for longer than it waits for a database, and for no half minute."""

BROKEN_RENEWAL = """
from scheduler.fleet.leases import Leases


async def renew(leases):
    raise RuntimeError("a mistake")

Leases.renew_for_ever = renew
"""
"""Puts a mistake into the renewal of leases."""


@pytest.fixture
def room() -> Iterator[Room]:
    """A press room with two releases."""
    with served() as room:
        room.page("/news/", listing_html([1, 2]))
        for number in (1, 2):
            room.page(f"/news/{number}.html", release_html(number))
        yield room


def held_page(room: Room) -> threading.Event:
    """Have a release wait for its answer, amid a visit, until the event is set."""
    held = threading.Event()
    room.answers["/news/2.html"] = Answer(release_html(2).encode(), hold=held)
    return held


def test_a_worker_visits_for_the_leader_and_for_the_next_leader(
    tmp_path: Path, empty_postgres_url: str, room: Room
) -> None:
    first = home_on(tmp_path / "first", empty_postgres_url, room)
    second = home_on(tmp_path / "second", empty_postgres_url, room)
    with started("worker", home_on(tmp_path / "worker", empty_postgres_url)) as (worker, its_log):
        until(its_log, "working")
        with started("run", first) as (leader, log):
            until(log, "leading")
            with started("run", second) as (_, other_log):
                until(other_log, "standing by")
                assert "new=2" in until(its_log, "visited")
                assert "new=2" in until(log, "visited")
                leader.kill()
                until(other_log, "leading")
        alive = open_home(tmp_path / "worker").alive
        assert alive.exists()
        worker.send_signal(signal.SIGTERM)
        until(its_log, "stopping")
        assert worker.wait(PATIENCE) == 0
    assert not alive.exists()
    with psycopg.connect(empty_postgres_url) as db:
        ((visits,),) = db.execute("SELECT count(*) FROM runs").fetchall()
        ((due,),) = db.execute(
            "SELECT count(*) FROM host_sources WHERE source = 'harbour' AND due <= now()"
        ).fetchall()
    assert (visits, due) == (1, 0)


@pytest.mark.thorough
def test_collect_waits_for_a_worker_that_visits_the_host(
    tmp_path: Path, postgres_url: str, room: Room
) -> None:
    held = held_page(room)
    home = home_on(tmp_path / "leader", postgres_url, room)
    with (
        started("run", home) as (_, log),
        started("worker", home_on(tmp_path / "worker", postgres_url)),
    ):
        until(log, "leading")
        room.wait_for("/news/2.html")
        asked = len(room.log)
        with started("collect", home) as (collecting, said):
            until(said, "waiting for a host")
            assert len(room.log) == asked
            held.set()
            assert "harbour: 2 found, 0 new, 0 changed, 2 unchanged" in said.read()
            assert collecting.wait(PATIENCE) == 0


def test_collect_leases_the_host_and_releases_it(
    tmp_path: Path, postgres_url: str, room: Room
) -> None:
    held = held_page(room)
    hosts = "SELECT token <> 0, next_due = 'infinity' FROM hosts"
    with started("collect", home_on(tmp_path / "home", postgres_url, room)) as (collecting, said):
        room.wait_for("/news/2.html")
        with psycopg.connect(postgres_url, autocommit=True) as db:
            assert db.execute(hosts).fetchall() == [(True, False)]
            held.set()
            assert "harbour: 2 found, 2 new" in said.read()
            assert collecting.wait(PATIENCE) == 0
            assert db.execute(hosts).fetchall() == [(False, True)]


@pytest.mark.thorough
def test_invalid_topics_of_the_leader_are_logged_and_the_service_continues(
    tmp_path: Path, postgres_url: str, room: Room
) -> None:
    home = home_on(tmp_path / "home", postgres_url, room)
    (home / "topics.toml").write_text("[[topic]]\nlable = 'Tide'\n")
    with started("worker", home_on(tmp_path / "worker", postgres_url)) as (_, its_log):
        with started("run", home):
            assert "topics.toml of the leader: topic[0].lable: " in until(its_log, "visited")
        (home / "topics.toml").write_bytes(b"\xff")
        with started("run", home) as (_, log):
            told = until(log, "topics.toml is invalid")
            assert f"{home / 'topics.toml'}: file: the file can't be read" in told


@pytest.mark.thorough
def test_a_stopped_worker_releases_its_hosts(tmp_path: Path, postgres_url: str, room: Room) -> None:
    held = held_page(room)
    with (
        started("run", home_on(tmp_path / "leader", postgres_url, room)) as (_, log),
        started("worker", home_on(tmp_path / "worker", postgres_url)) as (worker, _),
    ):
        until(log, "leading")
        room.wait_for("/news/2.html")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0
        with psycopg.connect(postgres_url, autocommit=True) as db:
            (row,) = db.execute(
                "SELECT token, next_due <= now() + interval '1 s' FROM hosts WHERE host LIKE '127%'"
            )
            assert row == (0, True)
            (row,) = db.execute("SELECT due <= now() FROM host_sources WHERE source = 'harbour'")
            assert row == (True,)
        held.set()
        with started("worker", home_on(tmp_path / "another", postgres_url)) as (_, its_log):
            assert "errors=[]" in until(its_log, "visited")
            assert "errors=[]" in until(log, "visited")


def test_the_hosts_of_a_killed_worker_are_released_before_their_leases_expire(
    tmp_path: Path, postgres_url: str, room: Room
) -> None:
    held = held_page(room)
    with (
        started("run", home_on(tmp_path / "leader", postgres_url, room)) as (_, log),
        started("worker", home_on(tmp_path / "worker", postgres_url)) as (worker, _),
        psycopg.connect(postgres_url, autocommit=True) as db,
    ):
        until(log, "leading")
        room.wait_for("/news/2.html")
        worker.kill()
        lease = "SELECT token <> 0, next_due <= now() FROM hosts WHERE host LIKE '127%'"
        wait_for(lambda: db.execute(lease).fetchall() != [(True, False)])
        ((is_held, _),) = db.execute(lease).fetchall()
        assert not is_held
        ((due,),) = db.execute(
            "SELECT due <= now() FROM host_sources WHERE source = 'harbour'"
        ).fetchall()
        assert due
        held.set()
        with started("worker", home_on(tmp_path / "another", postgres_url)) as (_, its_log):
            assert "errors=[]" in until(its_log, "visited")


@pytest.mark.thorough
def test_a_source_that_becomes_due_during_a_visit_to_its_host_is_visited_too(
    tmp_path: Path, postgres_url: str, room: Room
) -> None:
    held = held_page(room)
    leader = home_on(tmp_path / "leader", postgres_url, room)
    with (
        started("run", leader) as (_, log),
        started("worker", home_on(tmp_path / "worker", postgres_url)) as (_, its_log),
        psycopg.connect(postgres_url, autocommit=True) as db,
    ):
        until(log, "leading")
        room.wait_for("/news/2.html")
        # As the leader has a source be due; the host is still held, and one page of it awaited.
        file = (leader / "sources/harbour.toml").read_text().replace("/news/", "/pilots/")
        (leader / "sources/pilots.toml").write_text(file)
        db.execute(
            "INSERT INTO host_sources (source, host, file, explicit, backfill, accept, due)"
            " SELECT 'pilots', host, %s, explicit, backfill, accept, now() FROM host_sources"
            " ON CONFLICT (source) DO NOTHING",
            [file],
        )

        def has_begun() -> bool:
            if db.execute("SELECT 1 FROM sources WHERE id = 'pilots'").fetchall():
                return True
            assert not db.execute("SELECT 1 FROM runs").fetchall()
            return False

        wait_for(has_begun)
        held.set()
        told = until(its_log, "visited") + until(its_log, "visited")
        assert "source=harbour" in told
        assert "source=pilots" in told


def test_a_host_lost_to_another_worker_is_logged_and_not_visited(
    tmp_path: Path, postgres_url: str, room: Room
) -> None:
    held = held_page(room)
    with (
        started("run", home_on(tmp_path / "leader", postgres_url, room)) as (_, log),
        started("worker", home_on(tmp_path / "worker", postgres_url)) as (_, its_log),
        psycopg.connect(postgres_url, autocommit=True) as db,
    ):
        until(log, "leading")
        room.wait_for("/news/2.html")
        db.execute("UPDATE hosts SET token = nextval('host_tokens') WHERE host LIKE '127%'")
        assert "host=127.0.0.1" in until(its_log, "host lease lost to another worker")
        assert "the lease of its host was lost" in until(its_log, "visited")
        held.set()


@pytest.mark.thorough
def test_a_suspended_worker_continues(tmp_path: Path, postgres_url: str, room: Room) -> None:
    held = held_page(room)
    home = home_on(tmp_path / "worker", postgres_url)
    with (
        started("run", home_on(tmp_path / "leader", postgres_url, room)) as (_, log),
        started("worker", home, first=SHORT_LEASES + IMPATIENT) as (worker, its_log),
        psycopg.connect(postgres_url, autocommit=True) as db,
    ):
        until(log, "leading")
        room.wait_for("/news/2.html")
        worker.send_signal(signal.SIGSTOP)
        try:
            ended = "SELECT 1 FROM hosts WHERE host LIKE '127%' AND next_due <= now()"
            wait_for(lambda: db.execute(ended).fetchall())
            # As another worker would have it.
            db.execute("UPDATE hosts SET token = nextval('host_tokens') WHERE host LIKE '127%'")
        finally:
            worker.send_signal(signal.SIGCONT)
        until(its_log, "host lease lost to another worker")
        held.set()
        while "new=2" not in until(its_log, "visited"):
            pass
        assert worker.poll() is None


@pytest.mark.thorough
@pytest.mark.parametrize("minutes", [10, *thorough(-10)])
def test_a_worker_with_a_wrong_clock_keeps_its_leases(
    tmp_path: Path, postgres_url: str, room: Room, minutes: int
) -> None:
    clock = tmp_path / "clock"
    clock.mkdir()
    (clock / "sitecustomize.py").write_text(SHIFTED.format(minutes=minutes))
    shifted = {"PYTHONPATH": str(clock)}
    homes = (
        home_on(tmp_path / "leader", postgres_url, room),
        home_on(tmp_path / "worker", postgres_url),
    )
    held = held_page(room)
    with (
        started("run", homes[0]) as (_, log),
        started("worker", homes[1], *COMMUNIQUE, environ=shifted) as (_, its_log),
        psycopg.connect(postgres_url, autocommit=True) as db,
    ):
        until(log, "leading")
        room.wait_for("/news/2.html")
        ((left,),) = db.execute(
            "SELECT EXTRACT(epoch FROM next_due - now()) FROM hosts"
            " WHERE token <> 0 AND host LIKE '127%'"
        ).fetchall()
        assert 0 < left <= 30
        held.set()
        told = until(its_log, "visited")
        assert "new=2" in told
        assert "errors=[]" in told
        ((off,),) = db.execute(
            "SELECT (started - EXTRACT(epoch FROM now())) / 60 FROM runs"
        ).fetchall()
        assert round(off) in {minutes, minutes - 1}


def test_a_worker_refuses_a_database_of_a_newer_version(tmp_path: Path, postgres_url: str) -> None:
    home = home_on(tmp_path / "worker", postgres_url)
    with started("worker", home) as (worker, log):
        until(log, "working")
        with psycopg.connect(postgres_url, autocommit=True) as db:
            db.execute("INSERT INTO communique_migrations (name) VALUES ('of tomorrow')")
        until(log, "stopping")
        assert "a newer version of Communique" in log.read()
        assert worker.wait(PATIENCE) == 1
    refused = communique("worker", home=home)
    assert refused.returncode == 1
    assert "written by a newer version of Communique" in refused.stderr


def test_a_worker_ends_with_an_unexpected_error_of_its_renewals(
    tmp_path: Path, postgres_url: str
) -> None:
    home = home_on(tmp_path / "worker", postgres_url)
    with started("worker", home, first=BROKEN_RENEWAL + IMPATIENT) as (worker, log):
        until(log, "stopping")
        assert "RuntimeError: a mistake" in log.read()
        assert worker.wait(PATIENCE) == 1


def test_a_worker_needs_settings_with_a_shared_database(tmp_path: Path) -> None:
    result = communique("worker", home=tmp_path)
    assert result.returncode == 2
    assert 'executor = "procrastinate"' in result.stderr
    (tmp_path / "communique.toml").write_text("[run]\nexecutor = 'procrastinate'\n")
    result = communique("run", home=tmp_path)
    assert result.returncode == 2
    assert "store.url" in result.stderr


def test_a_statement_refused_by_the_database_is_logged_and_the_service_continues(
    tmp_path: Path, postgres_url: str
) -> None:
    worker = home_on(tmp_path / "worker", postgres_url)
    assert communique("health", home=worker).returncode == 0
    with psycopg.connect(postgres_url, autocommit=True) as db:
        read_only = SQL("ALTER DATABASE {} SET default_transaction_read_only = on")
        db.execute(read_only.format(Identifier(db.info.dbname)))
        try:
            with started("run", home_on(tmp_path / "leader", postgres_url)) as (service, log):
                assert "it is read-only" in until(log, "no longer the leader")
                assert service.poll() is None
                service.send_signal(signal.SIGTERM)
                assert service.wait(PATIENCE) == 0
            result = communique("worker", home=worker)
            found = communique("doctor", home=worker).stdout
        finally:
            db.execute("SET default_transaction_read_only = off")
            writable = SQL("ALTER DATABASE {} RESET default_transaction_read_only")
            db.execute(writable.format(Identifier(db.info.dbname)))
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "it is read-only: use the address of the primary server" in result.stderr
    assert "is read-only, so releases can't be stored" in found


@pytest.mark.thorough
def test_a_worker_ends_with_the_reason_when_its_password_was_changed(
    tmp_path: Path, postgres_url: str
) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as db:
        db.execute("CREATE ROLE worker SUPERUSER LOGIN PASSWORD 'once'")
        url = postgres_url.replace(f"{USER}:{PASSWORD}", "worker:once")
        try:
            home = home_on(tmp_path / "worker", url)
            with started("worker", home, first=IMPATIENT) as (worker, log):
                until(log, "working")
                db.execute("ALTER ROLE worker PASSWORD 'now'")
                db.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE usename = 'worker'"
                )
                until(log, "stopping")
                told = log.read()
                assert worker.wait(PATIENCE) == 1
        finally:
            db.execute("DROP OWNED BY worker")
            db.execute("DROP ROLE worker")
    (line,) = told.splitlines()
    assert "it rejects the password: correct the address" in line
    assert "once" not in line
