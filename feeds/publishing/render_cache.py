"""What publishing keeps between its runs, in one SQLite file beside the site.

Rendered entries are kept by the hash of all that shapes them; they may go at any time. Which
release lies on which archive page is kept for good: a full page never changes its releases. One
process publishes at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import msgspec

from data.models import Facet
from feeds.formats.rendering import RenderedEntry, packed, unpacked
from feeds.publishing.keeping import KeptFile

LIMIT = 1024 * 1024 * 1024
"""Bytes of rendered entries that are kept; beyond it the oldest go."""

ENCODE = msgspec.msgpack.Encoder().encode

Value = TypeVar("Value")
Other = TypeVar("Other")
State: TypeAlias = tuple[int, Value | None, Other | None]


class RenderCache(KeptFile):
    """The file at ``path``, or in memory where there is none. Raises StoreError."""

    def __init__(self, path: Path | None, limit: int = LIMIT) -> None:
        super().__init__(path)
        self._limit = limit

    def fragments(self, keys: Sequence[bytes]) -> dict[bytes, RenderedEntry]:
        """The rendered entries that are kept under these keys."""
        found = {}
        for start in range(0, len(keys), 500):
            some = keys[start : start + 500]
            places = ", ".join("?" * len(some))
            for key, body in self._ask(
                f"SELECT key, body FROM fragments WHERE key IN ({places})",  # noqa: S608 - places
                some,
            ):
                try:
                    found[key] = unpacked(body)
                except msgspec.DecodeError:
                    # Written by another version of ours: rendered anew.
                    continue
        return found

    def keep(self, fragments: Mapping[bytes, RenderedEntry]) -> None:
        """Keep rendered entries under their keys."""
        self._put(
            "INSERT OR REPLACE INTO fragments (key, body) VALUES (?, ?)",
            [(key, packed(fragment)) for key, fragment in fragments.items()],
        )

    def state(self, facet: Facet, kind: type[Value], sheet: type[Other]) -> State[Value, Other]:
        """The number of a feed, its state as the last run left it, and its sheet if there is one.

        What can't be read was written by another version of ours, and is none.
        """
        name = name_of(facet)
        for number, state, body in self._ask(
            "SELECT w.number, w.state, s.body FROM windows w"
            " LEFT JOIN sheets s ON s.number = w.number WHERE w.facet = ?",
            [name],
        ):
            try:
                known = body and msgspec.msgpack.decode(body, type=sheet)
            except msgspec.DecodeError:
                known = None
            return number, msgspec.json.decode(state, type=kind | None), known
        self._put("INSERT INTO windows (facet, state) VALUES (?, 'null')", [(name,)])
        return self._ask("SELECT number FROM windows WHERE facet = ?", [name])[0][0], None, None

    def keep_window(self, number: int, state: Any) -> None:
        """Keep the state of a feed."""
        text = msgspec.json.encode(state).decode()
        self._put("UPDATE windows SET state = ? WHERE number = ?", [(text, number)])

    def keep_sheet(self, number: int, sheet: Any) -> None:
        """Keep where the entries of a feed lie."""
        self._put("INSERT OR REPLACE INTO sheets VALUES (?, ?)", [(number, ENCODE(sheet))])

    def last_page(self, number: int, sheet: type[Value]) -> Value | None:
        """Where the entries of the last archive page of a feed lie, if that is known."""
        for (body,) in self._ask("SELECT body FROM last_pages WHERE number = ?", [number]):
            try:
                return msgspec.msgpack.decode(body, type=sheet)
            except msgspec.DecodeError:
                return None
        return None

    def keep_last_page(self, number: int, sheet: Any) -> None:
        """Keep where the entries of the last archive page of a feed lie."""
        self._put("INSERT OR REPLACE INTO last_pages VALUES (?, ?)", [(number, ENCODE(sheet))])

    def archived(self, number: int, releases: Sequence[str]) -> set[str]:
        """Those of some releases that are on an archive page of a feed."""
        rows = self._ask(
            # CROSS JOIN: the order of the loops is meant, the planner would turn them round.
            "SELECT j.value FROM json_each(?2) j"
            " CROSS JOIN archived a ON a.facet = ?1 AND a.release = j.value",
            [number, msgspec.json.encode(releases).decode()],
        )
        return {row[0] for row in rows}

    def archive(self, number: int, page: int, releases: Iterable[str]) -> None:
        """Put releases on an archive page of a feed."""
        self._put(
            "INSERT INTO archived (facet, page, release) VALUES (?, ?, ?)",
            [(number, page, release) for release in releases],
        )

    def on_page(self, number: int, page: int) -> list[str]:
        """The releases on an archive page of a feed."""
        return [
            row[0]
            for row in self._ask(
                "SELECT release FROM archived WHERE facet = ? AND page = ?", [number, page]
            )
        ]

    def page_keys(self, releases: Sequence[str]) -> dict[str, bytes]:
        """Those of the pages of some releases that were written, with what shaped them."""
        rows = self._ask(
            "SELECT p.release, p.key FROM json_each(?) j CROSS JOIN pages p ON p.release = j.value",
            [msgspec.json.encode(releases).decode()],
        )
        return dict(rows)

    def keep_page(self, release: str, key: bytes) -> None:
        """Note that the page of a release was written."""
        self._put("INSERT OR REPLACE INTO pages VALUES (?, ?)", [(release, key)])

    def note(self, name: str) -> bytes | None:
        """What was noted under a name."""
        for row in self._ask("SELECT value FROM notes WHERE name = ?", [name]):
            return bytes(row[0])
        return None

    def keep_note(self, name: str, value: bytes) -> None:
        """Note something under a name."""
        self._put("INSERT OR REPLACE INTO notes VALUES (?, ?)", [(name, value)])

    def owe(self, facets: Iterable[Facet]) -> None:
        """Note, whatever becomes of this run, that these feeds are to be written whole.

        So is what is told of all of them.
        """
        self._put("INSERT OR IGNORE INTO owed VALUES (?)", [(name_of(one),) for one in facets])
        self._put("DELETE FROM notes WHERE name = 'listing' OR name LIKE 'feed %'", [()])
        self.commit()

    def owed(self) -> set[Facet]:
        """The feeds that are still to be written whole."""
        rows = self._ask("SELECT facet FROM owed", [])
        return {Facet(*msgspec.json.decode(name)) for (name,) in rows}

    def paid(self, facets: Iterable[Facet]) -> None:
        """Note that these feeds were written whole."""
        self._put("DELETE FROM owed WHERE facet = ?", [(name_of(one),) for one in facets])

    def folders(self) -> dict[str, int]:
        """When the folders of feeds changed last, in nanoseconds, as they were left."""
        return dict(self._ask("SELECT name, changed FROM folders", []))

    def keep_folders(self, changed: Mapping[str, int]) -> None:
        """Keep when folders changed last."""
        self._put("INSERT OR REPLACE INTO folders VALUES (?, ?)", [*changed.items()])

    def clear(self) -> None:
        """Forget all that was rendered: something that shapes every entry changed."""
        self._put("DELETE FROM fragments", [()])
        self._put("DELETE FROM pages", [()])
        self._put("DELETE FROM sheets", [()])
        self._put("DELETE FROM last_pages", [()])

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
                "DELETE FROM fragments WHERE number <= (SELECT min(number)"
                " + (max(number) - min(number)) * ? FROM fragments)",
                [(min(excess + 0.1, 1.0),)],
            )


def name_of(facet: Facet) -> str:
    """A facet as the key of its row."""
    return msgspec.json.encode((facet.source, facet.topic, facet.period)).decode()
