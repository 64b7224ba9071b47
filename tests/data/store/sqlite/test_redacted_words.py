"""Words of redacted texts in the search index and in the file of an SQLite store."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from data.models import FileText, Media
from data.search.query import Query
from data.sqlite_file import files_of
from data.store.sqlite.copy import copy_store
from data.store.sqlite.store import SqliteStore
from tests.drafts import capture, draft

MINUTES: Final = Media("http://harbour.example/minutes.pdf", "application/pdf")
TIDES: Final = "http://harbour.example/news/2"
OLD_WORD, NEW_WORD, TITLE_WORD, FILE_WORD = "qvoldsecret", "zxnewsecret", "wjtitled", "kqminuted"
OF_RELEASE: Final = {OLD_WORD, NEW_WORD, TITLE_WORD, FILE_WORD}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of the store."""
    return tmp_path / "communique.db"


@pytest.fixture
def release(sqlite_store: SqliteStore, path: Path, noon: dt.datetime) -> str:
    """A release that was edited often, with an attachment, among others in the index."""
    # As in most builds of SQLite, visits and merges leave deleted data in the file.
    sqlite_store._db.execute("PRAGMA secure_delete = OFF")  # noqa: SLF001 - depends on the build
    other = draft(TIDES, title="Tides", body_text="Low tide at dusk.")
    sqlite_store.record(other, seen=noon, since=noon)
    # The index merges its segments after some batches.
    for number in range(12):
        word = OLD_WORD if number < 11 else NEW_WORD
        edited = draft(
            title=f"Harbour {TITLE_WORD}",
            body_text=f"The {word} is number {number}. " + numbers(number),
            attachments=(MINUTES,),
        )
        at = noon + dt.timedelta(hours=number)
        id_ = sqlite_store.record(edited, seen=at, since=at).release.id
        if not number:
            sqlite_store.keep_file("harbour", MINUTES.url, capture(1, noon))
            text = FileText("pdf", (f"The {FILE_WORD} costs.",))
            sqlite_store.keep_file_text(MINUTES.url, "sha256:aa", text, seen=noon)
        sqlite_store.update_search_index()
    assert words_of(path) >= OF_RELEASE
    return id_


def test_a_redaction_leaves_no_words_in_the_index_the_file_or_a_backup(
    sqlite_store: SqliteStore, release: str, noon: dt.datetime, path: Path
) -> None:
    sqlite_store.redact(release, at=noon, why="order 7")
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
