"""All of a store arrives in another one, however often the way there was cut, or nothing opens."""

from __future__ import annotations

import datetime as dt
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from procrastinate.schema import SchemaManager

from data.errors import StoreError
from data.models import Source
from data.search.query import Query
from data.store.core.store import Store
from data.store.open import open_store
from data.store.transfer.transfer import Transferred, open_source, open_target, transfer
from tests.drafts import draft, published
from tests.examples import thorough
from tests.postgres_server import PASSWORD, PostgresServer

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def full(tmp_path: Path) -> str:
    """The address of a store in a file with releases in all states."""
    url = f"sqlite:{tmp_path / 'full.db'}"
    with closing(open_store(url)) as store:
        store.register(Source("harbour", "Harbour", "http://harbour.example/"))
        for number in range(40):
            store.record(release(number), seen=NOON, since=NOON)
        ids = [one.id for one in store.by_first_seen(None)]
        store.record(release(3, "It was wrong."), seen=NOON + HOUR, since=NOON + HOUR)
        store.retract(ids[5], at=NOON + HOUR)
        store.hide(ids[7], at=NOON, why="It is an advertisement, \\ and a\ttab.")
        store.update_search_index()
    return url


def release(number: int, more: str = "") -> Any:
    """A draft that says something of its own."""
    return draft(
        f"http://harbour.example/{number}",
        title=f"Pier {number} № \\N '\"",
        body_text=f"Ships at pier {number} wait for {number * 7919} pilots.\n{more} 信号站",
        topics=("transport", f"topic-{number % 3}"),
        section="Outer piers" if number % 2 else None,
        published=published(f"2026-02-{number % 28 + 1:02}"),
        skeleton=bytes([0, 255, number]),
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that is not there yet."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'empty.db'}"
    return str(request.getfixturevalue("empty_postgres_url"))


def move(source: str, target: str, cut: int = 0) -> Transferred:
    """Move a store, or cut the way after so many steps."""
    steps = 0

    def told(step: str, done: int, of: int) -> None:
        nonlocal steps
        assert done <= of, step
        steps += 1
        if steps == cut:
            raise InterruptedError(step)

    with closing(open_source(source)) as one, closing(open_target(target)) as other:
        return transfer(one, other, told)


def changes(store: Store) -> list[tuple[int, str, str]]:
    """The numbers, kinds and releases of all that happened."""
    logged = store.release_events(after=None, limit=999)
    assert logged
    return [(one.cursor[0], one.kind, one.release.id) for one in logged]


def held(url: str) -> dict[str, list[str]]:
    """All rows of all tables of a store but those of the search index, by the names of columns.

    Tables without a row are left out: many machines have some that one has not.
    """
    with closing(open_source(url)) as end:
        found = {
            name: sorted(
                repr(sorted(zip(table.columns, row, strict=True)))
                for rows in end.batches(table)
                for row in rows
            )
            for name, table in end.tables().items()
        }
    return {name: rows for name, rows in found.items() if rows}


def test_all_data_is_transferred_in_both_directions(
    full: str, empty_postgres_url: str, tmp_path: Path
) -> None:
    back = f"sqlite:{tmp_path / 'back.db'}"
    done = move(full, empty_postgres_url)
    assert done.rows["releases"] == done.written["releases"] == 40
    assert not any(done.left.values())
    move(empty_postgres_url, back)
    before, after = held(full), held(back)
    assert before == after
    assert len(before) > 12, "most tables were filled"


@pytest.mark.parametrize("empty", ["sqlite", *thorough("postgresql")], indirect=True)
def test_a_store_that_was_moved_works(full: str, empty: str) -> None:
    move(full, empty)
    with closing(open_store(full)) as one, closing(open_store(empty)) as other:
        assert sum(other.enter_queued()) == 40
        for store in (one, other):
            decision = store.record(release(99), seen=NOON + HOUR, since=NOON + HOUR)
            assert decision.kind == "new"
            again = store.record(release(4), seen=NOON + HOUR, since=NOON + HOUR)
            assert again.kind == "unchanged"
            store.update_search_index()
        query = Query('"信号站" pilots')
        found = [[hit.url for hit in s.search(query, limit=99)] for s in (one, other)]
        assert sorted(found[0]) == sorted(found[1])
        assert len(found[0]) == 40
        # What happens from now on is numbered and logged as if nothing had been moved.
        assert changes(one) == changes(other)


def test_consumers_and_numbers_of_events_continue(full: str, empty: str) -> None:
    with closing(open_store(full)) as store:
        (*_, last) = store.queued_events(limit=99)
        store.settle_events(last.number - 1, [])
        before = store.change_cursor()
    move(full, empty)
    with closing(open_store(empty)) as store:
        assert store.queued_events(limit=99) == [last]
        store.record(release(99), seen=NOON + HOUR, since=NOON + HOUR)
        events = store.release_events(before, limit=9) or ()
        assert [one.cursor[0] for one in events] == [before[0] + 1]


@pytest.mark.parametrize("empty", ["sqlite", *thorough("postgresql")], indirect=True)
def test_an_interrupted_download_is_resumed(full: str, empty: str) -> None:
    cuts = 0
    for cut in (1, 9, 20, 45):
        with pytest.raises(InterruptedError):
            move(full, empty, cut)
        cuts += 1
        with pytest.raises(StoreError, match="communique migrate"):
            open_store(empty)
    assert cuts == 4
    done = move(full, empty)
    assert done.rows["releases"] == 40
    assert done.written["releases"] == 0
    assert held(empty) == held(full)
    assert sum(move(full, empty).written.values()) == 0, "done once more, it finds all there"


@pytest.mark.parametrize("empty", ["sqlite", *thorough("postgresql")], indirect=True)
def test_a_killed_process_leaves_a_file_that_can_be_continued(full: str, empty: str) -> None:
    program = (
        "import os, sys; from scheduler.commands.migrate import migrate_store; steps = []\n"
        "def told(*step):\n"
        "    steps.append(step)\n"
        "    if len(steps) == 15: os.kill(os.getpid(), 9)\n"
        "migrate_store(*sys.argv[1:], told)"
    )
    killed = subprocess.run([sys.executable, "-c", program, full, empty], check=False)  # noqa: S603
    assert killed.returncode == -9
    with pytest.raises(StoreError, match="communique migrate"):
        open_store(empty)
    move(full, empty)
    assert held(empty) == held(full)


def test_a_restarted_database_is_reported_and_used_again(
    full: str, postgres_server: PostgresServer, empty_postgres_url: str
) -> None:
    steps = 0

    def told(step: str, done: int, of: int) -> None:
        nonlocal steps
        steps += 1
        if steps == 20:
            postgres_server.restart("immediate")
        del step, done, of

    with (
        closing(open_source(full)) as one,
        closing(open_target(empty_postgres_url)) as other,
        pytest.raises(StoreError, match="it can't be reached, or the connection broke"),
    ):
        transfer(one, other, told)
    move(full, empty_postgres_url)
    assert held(empty_postgres_url) == held(full)


@pytest.mark.parametrize("empty", ["sqlite", *thorough("postgresql")], indirect=True)
def test_changes_between_two_attempts_are_included(full: str, empty: str) -> None:
    with pytest.raises(InterruptedError):
        move(full, empty, 60)
    with closing(open_store(full)) as store:
        (hidden,) = (one.id for one in store.by_first_seen(None) if one.hidden)
        store.unhide(hidden)
        store.record(release(8, "It was wrong."), seen=NOON + HOUR, since=NOON + HOUR)
        store.record(release(77), seen=NOON + HOUR, since=NOON + HOUR)
    done = move(full, empty)
    assert 0 < done.written["releases"] < 40
    assert held(empty) == held(full)


@pytest.mark.parametrize("empty", ["sqlite", *thorough("postgresql")], indirect=True)
def test_a_target_with_its_own_store_is_not_changed(full: str, empty: str) -> None:
    with closing(open_store(empty)) as store:
        store.record(release(1), seen=NOON, since=NOON)
    before = held(empty)
    with pytest.raises(StoreError, match="it already contains another store"):
        move(full, empty)
    assert held(empty) == before


def test_a_target_that_is_filled_from_elsewhere_is_left_alone(
    full: str, empty: str, tmp_path: Path
) -> None:
    with pytest.raises(InterruptedError):
        move(full, empty, 9)
    other = f"sqlite:{tmp_path / 'other.db'}"
    open_store(other).close()
    with pytest.raises(StoreError, match=r"transfer from sqlite:.*full\.db"):
        move(other, empty)
    with pytest.raises(StoreError, match="unfinished"):
        move(empty, other)


def test_a_missing_source_or_store_is_reported(
    tmp_path: Path, empty: str, empty_postgres_url: str
) -> None:
    gone = tmp_path / "gone.db"
    with pytest.raises(StoreError, match="no store exists"):
        open_source(f"sqlite:{gone}")
    assert not gone.exists()
    with pytest.raises(StoreError, match="no store exists"):
        open_source(empty_postgres_url)
    with psycopg.connect(empty_postgres_url) as db:
        assert db.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone() == (0,)
    for url in ("mysql://me@there/db", "sqlite:", "communique.db", ""):
        with pytest.raises(StoreError, match="unknown kind of store"):
            open_target(url)
    del empty


@pytest.fixture
def writing(full: str) -> Iterator[str]:
    """The address of a store to which somebody writes."""
    with closing(sqlite3.connect(full.removeprefix("sqlite:"), isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield full


def test_a_store_that_is_written_to_is_not_moved(
    writing: str, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.store.transfer.end.LOCK_TIMEOUT_SECONDS", 0.1)
    with pytest.raises(StoreError, match="is writing to the database"):
        move(writing, empty)
    open_store(empty).close()


def test_a_database_that_workers_use_is_neither_read_nor_filled(
    full: str, empty_postgres_url: str, tmp_path: Path
) -> None:
    open_store(empty_postgres_url).close()
    elsewhere = f"sqlite:{tmp_path / 'copy.db'}"
    with psycopg.connect(empty_postgres_url, autocommit=True) as db:
        db.execute(SchemaManager.get_schema().encode())
        ((worker,),) = db.execute("SELECT procrastinate_register_worker_v1()").fetchall()
        for one, other in ((full, empty_postgres_url), (empty_postgres_url, elsewhere)):
            with pytest.raises(StoreError, match="workers of Communique use it: stop them all"):
                move(one, other)
        db.execute("SELECT procrastinate_unregister_worker_v1(%s)", [worker])
        move(full, empty_postgres_url)
        db.execute(
            "INSERT INTO hosts (host, next_due, token) VALUES ('a:80', now() + '9 s'::interval, 1)"
        )
        with pytest.raises(StoreError, match="workers of Communique use it: stop them all"):
            move(empty_postgres_url, elsewhere)
        db.execute("UPDATE hosts SET token = 0")
    move(empty_postgres_url, elsewhere)


def test_a_store_has_no_writers_during_a_migration(full: str, empty_postgres_url: str) -> None:
    move(full, empty_postgres_url)
    for url in (full, empty_postgres_url):
        with closing(open_source(url)) as end, closing(open_store(url, patience=0.1)) as store:
            end.freeze()
            with pytest.raises(StoreError):
                store.record(release(99), seen=NOON, since=NOON)
            assert len(list(store.by_first_seen(None))) == 40, "it is read as ever"


def test_no_password_is_shown(full: str, empty_postgres_url: str) -> None:
    with pytest.raises(InterruptedError):
        move(full, empty_postgres_url, 3)
    with closing(open_target(empty_postgres_url)) as end:
        assert PASSWORD not in end.url
        assert end.url.startswith("postgresql://127.0.0.1")
    for url in (
        empty_postgres_url.replace("127.0.0.1", "nowhere.invalid"),
        empty_postgres_url[:-5] + "none",
    ):
        with pytest.raises(StoreError) as refused:
            open_source(url)
        assert PASSWORD not in str(refused.value)


@pytest.mark.thorough
def test_a_store_under_two_addresses_is_recognized_as_one(
    full: str, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    name = postgres_server.create()
    url = postgres_server.url(name)
    open_store(url).close()
    for other in (
        url.replace("127.0.0.1", "localhost"),
        postgres_server.socket_url(name),
        postgres_server.socket_url(name) + "&application_name=other",
        f"{url}?options=-csearch_path%3Dpublic",
    ):
        for one, two in ((url, other), (other, url)):
            with pytest.raises(StoreError, match="are the same store"):
                move(one, two)
    (tmp_path / "linked.db").hardlink_to(tmp_path / "full.db")
    with pytest.raises(StoreError, match="are the same store"):
        move(full, f"sqlite:{tmp_path / 'linked.db'}")
    # Another schema of the same database is another store.
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("CREATE SCHEMA apart")
    assert move(url, f"{url}?options=-csearch_path%3Dapart").rows["releases"] == 0
