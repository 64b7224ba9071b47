"""Cache of publications: one SQLite file outside the site.

The file may be deleted at any time, and the next publication writes the same site again. Rendered
entries are stored under a hash of everything that affects them. Only one process publishes at a
time.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any

import msgspec

from data.errors import StoreError
from data.models import Facet
from data.sqlite_file import cause_of, open_cache
from feeds.formats.rendering import RenderedEntry, from_bytes, to_bytes
from feeds.urls import part_file, stem_of

TABLES_SQL = """
    CREATE TABLE IF NOT EXISTS entries (
        number INTEGER PRIMARY KEY,          -- ascending in order of insertion
        key    BLOB NOT NULL UNIQUE,
        body   BLOB NOT NULL
    ) STRICT;
    -- The unarchived releases of a feed when it had this number of archive pages, as JSON.
    CREATE TABLE IF NOT EXISTS current (
        facet    TEXT PRIMARY KEY,
        pages    INTEGER NOT NULL,
        releases TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    -- The written pages of releases and of older releases, with a digest of their content:
    -- by the id of the release, or by file.
    CREATE TABLE IF NOT EXISTS pages (release TEXT PRIMARY KEY, key BLOB NOT NULL)
        STRICT, WITHOUT ROWID;
    -- Modification times of the folders of feeds after the last publication.
    CREATE TABLE IF NOT EXISTS folders (name TEXT PRIMARY KEY, changed INTEGER NOT NULL)
        STRICT, WITHOUT ROWID;
    -- The facets that must still be written, and whether completely.
    CREATE TABLE IF NOT EXISTS due (facet TEXT PRIMARY KEY, everything INTEGER NOT NULL)
        STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value BLOB NOT NULL)
        STRICT, WITHOUT ROWID;
