"""Records of the objects in a bucket: the manifest in the bucket, and a local cache of the objects.

The manifest is an object that records the newest publication of the site. It is replaced only if it
has not changed since it was read (If-Match). So concurrent publishers get different numbers, and
each notices a later publication. A publication with a higher number has read a later state of the
store.

The cache lists the objects with their ETags, and so shows which files must be uploaded or deleted.
If the cache is lost, it is rebuilt from the bucket.
"""

import datetime as dt
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from data.archive.upload import CHECKPOINT
from data.errors import StoreError
from data.models import ChangeCursor
from data.network.bucket import Bucket, BucketError, Replaced
from data.sqlite_file import open_cache
from feeds.http_headers import page_after, page_before
from feeds.urls import FileStamp, stamp_of

MANIFEST_FILE: Final = "publication.json"

MANIFEST_FORMAT: Final = 1

FOREIGN_MANIFEST_MESSAGE: Final = (
    f"its {MANIFEST_FILE} has an unknown format; choose another prefix, or delete all objects there"
)


class BucketManifest(msgspec.Struct, frozen=True):
    """Numbers of the last started and the last completed publication in a bucket.

    ``number`` is the last started publication, ``complete`` the last completed one. ``change`` is
    the last change of the store when the publication started. ``publisher`` is the id of the
    publishing home directory, and ``at`` the time of the last update (UTC).
    """

    number: int
    complete: int
    change: ChangeCursor
    publisher: str
    at: dt.datetime
    format: int = MANIFEST_FORMAT


@dataclass(frozen=True, slots=True)
class StoredManifest:
    """A manifest with the ETag of its object in the bucket."""

    manifest: BucketManifest
    tag: str


def read_manifest(bucket: Bucket, known: StoredManifest | None = None) -> StoredManifest | None:
    """Return the manifest of a bucket, or None if nothing is published in the bucket.

    Returns ``known`` if the object has not changed. Raises BucketError if the bucket fails.
    """
    found = bucket.read(MANIFEST_FILE, known.tag if known else None)
    if found is None or (known and found.tag == known.tag):
        return known if found else None
    try:
        manifest = msgspec.json.decode(found.body, type=BucketManifest)
    except msgspec.DecodeError as error:
        raise BucketError(bucket.place, FOREIGN_MANIFEST_MESSAGE) from error
    if manifest.format != MANIFEST_FORMAT:
        raise BucketError(bucket.place, FOREIGN_MANIFEST_MESSAGE)
    return StoredManifest(manifest, found.tag)


def replace_manifest(
    bucket: Bucket, old: StoredManifest | None, manifest: BucketManifest
) -> StoredManifest:
    """Replace the manifest ``old``, which was read before, with ``manifest``.

    Raises BucketError if the bucket fails, and Replaced if another publisher changed the object
    first.
    """
    body = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    headers = {"Content-Type": "application/json", "Cache-Control": "no-cache"}
    over = old.tag if old else None
    try:
        return StoredManifest(
            manifest, bucket.write(MANIFEST_FILE, body, over=over, headers=headers)
        )
    except Replaced:
        # The response to an earlier attempt may have been lost. In this case, the object is ours.
        found = read_manifest(bucket)
        if found and found.manifest == manifest:
            return found
        raise


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
            self._db = open_cache(path, TABLES_SQL)
        if self._note("place") != place:
            # Nothing is known about another bucket.
            self.begin({}, 0, 0.0)
            self.keep("place", place)
        if not self._note("publisher"):
            self.keep("publisher", secrets.token_hex(8))

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
            self.keep("number", str(number))
            self.keep("settled_at", str(settled_at))
            self.keep("is_behind", "yes")

    def keep(self, name: str, value: str) -> None:
        """Record a value: ``number``, ``settled_at``, or an empty text as ``is_behind``."""
        with self._reported():
            self._db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", [name, value])

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
