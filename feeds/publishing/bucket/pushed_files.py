"""Cache of the objects in a bucket, and selection of files to upload or delete.

If the cache is lost, it is rebuilt from the bucket.
"""

import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from data.archive.upload import CHECKPOINT
from data.errors import StoreError
from data.sqlite_file import create_cache_tables, delete_file, open_for_writing
from feeds.http_headers import page_after, page_before
from feeds.urls import FileStamp, stamp_of

TABLES_SQL = """
    -- Each file below the prefix: the tag of its object, and the stamp of the local file that it
    -- was written from, or 0 if it is unknown.
    CREATE TABLE IF NOT EXISTS files (
        name     TEXT PRIMARY KEY,
        tag      TEXT NOT NULL,
        modified INTEGER NOT NULL DEFAULT 0,
        size     INTEGER NOT NULL DEFAULT 0,
        inode    INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL)
        STRICT, WITHOUT ROWID;
"""

UNKNOWN_STAMP = FileStamp(0, 0, 0)
"""Stamp of an object whose local file is not known."""

FILES_PER_CHECK: Final = 200
"""Number of files that are uploaded between two checks for another publisher. Progress is saved
after each check."""

UPLOADED_LAST: Final = {"index.html", "feeds/index.html", "sitemap.xml", CHECKPOINT}
"""Files that are uploaded last, because they link to all other files."""
UPLOADED_FIRST: Final = ("releases/", "stories/", "log/", "witness/")
"""Folder prefixes of files that are uploaded first, because they do not link to files that are
uploaded later."""
WITHOUT_LINKS: Final = (".css", ".js", ".svg", ".ico", ".txt")
"""Suffixes of files without links, which are uploaded first."""


class Pushed(NamedTuple):
    """An object in the bucket: its ETag, and the stamp of the local file that was uploaded."""

    tag: str
    stamp: FileStamp


class PushedFiles:
    """List of the objects in the bucket at ``place``, cached in the file at ``path``.

    Methods raise StoreError if the file can't be read or written.
    """

    def __init__(self, path: Path, place: str) -> None:
        self._path = path
        with self._reported():
            try:
                self._db = self._opened()
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                # A damaged cache is rebuilt from the bucket.
                delete_file(path)
                self._db = self._opened()
        if self._note("place") != place:
            # Nothing is known about another bucket.
            self.begin({}, 0, 0.0)
            self._keep("place", place)
        if not self._note("publisher"):
            self._keep("publisher", secrets.token_hex(8))

    def _opened(self) -> sqlite3.Connection:
        db = open_for_writing(self._path)
        try:
            create_cache_tables(db, TABLES_SQL)
        except sqlite3.Error:
            db.close()
            raise
        return db

    def close(self) -> None:
        """Close the cache file."""
        self._db.close()

    @property
    def publisher(self) -> str:
        """Random id of this home directory as a publisher."""
        return self._note("publisher")

    @property
    def number(self) -> int:
        """Number of the last publication that this home directory started."""
        return int(self._note("number") or 0)

    @property
    def settled_at(self) -> float:
        """Time after which no delayed request of another publisher can arrive.

        It is in seconds since 1970, or 0 if the objects were verified after that time.
        """
        return float(self._note("settled_at") or 0)

    @property
    def is_behind(self) -> bool:
        """Whether another home directory has published since the folder was last rendered."""
        return bool(self._note("is_behind"))

    def begin(self, tags: Mapping[str, str], number: int, settled_at: float) -> None:
        """Replace the known objects with objects that have the given ETags.

        Also saves the publication number, and ``settled_at``.
        """
        with self._transaction():
            self._db.execute("DELETE FROM files")
            self._db.executemany("INSERT INTO files (name, tag) VALUES (?, ?)", tags.items())
            self._keep("number", str(number))
            self._keep("settled_at", str(settled_at))
            self._keep("is_behind", "yes")

    def note_rendered(self) -> None:
        """Record that the whole folder was rendered."""
        self._keep("is_behind", "")

    def note_number(self, number: int) -> None:
        """Record the number of a publication that this home directory started."""
        self._keep("number", str(number))

    def note_settled(self) -> None:
        """Record that the objects were verified after ``settled_at``.

        By then, no delayed request of another publisher can still arrive.
        """
        self._keep("settled_at", "0")

    def files(self) -> dict[str, Pushed]:
        """Return all known objects by name."""
        with self._reported():
            rows = self._db.execute("SELECT name, tag, modified, size, inode FROM files")
            return {name: Pushed(tag, FileStamp(*stamp)) for name, tag, *stamp in rows}

    def note(self, written: Mapping[str, Pushed], gone: Iterable[str] = ()) -> None:
        """Record written and verified objects, and delete ``gone`` objects from the cache."""
        with self._transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
                [(name, tag, *stamp) for name, (tag, stamp) in written.items()],
            )
            self._db.executemany("DELETE FROM files WHERE name = ?", [(name,) for name in gone])

    def _note(self, name: str) -> str:
        with self._reported():
            rows = self._db.execute("SELECT value FROM notes WHERE name = ?", [name]).fetchall()
        return str(rows[0][0]) if rows else ""

    def _keep(self, name: str, value: str) -> None:
        with self._reported():
            self._db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", [name, value])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._reported(), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(str(self._path), str(error)) from error


def changed(present: Mapping[str, FileStamp], known: Mapping[str, Pushed]) -> list[str]:
    """Return the names of files whose stamps differ from the stamps of the uploaded files.

    If a new archive page was written, the result includes the previous archive page, whose headers
    change because it becomes immutable.
    """
    wanted = {
        name for name, stamp in present.items() if name not in known or known[name].stamp != stamp
    }
    before = {page_before(name) or "" for name in wanted if name not in known}
    return [*wanted, *(before & present.keys() - wanted)]


def files_in(folder: Path) -> Iterator[tuple[str, FileStamp]]:
    """Yield the names and stamps of a site's files, except hidden files.

    Hidden files are incomplete or private.
    """
    todo = [""]
    while todo:
        place = todo.pop()
        try:
            entries = os.scandir(folder / place)
        except FileNotFoundError:
            continue
        with entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    todo.append(f"{place}{entry.name}/")
                elif entry.is_file(follow_symlinks=False):
                    yield f"{place}{entry.name}", stamp_of(entry.stat(follow_symlinks=False))


def rank_of(name: str) -> int:
    """Return a file's rank in upload order. Files come after the files to which they link."""
    if name in UPLOADED_LAST:
        return 3
    if name.startswith(UPLOADED_FIRST) or name.endswith(WITHOUT_LINKS):
        return 0
    return 1 if page_after(name) else 2


def upload_batches(names: Iterable[str], *, backwards: bool = False) -> Iterator[Sequence[str]]:
    """Yield file names in upload order, in batches of the same rank."""
    ranked: dict[int, list[str]] = {}
    for name in names:
        ranked.setdefault(rank_of(name), []).append(name)
    for rank in sorted(ranked, reverse=backwards):
        some = sorted(ranked[rank])
        for start in range(0, len(some), FILES_PER_CHECK):
            yield some[start : start + FILES_PER_CHECK]
