"""The publishing cache: one SQLite file outside the site.

It may be deleted at any time: the next publication writes the same site again. Rendered entries are
stored under a hash of everything that shapes them. Only one process publishes at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path

import msgspec

from data.models import Facet
from feeds.formats.rendering import RenderedEntry, from_bytes, to_bytes
from feeds.publishing.context.cache_file import CacheFile
from feeds.urls import part_file, stem_of

MAX_CACHE_BYTES = 1024 * 1024 * 1024
"""Maximum bytes of stored entries; the oldest are deleted."""


class RenderCache(CacheFile):
    """The cache file at ``path``, or in memory without a path. Raises StoreError."""

    def __init__(self, path: Path | None, limit: int = MAX_CACHE_BYTES) -> None:
        super().__init__(path)
        self._limit = limit

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
                    # An entry of another version of Communique is rendered again.
                    continue
        return found

    def keep_entries(self, entries: Mapping[bytes, RenderedEntry]) -> None:
        """Store rendered entries under their keys."""
        self._put(
            "INSERT OR REPLACE INTO entries (key, body) VALUES (?, ?)",
            [(key, to_bytes(entry)) for key, entry in entries.items()],
        )

    def current(self, facet: Facet, pages: int) -> list[str] | None:
        """Return a feed's unarchived releases while it had ``pages`` archive pages, or None."""
        for (releases,) in self._ask(
            "SELECT releases FROM current WHERE facet = ? AND pages = ?", [name_of(facet), pages]
        ):
            return msgspec.json.decode(releases, type=list[str])
        return None

    def keep_current(self, facet: Facet, pages: int, releases: Sequence[str]) -> None:
        """Store a feed's unarchived releases, with its number of archive pages."""
        text = msgspec.json.encode(releases).decode()
        self._put(
            "INSERT OR REPLACE INTO current VALUES (?, ?, ?)", [(name_of(facet), pages, text)]
        )

    def page_keys(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return the digests of written pages, by release id or by file."""
        rows = self._ask(
            "SELECT p.release, p.key FROM json_each(?) j CROSS JOIN pages p ON p.release = j.value",
            [msgspec.json.encode(names).decode()],
        )
        return dict(rows)

    def keep_page(self, name: str, key: bytes) -> None:
        """Record that a page was written, with the digest of its content."""
        self._put("INSERT OR REPLACE INTO pages VALUES (?, ?)", [(name, key)])

    def note(self, name: str) -> bytes | None:
        """Return the value stored under a name, or None."""
        for row in self._ask("SELECT value FROM notes WHERE name = ?", [name]):
            return bytes(row[0])
        return None

    def keep_note(self, name: str, value: bytes) -> None:
        """Store a value under a name."""
        self._put("INSERT OR REPLACE INTO notes VALUES (?, ?)", [(name, value)])

    def queue_rewrite(self, facets: Iterable[Facet]) -> None:
        """Record at once that these feeds must be written completely, and commit.

        Index pages and event feeds are written again too.
        """
        self._put("INSERT OR IGNORE INTO rewrites VALUES (?)", [(name_of(one),) for one in facets])
        self._put("DELETE FROM notes WHERE name = 'listing' OR name LIKE 'feed %'", [()])
        self.commit()

    def queued(self) -> set[Facet]:
        """Return the feeds that must still be written completely."""
        rows = self._ask("SELECT facet FROM rewrites", [])
        return {Facet(*msgspec.json.decode(name)) for (name,) in rows}

    def done(self, facets: Iterable[Facet]) -> None:
        """Record that these feeds were written completely."""
        self._put("DELETE FROM rewrites WHERE facet = ?", [(name_of(one),) for one in facets])

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
        """Delete everything stored about a facet that was removed."""
        self._put("DELETE FROM current WHERE facet = ?", [(name_of(facet),)])
        self._put("DELETE FROM pages WHERE release GLOB ?", [(part_file(facet, "*"),)])
        self.forget_folder(f"{stem_of(facet)}/page")
        self.done([facet])

    def clear(self) -> None:
        """Delete all rendered entries: something that shapes every entry changed."""
        for table in ("entries", "pages", "current", "rewrites"):
            self._put(f"DELETE FROM {table}", [()])  # noqa: S608 - our own names

    def tidy(self) -> None:
        """Delete the oldest rendered entries if the cache exceeds its limit."""
        pages, size, free = (
            self._ask(f"PRAGMA {name}", [])[0][0]
            for name in ("page_count", "page_size", "freelist_count")
        )
        excess = 1 - self._limit / max((pages - free) * size, 1)
        if excess > 0:
            # A tenth more, so that not every run has to delete entries.
            self._put(
                "DELETE FROM entries WHERE number <= (SELECT min(number)"
                " + (max(number) - min(number)) * ? FROM entries)",
                [(min(excess + 0.1, 1.0),)],
            )


def name_of(facet: Facet) -> str:
    """Return the key of a facet's row."""
    return msgspec.json.encode(astuple(facet)).decode()
