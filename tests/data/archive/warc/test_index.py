"""The index of captures, which any loss leaves as it was."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import multiprocessing.connection
import multiprocessing.process
import multiprocessing.synchronize
import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import data.archive.warc.index as index_module
from data.archive.warc.cdxj import CdxjEntry
from data.archive.warc.index import Index
from data.archive.warc.warc_file import WarcFile, cdxj_path, new_file
from data.errors import ArchiveError
from data.files import is_held
from tests.examples import thorough
from tests.exchanges import NOON

SECOND = NOON.replace(microsecond=0)
URI = "http://harbour.example/news/1"


@pytest.fixture
def file(tmp_path: Path) -> Iterator[WarcFile]:
    made = new_file(tmp_path, NOON)
    yield made
    made.close()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    opened = Index(tmp_path)
    yield opened
    opened.close()


def entry(file: WarcFile, leaf: int, uri: str = URI, **changes: object) -> CdxjEntry:
    """A capture of a page, which is another each time."""
    made = CdxjEntry(uri, SECOND, "text/html", 200, f"sha256:{leaf}", 9, leaf * 10, file.name, leaf)
    return replace(made, **changes)  # type: ignore[arg-type]


def listed(file: WarcFile, *entries: CdxjEntry) -> None:
    """List captures in the CDXJ file, as a writer does."""
    for one in entries:
        file.list(one.encode())


def test_captures_are_found_by_any_address_of_a_page(index: Index, file: WarcFile) -> None:
    one, other = entry(file, 1), entry(file, 2, "https://www.harbour.example/news/1/")
    index.add(one)
    index.add(other)
    index.add(entry(file, 3, "http://harbour.example/news/2"))
    assert index.captures("http://harbour.example/news/1?utm_source=x") == [one, other]
    assert index.newest(URI) == one
    assert index.newest("http://harbour.example/unknown") is None


def test_the_newest_is_the_last_one_written_whatever_the_clock(
    index: Index, file: WarcFile
) -> None:
    index.add(entry(file, 1))
    index.add(last := entry(file, 2, at=SECOND - dt.timedelta(days=400)))
    index.add(entry(file, 3, status=404))
    assert index.newest(URI) == last


def test_a_payload_is_found_in_its_record_and_not_in_records_that_refer_to_it(
    index: Index, file: WarcFile
) -> None:
    index.add(entry(file, 1, media_type="warc/revisit", digest="sha256:a"))
    assert index.holder("sha256:a") is None
    index.add(first := entry(file, 2, digest="sha256:a", media_type=None))
    index.add(entry(file, 3, digest="sha256:a"))
    assert index.holder("sha256:a") == first


def test_repeated_rows_and_links_that_are_not_pages_are_not_listed(
    index: Index, file: WarcFile
) -> None:
    index.add(entry(file, 1, status=304))
    index.add(entry(file, 2, "urn:communique:journal"))
    assert index.captures(URI) == index.captures("urn:communique:journal") == []


@pytest.mark.parametrize("loss", ["lost", "emptied", "garbage", "torn"])
def test_a_lost_or_damaged_index_is_rebuilt(
    tmp_path: Path, index: Index, file: WarcFile, loss: str
) -> None:
    entries = [entry(file, leaf, f"http://harbour.example/{leaf}") for leaf in range(200)]
    for one in entries:
        listed(file, one)
        index.add(one)
    index.note(file.name, file.listed, 199)
    index.close()
    path = tmp_path / "index.db"
    if loss == "lost":
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        if loss == "torn":
            content[4096 : len(content) // 2] = bytes(len(content) // 2 - 4096)
        path.write_bytes({"emptied": b"", "garbage": b"no database" * 999}.get(loss, content))
    assert index.captures("http://harbour.example/7") == [entries[7]]
    assert index.holder("sha256:150") == entries[150]
    assert index.highest_leaf() == 199


def test_records_of_other_processes_are_read_when_the_index_is_opened(
    tmp_path: Path, index: Index, file: WarcFile
) -> None:
    listed(file, first := entry(file, 1))
    assert index.captures(URI) == [first]
    listed(file, second := entry(file, 2))
    assert index.captures(URI) == [first]
    index.close()
    assert index.captures(URI) == [first, second]
    cdxj_path(file.path).write_bytes(first.encode())
    index.close()
    assert index.captures(URI) == [first]
    for path in (file.path, cdxj_path(file.path)):
        path.unlink()
    index.close()
    assert index.captures(URI) == []
    assert tmp_path.is_dir()


def test_an_index_that_could_not_be_brought_up_to_date_is_not_used(
    index: Index, file: WarcFile, tmp_path: Path
) -> None:
    listed(file, one := entry(file, 1))
    with closing(new_file(tmp_path, NOON)) as other:
        unreadable = cdxj_path(other.path)
    unreadable.unlink()
    unreadable.mkdir()
    with pytest.raises(ArchiveError):
        index.captures(URI)
    unreadable.rmdir()
    assert index.captures(URI) == [one]


def test_a_file_that_another_begins_while_the_index_is_read_keeps_its_captures(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert index.captures(URI) == []
    begun: list[WarcFile] = []
    transaction = index_module.transaction

    def begun_before(db: sqlite3.Connection) -> AbstractContextManager[None]:
        if not begun:
            begun.append(new_file(tmp_path, NOON))
            index.add(entry(begun[0], 1))
            assert len(index.captures(URI)) == 1
        return transaction(db)

    monkeypatch.setattr(index_module, "transaction", begun_before)
    with closing(Index(tmp_path)) as another:
        another.read_on()
    assert index.captures(URI) == [entry(begun[0], 1)]
    begun[0].close()


def test_lines_that_were_sorted_since_are_all_read(index: Index, tmp_path: Path) -> None:
    file = new_file(tmp_path, NOON)
    listed(file, entry(file, 1, "http://b.example/"))
    index.read_on()
    listed(file, entry(file, 2, "http://a.example/"))
    file.finish()
    index.close()
    assert [len(index.captures(f"http://{name}.example/")) for name in "ab"] == [1, 1]


def test_captures_of_a_file_are_forgotten_until_it_is_read_again(
    index: Index, file: WarcFile
) -> None:
    listed(file, kept := entry(file, 1))
    index.add(kept)
    index.add(entry(file, 2))
    index.forget(file.name)
    index.forget("unknown.warc.gz")
    assert index.captures(URI) == []
    index.read_on()
    assert index.captures(URI) == [kept]


def test_captures_that_could_not_be_written_are_read_when_the_index_is_opened_next(
    index: Index, file: WarcFile, tmp_path: Path
) -> None:
    one, other = entry(file, 0), entry(file, 1)
    index.note(file.name, 0, -1)
    listed(file, one, other)
    index.add(one)
    with closing(sqlite3.connect(tmp_path / index_module.INDEX_FILE)) as db:
        db.execute("ALTER TABLE captures RENAME TO away")
        with pytest.raises(ArchiveError):
            index.note(file.name, file.listed, 0)
        db.execute("ALTER TABLE away RENAME TO captures")
    index.add(other)
    index.note(file.name, file.listed, 1)
    index.close()
    with closing(Index(tmp_path)) as opened:
        assert opened.captures(URI) == [one, other]


def test_threads_take_turns(index: Index, file: WarcFile) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda leaf: index.add(entry(file, leaf)), range(100)))
        assert {len(found) for found in pool.map(lambda _: index.captures(URI), range(8))} == {100}


@pytest.mark.thorough
def test_ten_thousand_captures_of_one_page(index: Index, file: WarcFile) -> None:
    listed(file, *(entry(file, leaf) for leaf in range(10_000)))
    assert index.newest(URI) == entry(file, 9999)
    assert len(index.captures(URI)) == 10_000


def test_without_an_archive_nothing_is_found_or_created(tmp_path: Path) -> None:
    index = Index(tmp_path / "archive")
    assert index.captures(URI) == []
    index.close()
    assert not (tmp_path / "archive").exists()


def test_an_index_that_is_being_opened_is_not_replaced_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = damaged_index(tmp_path, "torn")
    connect = sqlite3.connect
    others: list[multiprocessing.process.BaseProcess] = []
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()

    def amid(*given: Any, **named: Any) -> sqlite3.Connection:
        """Has another process replace the file once it is open, unless that has to wait."""
        connection: sqlite3.Connection = connect(*given, **named)
        monkeypatch.setattr(sqlite3, "connect", connect)
        if not is_held(path.with_name(f"{path.name}-lock")):
            others.append(context.Process(target=hold_open, args=(tmp_path, theirs)))
            others[0].start()
            assert ours.recv() == 50
        return connection

    monkeypatch.setattr(sqlite3, "connect", amid)
    with closing(Index(tmp_path)) as index:
        try:
            assert len(index.addresses()) == 50
            assert has_open(path)
        finally:
            ours.send("end")
            for other in others:
                other.join()


def hold_open(folder: Path, pipe: multiprocessing.connection.Connection[Any, Any]) -> None:
    """Replace a damaged index, and keep it open until told to end."""
    with closing(Index(folder)) as index:
        pipe.send(len(index.addresses()))
        pipe.recv()


def damaged_index(folder: Path, loss: str) -> Path:
    """An archive of 50 captures, of whose index a loss of power left too little."""
    with closing(new_file(folder, NOON)) as file:
        listed(file, *(entry(file, leaf, f"http://a.example/{leaf}") for leaf in range(50)))
    with closing(Index(folder)) as index:
        index.addresses()
    path = folder / "index.db"
    content = bytearray(path.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    path.write_bytes(b"no database" * 999 if loss == "garbage" else content)
    return path


PROCESSES, ROUNDS = 4, 20


@pytest.mark.thorough
@pytest.mark.parametrize("loss", ["torn", *thorough("garbage")])
def test_processes_that_meet_a_damaged_index_at_once_make_one(tmp_path: Path, loss: str) -> None:
    for number in range(ROUNDS):
        folder = tmp_path / str(number)
        folder.mkdir()
        damaged_index(folder, loss)
    spawned = multiprocessing.get_context("spawn")
    with spawned.Pool(PROCESSES, begin, (spawned.Barrier(PROCESSES),)) as pool:
        found = pool.map(opened_at_once, [tmp_path] * PROCESSES, chunksize=1)
    assert found == [[(50, True)] * ROUNDS] * PROCESSES


class Begun:
    """What a process of the pool is begun with."""

    together: multiprocessing.synchronize.Barrier


def begin(together: multiprocessing.synchronize.Barrier) -> None:
    """Note where the processes wait for each other."""
    Begun.together = together


def opened_at_once(folder: Path) -> list[tuple[int | str, bool]]:
    """How many addresses each index has or its error, and whether it reads what is there."""
    found: list[tuple[int | str, bool]] = []
    for number in range(ROUNDS):
        Begun.together.wait(60)
        with closing(Index(folder / str(number))) as index:
            try:
                count: int | str = len(index.addresses())
            except ArchiveError as error:
                count = str(error)
            Begun.together.wait(60)
            found.append((count, has_open(folder / str(number) / "index.db")))
    return found


def has_open(path: Path) -> bool:
    """Whether this process has the very file open that is there."""
    for handle in Path("/dev/fd").iterdir():
        with suppress(OSError):
            if os.path.samestat(os.fstat(int(handle.name)), path.stat()):
                return True
    return False
