"""The queries and changes of tables that the recorder of drafts needs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Sequence

from data.store.shared_sql.captures import CaptureTable
from data.store.shared_sql.database.connection import Connection
from data.store.shared_sql.recording import ReleaseTable
from data.store.shared_sql.stories import StoryTables
from data.store.shared_sql.visits import UnconfirmedTable


class Tables(ReleaseTable, CaptureTable, StoryTables, UnconfirmedTable):
    """Database methods of the recorder: small reads and writes of rows, without decisions.

    ``number`` is the database's number of a release, in the order in which releases were first
    seen. ``key`` is the canonical form of an address (data.text.urls.canonical_url).
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._read_bands: set[int] = set()
        self._in_bands: dict[int, dict[int, int]] = {}
        """Releases in bands, with their number of anchors."""

    def read_bands(self, bands: Collection[int]) -> None:
        """Read the releases in bands, for `rows_in_bands`."""
        self._read_bands.update(bands)
        for band, number, anchors in self._stored_in_bands(sorted(bands)):
            self._in_bands.setdefault(band, {})[number] = anchors

    def rows_in_bands(self, bands: Sequence[int]) -> Sequence[tuple[int, int, int]]:
        """Return the releases in bands: band, number of the release, number of anchors.

        A band groups similar texts (locality-sensitive hashing).
        """
        if not self._read_bands.issuperset(bands):
            self.write()
            self.read_bands(bands)
        found = self._in_bands
        return [
            (band, number, anchors)
            for band in bands
            if band in found
            for number, anchors in found[band].items()
        ]

    def add_bands(self, number: int, bands: Iterable[int], anchors: int) -> None:
        """Add a release, with its number of anchors, to bands of the index of similar texts."""
        bands = [*bands]
        self._write_bands(number, bands, anchors)
        for band in self._read_bands.intersection(bands):
            self._in_bands.setdefault(band, {})[number] = anchors

    def remove_bands(self, number: int, bands: Iterable[int]) -> None:
        """Remove a release from bands of the index of similar texts."""
        bands = [*bands]
        self.write()
        self._delete_bands(number, bands)
        for band in self._in_bands.keys() & bands:
            self._in_bands[band].pop(number, None)

    @abstractmethod
    def _stored_in_bands(self, bands: Sequence[int]) -> Sequence[tuple[int, int, int]]:
        """Return the rows of the releases in bands."""

    @abstractmethod
    def _write_bands(self, number: int, bands: Sequence[int], anchors: int) -> None:
        """Add rows of a release later."""

    @abstractmethod
    def _delete_bands(self, number: int, bands: Sequence[int]) -> None:
        """Delete rows of a release."""
