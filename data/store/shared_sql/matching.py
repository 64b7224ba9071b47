"""Stored releases by number, id, fingerprint or day, for comparison with drafts."""

from collections.abc import Collection, Iterable, Sequence
from typing import TypeAlias

from data.store.shared_sql.database.connection import Connection, TablePart, places
from data.store.shared_sql.database.rows import STORED_COLUMNS, StoredRelease, encode, stored_of

SourceFingerprint: TypeAlias = tuple[str, bytes]
"""Id of a source, and the fingerprint of a text."""


class MatchTable(TablePart):
    """Stored releases, for the recorder.

    Releases are cached after the first read until they change.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._stored: dict[int, StoredRelease] = {}
        self._changed: dict[int, tuple[str, str]] = {}
        """Source and day of the releases that this batch changed, by number."""
        self._unknown: set[SourceFingerprint] = set()
        """Fingerprints that no stored release of the source has."""

    def read_releases(self, numbers: Iterable[int]) -> None:
        """Read the stored releases with these numbers in advance, for `stored_release`."""
        wanted = encode(sorted(numbers))
        for row in self._ask(
            f"SELECT {STORED_COLUMNS} FROM releases r"
            " WHERE r.number IN (SELECT CAST(value AS BIGINT) FROM json_each(?))",
            [wanted],
        ):
            stored = stored_of(row)
            self._stored[stored.number] = stored

    def stored_release(self, number: int) -> StoredRelease:
        """Return the stored release with a number."""
        if number not in self._stored:
            if number in self._changed:
                self.write()
            self.read_releases([number])
        return self._stored[number]

    def read_fingerprints(self, fingerprints: Collection[SourceFingerprint]) -> None:
        """Read in advance which of the fingerprints no release has, for `with_fingerprint`."""
        rows = self._ask(
            "SELECT DISTINCT source, fingerprint FROM releases WHERE fingerprint IN"
            f" ({places(fingerprints)})",
            [fingerprint for _, fingerprint in fingerprints],
        )
        self._unknown |= set(fingerprints) - {(source, bytes(found)) for source, found in rows}

    def with_fingerprint(
        self, source: str, fingerprint: bytes, day: str, *, limit: int
    ) -> Sequence[int]:
        """Return the numbers of a source's releases whose text has this fingerprint.

        Those of days near ``day`` come first.
        """
        if (source, fingerprint) in self._unknown:
            return ()
        rows = self._ask_written(
            "SELECT number FROM releases WHERE fingerprint = ? AND source = ?"
            " ORDER BY coalesce(abs(julianday(day) - julianday(?)), -1), number LIMIT ?",
            [fingerprint, source, day, limit],
        )
        return [number for (number,) in rows]

    def of_day(self, source: str, day: str, numbers: Collection[int]) -> Collection[int]:
        """Return which of the release numbers belong to a source and day."""
        changed = self._changed
        others = [number for number in numbers if number not in changed]
        found = {number for number in numbers if changed.get(number) == (source, day)}
        if others:
            rows = self._ask(
                f"SELECT number FROM releases WHERE number IN ({places(others)})"
                " AND source = ? AND day = ?",
                [*others, source, day],
            )
            found.update(number for (number,) in rows)
        return found

    def release_with_id(self, release_id: str) -> StoredRelease | None:
        """Return the stored release with an id, or None if it is unknown."""
        numbers = self.numbers_of([release_id])
        return self.stored_release(numbers[0]) if numbers else None

    def numbers_of(self, ids: Sequence[str]) -> Sequence[int]:
        """Return the numbers of releases by id, in the given order. Unknown ids are omitted."""
        rows = self._ask_written(
            "SELECT r.number FROM json_each(?) j JOIN releases r ON r.id = j.value"
            " ORDER BY CAST(j.key AS BIGINT)",
            [encode(list(ids))],
        )
        return [number for (number,) in rows]

    def newest_bodies(self, source: str, *, without: int, limit: int) -> Iterable[str | None]:
        """Return the bodies of a source's newest releases.

        The release with the number ``without`` is omitted.
        """
        rows = self._ask_written(
            "SELECT json_extract(content, '$.body_text') FROM releases"
            " WHERE source = ? AND number <> ? ORDER BY sort_at DESC, id LIMIT ?",
            [source, without, limit],
        )
        return (body for (body,) in rows)

    def forget(self, number: int, source: str, day: str) -> None:
        """Remove a release from the cache before it changes."""
        self._stored.pop(number, None)
        self._changed[number] = (source, day)
