"""Find the stored releases of drafts: by number, id, fingerprint, day, or address (alias)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from data.store.shared_sql.connection import Connection, Part, TablePart, places
from data.store.shared_sql.rows import (
    REDACTED_ALIASES,
    STORED_COLUMNS,
    AddressOwner,
    StoredRelease,
    encode,
    stored_of,
)

SourceFingerprint: TypeAlias = tuple[str, bytes]
"""Id of a source, and the fingerprint of a text."""

Address: TypeAlias = tuple[str, str]
"""Id of a source, and the canonical form of an address."""

NOTE_SEEN: Final = (
    # An address at which a release was seen replaces one that a page only declares.
    "INSERT INTO aliases (source, key, kind, release, url) VALUES (?, ?, 'seen', ?, ?)"
    " ON CONFLICT (key, source) DO UPDATE SET kind = 'seen', release = excluded.release,"
    " url = excluded.url WHERE aliases.kind <> 'seen'"
)

NOTE_CLAIMED: Final = (
    "INSERT INTO aliases (source, key, kind, release, url) VALUES (?, ?, 'claimed', ?, ?)"
    " ON CONFLICT (key, source) DO UPDATE SET kind = 'disputed'"
    " WHERE aliases.kind = 'claimed' AND aliases.release <> excluded.release"
)


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

        Releases of days near ``day`` come first.
        """
        if (source, fingerprint) in self._unknown:
            return ()
        return self._column_written(
            "SELECT number FROM releases WHERE fingerprint = ? AND source = ?"
            " ORDER BY coalesce(abs(julianday(day) - julianday(?)), -1), number LIMIT ?",
            [fingerprint, source, day, limit],
        )

    def of_day(self, source: str, day: str, numbers: Collection[int]) -> Collection[int]:
        """Return which of the release ``numbers`` belong to a source and day."""
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
        return self._column_written(
            "SELECT r.number FROM json_each(?) j JOIN releases r ON r.id = j.value"
            " ORDER BY CAST(j.key AS BIGINT)",
            [encode(list(ids))],
        )

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


class AliasTable(TablePart):
    """The addresses of releases, for the recorder."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._owners: dict[Address, AddressOwner | None] = {}

    def read_owners(self, addresses: Iterable[Address]) -> None:
        """Read the owners of addresses in advance, for `address_owner`."""
        wanted = set(addresses)
        rows = self._ask(
            "SELECT source, key, kind, release FROM aliases"
            " WHERE key IN (SELECT value FROM json_each(?))",
            [encode(sorted({key for _, key in wanted}))],
        )
        self._owners |= dict.fromkeys(wanted)
        for source, key, *owner in rows:
            if (source, key) in wanted:
                self._owners[source, key] = AddressOwner(*owner)

    def address_owner(self, source: str, key: str) -> AddressOwner | None:
        """Return the release of a source that owns an address, or None."""
        if (source, key) not in self._owners:
            self.read_owners([(source, key)])
        return self._owners[source, key]

    def add_addresses(self, source: str, number: int, urls: Mapping[str, str]) -> bool:
        """Store the addresses at which a release was seen, by canonical address.

        Returns whether any of them is new. An address at which another release was seen still
        belongs to the other release.
        """
        is_new = False
        for key, url in urls.items():
            owner = self.address_owner(source, key)
            if owner is None or owner.kind != "seen":
                self._owners[source, key] = AddressOwner("seen", number)
                self._later(NOTE_SEEN, (source, key, number, url))
                is_new = True
        return is_new

    def claim_address(self, source: str, number: int, key: str, url: str) -> bool:
        """Store the canonical address that a page declares, and return whether this is a change.

        An address declared by the pages of two releases becomes disputed.
        """
        owner = self.address_owner(source, key)
        if owner and (owner.kind != "claimed" or owner.number == number):
            return False
        self._owners[source, key] = (
            owner._replace(kind="disputed") if owner else AddressOwner("claimed", number)
        )
        self._later(NOTE_CLAIMED, (source, key, number, url))
        return True


class AliasesPart(Part):
    """Methods of the store that find releases by their addresses."""

    def ids_at(self, source: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Return the ids of the releases at these canonical addresses, by address."""
        rows = self._ask(
            "SELECT a.key, r.id FROM aliases a JOIN releases r ON r.number = a.release"
            " WHERE a.key IN (SELECT value FROM json_each(?)) AND a.source = ?"
            " AND a.kind = 'seen'",
            [encode(list(keys)), source],
        )
        return dict(rows)

    def current_addresses(self, source: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Return the current addresses of the releases at these canonical addresses, by address.

        The result is empty for an address that only redirected to a release, because the redirect
        may have changed.
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
        return self._column(
            f"SELECT a.url FROM {REDACTED_ALIASES} AND a.kind = 'seen' ORDER BY a.url", [source]
        )