"""


DAMAGE_CODES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

MAX_CACHE_BYTES = 1024 * 1024 * 1024
"""Maximum total size in bytes of rendered entries. The oldest entries are deleted first."""


class DamagedCacheError(StoreError):
    """Raised if the publishing cache is damaged.

    It can be deleted: the next publication rebuilds it.
    """


class RenderCache:
    """Cache of rendered entries, page digests and other values of publications.

    It is in the file at ``path``, or in memory if ``path`` is None. Methods raise StoreError if the
    file can't be read or written.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        with self._reported():
            self._db = open_cache(path, TABLES_SQL)

    def close(self) -> None:
        """Close the cache file. Changes since the last commit are discarded."""
        self._db.close()

    def commit(self) -> None:
        """Save all changes."""
        with self._reported():
            self._db.commit()

    def rollback(self) -> None:
        """Discard the changes since the last commit."""
        with self._reported():
            self._db.rollback()

    def checkpoint(self) -> None:
        """Commit all changes so far. They are kept even if the enclosing ``part`` fails later."""
        with self._reported():
            self._db.execute("RELEASE part")
            self._db.execute("COMMIT")
            self._db.execute("BEGIN")
            self._db.execute("SAVEPOINT part")

    @contextmanager
    def part(self) -> Iterator[None]:
        """Apply the changes of a ``with`` block completely or not at all. Exceptions propagate."""
        with self._reported():
            self._begin()
            self._db.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            with self._reported():
                self._db.execute("ROLLBACK TO part")
            raise
        finally:
            with self._reported():
                self._db.execute("RELEASE part")

    def _ask(self, sql: str, values: Sequence[Any]) -> list[Any]:
        with self._reported():
            return self._db.execute(sql, values).fetchall()

    def _put(self, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        with self._reported():
            self._begin()
            self._db.executemany(sql, rows)

    def _begin(self) -> None:
        if not self._db.in_transaction:
            self._db.execute("BEGIN")

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            is_damaged = getattr(error, "sqlite_errorcode", 0) in DAMAGE_CODES
            name = "rendered entries" if self._path is None else str(self._path)
            cause = str(error) if self._path is None else cause_of(self._path, error)
            raise (DamagedCacheError if is_damaged else StoreError)(name, cause) from error

    def entries(self, keys: Sequence[bytes]) -> dict[bytes, RenderedEntry]:
        """Return the stored entries with these keys."""
        found = {}
        for start in range(0, len(keys), 500):
            some = keys[start : start + 500]
            places = ", ".join("?" * len(some))
            for key, body in self._ask(
                f"SELECT key, body FROM entries WHERE key IN ({places})",  # noqa: S608 - places
                some,
            ):
                try:
                    found[key] = from_bytes(body)
                except msgspec.DecodeError:
                    # Another version of Communique stored this entry, so it is rendered again.
                    continue
        return found

    def keep_entries(self, entries: Mapping[bytes, RenderedEntry]) -> None:
        """Store rendered entries under their keys."""
        self._put(
            "INSERT OR REPLACE INTO entries (key, body) VALUES (?, ?)",
            [(key, to_bytes(entry)) for key, entry in entries.items()],
        )

    def current(self, facet: Facet, pages: int) -> list[str] | None:
        """Return a feed's releases that are not on an archive page, as stored by `keep_current`.

        Returns None if the feed had a different number of archive ``pages`` when they were stored.
        """
        for (releases,) in self._ask(
            "SELECT releases FROM current WHERE facet = ? AND pages = ?", [facet_name(facet), pages]
        ):
            return msgspec.json.decode(releases, type=list[str])
        return None

    def keep_current(self, facet: Facet, pages: int, releases: Sequence[str]) -> None:
        """Store which releases of a feed are not on an archive page.

        Also stores the feed's number of archive ``pages``.
        """
        text = msgspec.json.encode(releases).decode()
        self._put(
            "INSERT OR REPLACE INTO current VALUES (?, ?, ?)", [(facet_name(facet), pages, text)]
        )

    def page_keys(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return the digests of written pages, by release id or file name."""
        rows = self._ask(
            "SELECT p.release, p.key FROM json_each(?) j CROSS JOIN pages p ON p.release = j.value",
            [msgspec.json.encode(names).decode()],
        )
        return dict(rows)

    def keep_page(self, name: str, key: bytes) -> None:
        """Store the digest of a written page."""
        self._put("INSERT OR REPLACE INTO pages VALUES (?, ?)", [(name, key)])

    def forget_page(self, name: str) -> None:
        """Delete the digest of a page that was removed."""
        self._put("DELETE FROM pages WHERE release = ?", [(name,)])

    def note(self, name: str) -> bytes | None:
        """Return the value stored under a name, or None if there is no such value."""
        for row in self._ask("SELECT value FROM notes WHERE name = ?", [name]):
            return bytes(row[0])
        return None

    def keep_note(self, name: str, value: bytes) -> None:
        """Store a value under a name."""
        self._put("INSERT OR REPLACE INTO notes VALUES (?, ?)", [(name, value)])

    def queue(self, facets: Iterable[Facet], *, everything: bool = False) -> None:
        """Queue facets to be written. With ``everything``, all their documents are written."""
        self._put(
            "INSERT INTO due VALUES (?, ?) ON CONFLICT DO UPDATE"
            " SET everything = max(everything, excluded.everything)",
            [(facet_name(one), int(everything)) for one in facets],
        )

    def queue_rewrite(self, facets: Iterable[Facet]) -> None:
        """Queue facets to be written completely, and commit.

        Index pages and event feeds are also queued.
        """
        self.queue(facets, everything=True)
        self._put("DELETE FROM notes WHERE name = 'listing' OR name LIKE 'feed %'", [()])
        self.commit()

    def queued(self) -> dict[Facet, bool]:
        """Return the queued facets, and whether each must be written completely."""
        rows = self._ask("SELECT facet, everything FROM due", [])
        return {Facet(*msgspec.json.decode(name)): bool(everything) for name, everything in rows}

    def done(self, facets: Iterable[Facet]) -> None:
        """Remove facets from the queue, because they were written."""
        self._put("DELETE FROM due WHERE facet = ?", [(facet_name(one),) for one in facets])

    def folders(self) -> dict[str, int]:
        """Return the modification times of feed folders at the last publication, in nanoseconds."""
        return dict(self._ask("SELECT name, changed FROM folders", []))

    def keep_folders(self, changed: Mapping[str, int]) -> None:
        """Store modification times of folders."""
        self._put("INSERT OR REPLACE INTO folders VALUES (?, ?)", [*changed.items()])

    def forget_folder(self, name: str) -> None:
        """Delete the modification time of a folder that was removed on purpose."""
        self._put("DELETE FROM folders WHERE name = ?", [(name,)])

    def forget_facet(self, facet: Facet) -> None:
        """Delete all data about a removed facet."""
        self._put("DELETE FROM current WHERE facet = ?", [(facet_name(facet),)])
        self._put("DELETE FROM pages WHERE release GLOB ?", [(part_file(facet, "*"),)])
        self.forget_folder(f"{stem_of(facet)}/page")
        self.done([facet])

    def clear(self) -> None:
        """Delete all rendered entries, because the layout changed."""
        for table in ("entries", "pages", "current"):
            self._put(f"DELETE FROM {table}", [()])  # noqa: S608 - our own names

    def tidy(self) -> None:
        """Delete the oldest rendered entries if all entries together exceed MAX_CACHE_BYTES."""
        pages, size, free = (
            self._ask(f"PRAGMA {name}", [])[0][0]
            for name in ("page_count", "page_size", "freelist_count")
        )
        excess = 1 - MAX_CACHE_BYTES / max((pages - free) * size, 1)
        if excess > 0:
            # Delete a tenth more than necessary, so that not every publication has to delete
            # entries.
            self._put(
                "DELETE FROM entries WHERE number <= (SELECT min(number)"
                " + (max(number) - min(number)) * ? FROM entries)",
                [(min(excess + 0.1, 1.0),)],
            )


def facet_name(facet: Facet) -> str:
    """Return the name under which a facet is stored in the cache."""
    return msgspec.json.encode(astuple(facet)).decode()
