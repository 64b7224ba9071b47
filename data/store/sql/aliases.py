"""The table of aliases: which stored release an address belongs to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from data.store.recorder.tables import AddressOwner, StoredRelease
from data.store.sql.database.connection import Part, places
from data.store.sql.database.rows import (
    SHOWN_VIEW,
    STORED_COLUMNS,
    encode,
    redacted_row,
    stored_of,
)


class AliasTable(Part):
    """The methods of data.store.recorder.tables.Tables that find the release matching a draft."""

    def address_owner(self, source: str, key: str) -> AddressOwner | None:
        """Return the release of a source that an address belongs to, or None."""
        for row in self._ask(
            "SELECT kind, release FROM aliases WHERE key = ? AND source = ?", [key, source]
        ):
            return AddressOwner(*row)
        return None

    def add_addresses(self, source: str, number: int, urls: Mapping[str, str]) -> bool:
        """Store the addresses, by key, at which a release was seen.

        Return whether any is new. An address that belongs to another release is not moved.
        """
        # An address at which a release was seen replaces one that a page only declares.
        done = self._db.executemany(
            "INSERT INTO aliases (key, source, kind, release, url) VALUES (?, ?, 'seen', ?, ?)"
            " ON CONFLICT (key, source) DO UPDATE SET kind = 'seen', release = excluded.release,"
            " url = excluded.url WHERE aliases.kind <> 'seen'",
            [(key, source, number, url) for key, url in urls.items()],
        )
        return done.rowcount > 0

    def claim_address(self, source: str, number: int, key: str, url: str) -> bool:
        """Store the canonical address that a page declares and return whether anything is new.

        An address that two releases declare becomes disputed.
        """
        done = self._db.execute(
            "INSERT INTO aliases (key, source, kind, release, url)"
            " VALUES (?, ?, 'claimed', ?, ?) ON CONFLICT (key, source) DO UPDATE"
            " SET kind = 'disputed'"
            " WHERE aliases.kind = 'claimed' AND aliases.release <> excluded.release",
            [key, source, number, url],
        )
        return done.rowcount > 0

    def stored_release(self, number: int) -> StoredRelease:
        """Return a stored release by its number."""
        (row,) = self._ask(f"SELECT {STORED_COLUMNS} FROM releases r WHERE r.number = ?", [number])
        return stored_of(row)

    def release_with_id(self, release_id: str) -> StoredRelease | None:
        """Return the stored release with an id, or None."""
        rows = self._ask(f"SELECT {STORED_COLUMNS} FROM releases r WHERE r.id = ?", [release_id])
        return stored_of(rows[0]) if rows else None

    def numbers_of(self, ids: Sequence[str]) -> Sequence[int]:
        """Return the numbers of releases by id, in the order given; unknown ids are left out."""
        rows = self._ask(
            "SELECT r.number FROM json_each(?) j JOIN releases r ON r.id = j.value"
            " ORDER BY CAST(j.key AS BIGINT)",
            [encode(list(ids))],
        )
        return [number for (number,) in rows]

    def with_fingerprint(
        self, source: str, fingerprint: bytes, day: str, *, limit: int
    ) -> Sequence[int]:
        """Return the numbers of a source's releases with this fingerprint.

        Releases of days near ``day`` come first.
        """
        rows = self._ask(
            "SELECT number FROM releases WHERE fingerprint = ? AND source = ?"
            " ORDER BY coalesce(abs(julianday(day) - julianday(?)), -1), number LIMIT ?",
            [fingerprint, source, day, limit],
        )
        return [number for (number,) in rows]

    def of_day(self, source: str, day: str, numbers: Collection[int]) -> Collection[int]:
        """Return those release numbers that belong to a source and day."""
        rows = self._ask(
            f"SELECT number FROM releases WHERE number IN ({places(numbers)})"
            " AND source = ? AND day = ?",
            [*numbers, source, day],
        )
        return {number for (number,) in rows}

    def newest_bodies(self, source: str, *, without: int, limit: int) -> Iterable[str | None]:
        """Return the bodies of a source's newest releases.

        The release ``without`` is left out.
        """
        rows = self._ask(
            "SELECT json_extract(content, '$.body_text') FROM releases"
            " WHERE source = ? AND number <> ? ORDER BY sort_at DESC, id LIMIT ?",
            [source, without, limit],
        )
        return (body for (body,) in rows)


class AliasesPart(Part):
    """The methods of data.store.protocol.Store that look up addresses."""

    def ids_at(self, source: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Return the ids of the releases at these canonical addresses, by address."""
        rows = self._ask(
            "SELECT a.key, r.id FROM aliases a JOIN releases r ON r.number = a.release"
            " WHERE a.key IN (SELECT value FROM json_each(?)) AND a.source = ?"
            " AND a.kind = 'seen'",
            [encode(list(keys)), source],
        )
        return dict(rows)

    def sections_of(self, source: str, page: str) -> tuple[str, ...]:
        """Return the addresses of visible releases that are sections of one page."""
        rows = self._ask(
            f"SELECT url FROM {SHOWN_VIEW} WHERE source = ? AND substr(url, 1, ?) = ? ORDER BY url",
            [source, len(page) + 1, f"{page}#"],
        )
        return tuple(url for (url,) in rows)

    def current_addresses(self, source: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Return the present addresses of the releases at these canonical addresses, by address.

        The result is empty for an address that only redirected to a release: it may redirect to
        another page now.
        """
        rows = self._ask(
            "SELECT a.key, CASE WHEN v.url IS NULL THEN '' ELSE r.url END FROM aliases a"
            " JOIN releases r ON r.number = a.release LEFT JOIN validators v ON v.url = a.url"
            " WHERE a.key IN (SELECT value FROM json_each(?)) AND a.source = ?"
            " AND a.kind = 'seen'",
            [encode(list(keys)), source],
        )
        return dict(rows)

    def redacted_addresses(self, source: str) -> Sequence[str]:
        """Return the addresses of a source's redacted releases."""
        # Each redaction has a reason, and the table of reasons is small.
        rows = self._ask(
            "SELECT a.url FROM retraction_reasons x JOIN releases r ON r.number = x.release"
            f" JOIN aliases a ON a.release = r.number WHERE r.source = ? AND {redacted_row('r')}"
            " AND a.kind = 'seen' ORDER BY a.url",
            [source],
        )
        return [url for (url,) in rows]
