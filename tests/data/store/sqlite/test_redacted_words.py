"""Words of redacted texts in the search index and in the file of an SQLite store."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from data.models import FileText, Media
from data.search.query import Query
from data.sqlite_file import files_of
from data.store.sqlite.copy import copy_store
from data.store.sqlite.store import SqliteStore
from tests.blank_store import blank_store
from tests.drafts import capture, draft

MINUTES: Final = Media("http://harbour.example/minutes.pdf", "application/pdf")
TIDES: Final = "http://harbour.example/news/2"
OLD_WORD, NEW_WORD, TITLE_WORD, FILE_WORD = "qvoldsecret", "zxnewsecret", "wjtitled", "kqminuted"
NOON: Final = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
OF_RELEASE: Final = {OLD_WORD, NEW_WORD, TITLE_WORD, FILE_WORD}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of the store."""
    return tmp_path / "communique.db"


def leave_deleted_data(store: SqliteStore) -> None:
    """Have visits and merges leave deleted data in the file, as in most builds of SQLite."""
    store._db.execute("PRAGMA secure_delete = OFF")  # noqa: SLF001 - depends on the build


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The file of a store, and in it a release that was edited often, with an attachment."""
    path = tmp_path_factory.mktemp("edited") / "communique.db"
    path.write_bytes(blank_store())
    with closing(SqliteStore(path)) as store:
        leave_deleted_data(store)
        return path, edited_release(store)


@pytest.fixture
def sqlite_store(edited: tuple[Path, str], path: Path) -> Iterator[SqliteStore]:
    """A store with the edited release."""
    shutil.copy(edited[0], path)
    with closing(SqliteStore(path)) as store:
        leave_deleted_data(store)
        yield store


@pytest.fixture
def release(edited: tuple[Path, str]) -> str:
    """The id of the edited release, whose words are in the store."""
    assert words_of(edited[0]) >= OF_RELEASE
    return edited[1]


def edited_release(store: SqliteStore) -> str:
    """Record a release among others, edit it often, and return its id."""
    other = draft(TIDES, title="Tides", body_text="Low tide at dusk.")
    store.record(other, seen=NOON, since=NOON)
    # The index merges its segments after some batches.
    for number in range(12):
        word = OLD_WORD if number < 11 else NEW_WORD
        edited = draft(
            title=f"Harbour {TITLE_WORD}",
            body_text=f"The {word} is number {number}. " + numbers(number),
            attachments=(MINUTES,),
        )
        at = NOON + dt.timedelta(hours=number)
        id_ = store.record(edited, seen=at, since=at).release.id
        if not number:
            store.keep_file("harbour", MINUTES.url, capture(1, NOON))
            text = FileText("pdf", (f"The {FILE_WORD} costs.",))
            store.keep_file_text(MINUTES.url, "sha256:aa", text, seen=NOON)
        store.update_search_index()
    return id_


def test_a_redaction_leaves_no_words_in_the_index_the_file_or_a_backup(
    sqlite_store: SqliteStore, release: str, path: Path
) -> None:
    sqlite_store.redact(release, at=NOON, why="order 7")
    assert not words_of(path) & OF_RELEASE
    sqlite_store.overwrite_free_space()
    sqlite_store.update_search_index()
    assert not words_of(path) & OF_RELEASE
    assert [one.url for one in sqlite_store.search(Query("dusk"), limit=5)] == [TIDES]
    assert sqlite_store.search(Query(TITLE_WORD), limit=5) == ()
    backup = path.with_name("backup.db")
    copy_store(path, backup, lambda *_: None)
    for file in (*files_of(path), backup):
        assert remaining(file, OF_RELEASE) == set(), file


def test_the_words_of_a_removed_attachment_leave_the_index_and_the_file(
    sqlite_store: SqliteStore, release: str, path: Path
) -> None:
    assert sqlite_store.forget_texts_of_files([MINUTES.url]) == 1
    assert FILE_WORD not in words_of(path)
    sqlite_store.overwrite_free_space()
    sqlite_store.update_search_index()
    assert FILE_WORD not in words_of(path)
    assert [one.id for one in sqlite_store.search(Query(NEW_WORD), limit=5)] == [release]
    for file in files_of(path):
        assert remaining(file, {FILE_WORD}) == set(), file


def numbers(first: int) -> str:
    """Return a long text of different words, whose index needs many pages."""
    return " ".join(f"{OLD_WORD}{first}x{number}" for number in range(150))


def words_of(path: Path) -> set[str]:
    """Return all words in the index, as FTS5 reports them."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, search, instance)")
        return {word for (word,) in db.execute("SELECT DISTINCT term FROM words")}


def remaining(path: Path, words: set[str]) -> set[str]:
    """Return the words that a file contains. FTS5 may store a word without its first letter."""
    content = path.read_bytes() if path.exists() else b""
    return {word for word in words if word[1:].encode() in content}
