"""The queries and changes of tables that the recorder of drafts needs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager

from data.store.shared_sql.aliases import AliasTable
from data.store.shared_sql.captures import CaptureTable
from data.store.shared_sql.database.connection import Part, places
from data.store.shared_sql.database.rows import STORED_COLUMNS, StoredRelease, encode, stored_of
from data.store.shared_sql.recording import ReleaseTable
from data.store.shared_sql.stories import StoryTables
from data.store.shared_sql.visits import UnconfirmedTable


class MatchTable(Part):
    """Stored releases by number, id, fingerprint or day, for the recorder."""

    def stored_release(self, number: int) -> StoredRelease:
        """Return the stored release with a number."""
        (row,) = self._ask(f"SELECT {STORED_COLUMNS} FROM releases r WHERE r.number = ?", [number])
        return stored_of(row)

    def release_with_id(self, release_id: str) -> StoredRelease | None:
        """Return the stored release with an id, or None if it is unknown."""
        rows = self._ask(f"SELECT {STORED_COLUMNS} FROM releases r WHERE r.id = ?", [release_id])
        return stored_of(rows[0]) if rows else None

    def numbers_of(self, ids: Sequence[str]) -> Sequence[int]:
        """Return the numbers of releases by id, in the given order. Unknown ids are omitted."""
        rows = self._ask(
            "SELECT r.number FROM json_each(?) j JOIN releases r ON r.id = j.value"
            " ORDER BY CAST(j.key AS BIGINT)",
            [encode(list(ids))],
        )
        return [number for (number,) in rows]

    def with_fingerprint(
        self, source: str, fingerprint: bytes, day: str, *, limit: int
    ) -> Sequence[int]:
        """Return the numbers of a source's releases whose text has this fingerprint.

        Releases of days near ``day`` come first.
        """
        rows = self._ask(
            "SELECT number FROM releases WHERE fingerprint = ? AND source = ?"
            " ORDER BY coalesce(abs(julianday(day) - julianday(?)), -1), number LIMIT ?",
            [fingerprint, source, day, limit],
        )
        return [number for (number,) in rows]

    def of_day(self, source: str, day: str, numbers: Collection[int]) -> Collection[int]:
        """Return which of the release numbers belong to a source and day."""
        rows = self._ask(
            f"SELECT number FROM releases WHERE number IN ({places(numbers)})"
            " AND source = ? AND day = ?",
            [*numbers, source, day],
        )
        return {number for (number,) in rows}

    def newest_bodies(self, source: str, *, without: int, limit: int) -> Iterable[str | None]:
        """Return the bodies of a source's newest releases.

        The release with the number ``without`` is omitted.
        """
        rows = self._ask(
            "SELECT json_extract(content, '$.body_text') FROM releases"
            " WHERE source = ? AND number <> ? ORDER BY sort_at DESC, id LIMIT ?",
            [source, without, limit],
        )
        return (body for (body,) in rows)


class Tables(AliasTable, MatchTable, ReleaseTable, CaptureTable, StoryTables, UnconfirmedTable):
    """Database methods of the recorder: small reads and writes of rows, without decisions.

    ``number`` is the database's number of a release, in the order in which releases were first
    seen. ``key`` is the canonical form of an address (data.text.urls.canonical_url).
    """

    def transaction(self) -> AbstractContextManager[object]:
        """Run the reads and writes in a ``with`` block in one transaction.

        If one fails, all writes are undone.
        """
        return self._writing()

    @abstractmethod
    def rows_in_bands(self, bands: Sequence[int]) -> Sequence[tuple[int, int, int]]:
        """Return the releases in bands: band, number of the release, number of anchors.

        A band groups similar texts (locality-sensitive hashing).
        """

    @abstractmethod
    def add_bands(self, number: int, bands: Iterable[int], anchors: int) -> None:
        """Add a release, with its number of anchors, to bands of the index of similar texts."""

    @abstractmethod
    def remove_bands(self, number: int, bands: Iterable[int]) -> None:
        """Remove a release from bands of the index of similar texts."""
