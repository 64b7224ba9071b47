"""Files of SQLite that several processes make at once."""

import multiprocessing
import multiprocessing.synchronize
import sqlite3
from contextlib import closing
from pathlib import Path

from data.sqlite_file import open_for_writing

PROCESSES = 5
FILES = 200


def test_processes_that_make_a_file_at_once_all_open_it(tmp_path: Path) -> None:
    # SQLite by itself refuses some of them to somebody, without a wait.
    spawned = multiprocessing.get_context("spawn")
    with spawned.Pool(PROCESSES, begin, (spawned.Barrier(PROCESSES),)) as pool:
        refused = pool.map(make_all, [tmp_path] * PROCESSES, chunksize=1)
    assert refused == [[]] * PROCESSES
    for number in range(FILES):
        with closing(open_for_writing(tmp_path / f"{number}.db")) as db:
            assert db.execute("SELECT count(*) FROM notices").fetchone() == (PROCESSES,)


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
