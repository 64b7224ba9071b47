"""Files of SQLite that several processes make at once."""

import multiprocessing
import multiprocessing.synchronize
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from data.files import is_held
from data.sqlite_file import create_cache_tables, is_read_only, open_for_writing

PROCESSES = 5
FILES = 200

CACHE = "CREATE TABLE pages (name TEXT); CREATE INDEX by_name ON pages (name);"


@pytest.mark.thorough
def test_processes_that_make_a_file_at_once_all_open_it(tmp_path: Path) -> None:
    # SQLite by itself refuses some of them to somebody, without a wait.
    spawned = multiprocessing.get_context("spawn")
    with spawned.Pool(PROCESSES, begin, (spawned.Barrier(PROCESSES),)) as pool:
        refused = pool.map(make_all, [tmp_path] * PROCESSES, chunksize=1)
    assert refused == [[]] * PROCESSES
    for number in range(FILES):
        with closing(open_for_writing(tmp_path / f"{number}.db")) as db:
            assert db.execute("SELECT count(*) FROM notices").fetchone() == (PROCESSES,)


@pytest.mark.parametrize("is_there", [False, True])
def test_a_file_gets_its_log_while_no_other_process_may_give_it_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_there: bool
) -> None:
    path = tmp_path / "store.db"
    if is_there:
        # As a backup leaves it.
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE notices (number INTEGER)")
    held: dict[str, bool] = {}
    connect = sqlite3.connect

    def watched(place: str, **options: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(place, **options)
        db.set_trace_callback(lambda statement: held.update({statement: is_held(tmp_path)}))
        return db

    monkeypatch.setattr(sqlite3, "connect", watched)
    for _ in range(2):
        open_for_writing(path).close()
    assert [statement for statement in held if held[statement]] == ["PRAGMA journal_mode = WAL"]
    assert not is_held(tmp_path)


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_file_that_vanishes_during_the_check_is_not_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_replaced: bool
) -> None:
    path = tmp_path / "index.db"
    path.write_bytes(b"damaged")
    access = os.access

    def amid(asked: Path, mode: int) -> bool:
        """Answer as if another process had deleted the file, and perhaps created it again."""
        monkeypatch.setattr(os, "access", access)
        path.unlink()
        found = access(asked, mode)
        if is_replaced:
            path.write_bytes(b"new")
        return found

    monkeypatch.setattr(os, "access", amid)
    assert not is_read_only(path)


def test_others_see_the_tables_of_a_cache_all_at_once(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    seen = []

    def look(_: str) -> None:
        with closing(sqlite3.connect(path)) as other:
            seen.append(other.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])

    with closing(open_for_writing(path)) as db:
        db.set_trace_callback(look)
        create_cache_tables(db, CACHE)
        db.set_trace_callback(None)
        assert {*seen} == {0}
        look("")
    assert seen[-1] == 2


class Begun:
    """What a process of the pool is begun with."""

    together: multiprocessing.synchronize.Barrier


def begin(together: multiprocessing.synchronize.Barrier) -> None:
    """Note where the processes wait for each other."""
    Begun.together = together


def make_all(folder: Path) -> list[str]:
    """Make all files, or note a row in them; what was refused."""
    refused = []
    for number in range(FILES):
        Begun.together.wait(60)
        try:
            with closing(open_for_writing(folder / f"{number}.db")) as db:
                db.execute("CREATE TABLE IF NOT EXISTS notices (number INTEGER)")
                db.execute("INSERT INTO notices VALUES (1)")
        except sqlite3.Error as error:
            refused.append(f"{number}: {error}")
    return refused
