"""Read and write aliases: the addresses of each stored release.

The file releases.sql of each database defines their table.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from data.store.shared_sql.database.connection import Connection, Part, TablePart
from data.store.shared_sql.database.rows import REDACTED_ALIASES, AddressOwner, encode

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

        Returns whether any of them is new. Addresses at which another release was seen still belong
        to that release.
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
        rows = self._ask(
            f"SELECT a.url FROM {REDACTED_ALIASES} AND a.kind = 'seen' ORDER BY a.url", [source]
        )
        return [url for (url,) in rows]
