"""What publishing keeps between its runs, in one SQLite file beside the site.

A cache, and only that: it may be deleted at any time, and the next publication writes the same site
again. Rendered entries are kept by the hash of all that shapes them. One process publishes at a
time.
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

LIMIT = 1024 * 1024 * 1024
"""Bytes of rendered entries that are kept; beyond it the oldest go."""


class RenderCache(CacheFile):
    """The file at ``path``, or in memory where there is none. Raises StoreError."""

    def __init__(self, path: Path | None, limit: int = LIMIT) -> None:
        super().__init__(path)
        self._limit = limit

    def entries(self, keys: Sequence[bytes]) -> dict[bytes, RenderedEntry]:
        """The rendered entries that are kept under these keys."""
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
                    # Written by another version of ours: rendered anew.
                    continue
        return found

    def keep_entries(self, entries: Mapping[bytes, RenderedEntry]) -> None:
        """Keep rendered entries under their keys."""
        self._put(
            "INSERT OR REPLACE INTO entries (key, body) VALUES (?, ?)",
            [(key, to_bytes(entry)) for key, entry in entries.items()],
        )

    def current(self, facet: Facet, pages: int) -> list[str] | None:
        """The releases of a feed that were on none of its so many pages; None if not known."""
        for (releases,) in self._ask(
            "SELECT releases FROM current WHERE facet = ? AND pages = ?", [name_of(facet), pages]
        ):
            return msgspec.json.decode(releases, type=list[str])
        return None

    def keep_current(self, facet: Facet, pages: int, releases: Sequence[str]) -> None:
        """Keep which releases of a feed are on none of its so many pages."""
        text = msgspec.json.encode(releases).decode()
        self._put(
            "INSERT OR REPLACE INTO current VALUES (?, ?, ?)", [(name_of(facet), pages, text)]
        )

    def page_keys(self, names: Sequence[str]) -> dict[str, bytes]:
        """Those of some pages that were written, with what shaped them.

        That of a release goes by its id, others by their files.
        """
        rows = self._ask(
            "SELECT p.release, p.key FROM json_each(?) j CROSS JOIN pages p ON p.release = j.value",
            [msgspec.json.encode(names).decode()],
        )
        return dict(rows)

    def keep_page(self, name: str, key: bytes) -> None:
        """Note that a page was written, by the same name."""
        self._put("INSERT OR REPLACE INTO pages VALUES (?, ?)", [(name, key)])

    def note(self, name: str) -> bytes | None:
        """What was noted under a name."""
        for row in self._ask("SELECT value FROM notes WHERE name = ?", [name]):
            return bytes(row[0])
        return None

    def keep_note(self, name: str, value: bytes) -> None:
        """Note something under a name."""
        self._put("INSERT OR REPLACE INTO notes VALUES (?, ?)", [(name, value)])

    def queue_rewrite(self, facets: Iterable[Facet]) -> None:
        """Note, whatever becomes of this run, that these feeds are to be written whole.

        So is what is told of all of them.
        """
        self._put("INSERT OR IGNORE INTO rewrites VALUES (?)", [(name_of(one),) for one in facets])
        self._put("DELETE FROM notes WHERE name = 'listing' OR name LIKE 'feed %'", [()])
        self.commit()

    def queued(self) -> set[Facet]:
        """The feeds that are still to be written whole."""
        rows = self._ask("SELECT facet FROM rewrites", [])
        return {Facet(*msgspec.json.decode(name)) for (name,) in rows}

    def done(self, facets: Iterable[Facet]) -> None:
        """Note that these feeds were written whole."""
        self._put("DELETE FROM rewrites WHERE facet = ?", [(name_of(one),) for one in facets])

    def folders(self) -> dict[str, int]:
        """When the folders of feeds changed last, in nanoseconds, as they were left."""
        return dict(self._ask("SELECT name, changed FROM folders", []))

    def keep_folders(self, changed: Mapping[str, int]) -> None:
        """Keep when folders changed last."""
        self._put("INSERT OR REPLACE INTO folders VALUES (?, ?)", [*changed.items()])

    def forget_folder(self, name: str) -> None:
        """Forget when a folder changed last: it is meant to be gone."""
        self._put("DELETE FROM folders WHERE name = ?", [(name,)])

    def forget_facet(self, facet: Facet) -> None:
        """Forget what was published of a facet: it is gone."""
        self._put("DELETE FROM current WHERE facet = ?", [(name_of(facet),)])
        self._put("DELETE FROM pages WHERE release GLOB ?", [(part_file(facet, "*"),)])
        self.forget_folder(f"{stem_of(facet)}/page")
        self.done([facet])

    def clear(self) -> None:
        """Forget all that was rendered: something that shapes every entry changed."""
        for table in ("entries", "pages", "current", "rewrites"):
            self._put(f"DELETE FROM {table}", [()])  # noqa: S608 - our own names

    def tidy(self) -> None:
        """Let the oldest rendered entries go where there are too many."""
        pages, size, free = (
            self._ask(f"PRAGMA {name}", [])[0][0]
            for name in ("page_count", "page_size", "freelist_count")
        )
        excess = 1 - self._limit / max((pages - free) * size, 1)
        if excess > 0:
            # A tenth more, so that not every run has to.
            self._put(
                "DELETE FROM entries WHERE number <= (SELECT min(number)"
                " + (max(number) - min(number)) * ? FROM entries)",
                [(min(excess + 0.1, 1.0),)],
            )


def name_of(facet: Facet) -> str:
    """A facet as the key of its row."""
    return msgspec.json.encode(astuple(facet)).decode()
