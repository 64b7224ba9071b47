"""All table queries and changes that the recorder of drafts needs."""

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TypeAlias

from data.store.shared_sql.captures import CaptureTable
from data.store.shared_sql.database.connection import Connection
from data.store.shared_sql.files import FileTable
from data.store.shared_sql.recording import ReleaseTable
from data.store.shared_sql.stories import StoryTables
from data.store.shared_sql.unconfirmed import UnconfirmedTable

BandRow: TypeAlias = tuple[int, int, int]
"""A band, the number of a release, and the count of anchors in the release's text."""


class Tables(ReleaseTable, CaptureTable, FileTable, StoryTables, UnconfirmedTable):
    """Database methods of the recorder: small reads and writes of rows, without decisions.

    ``number`` is the database's number of a release, in the order in which releases were first
    seen. ``key`` is the canonical form of an address (data.text.urls.canonical_url).
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._read_bands: set[int] = set()
        self._in_bands: dict[int, tuple[tuple[int, int], ...]] = {}
        """Releases in each band, as pairs of the release's number and the count of its anchors."""

    def read_bands(self, bands: Collection[int]) -> None:
        """Read the releases in bands in advance, for `rows_in_bands`."""
        self._read_bands.update(bands)
        found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for band, *row in self._stored_in_bands([*dict.fromkeys(bands)]):
            found[band].append((row[0], row[1]))
        self._in_bands |= {band: tuple(rows) for band, rows in found.items()}

    def rows_in_bands(self, bands: Sequence[int]) -> Sequence[BandRow]:
        """Return the releases in bands. Each band groups similar texts."""
        if not self._read_bands.issuperset(bands):
            self.write()
            self.read_bands([band for band in bands if band not in self._read_bands])
        found = self._in_bands
        return [(band, *one) for band in bands if band in found for one in found[band]]

    def add_bands(self, number: int, bands: Sequence[int], anchors: int) -> None:
        """Add a release, with its number of anchors, to bands in the index of similar texts."""
        self._write_bands(number, bands, anchors)
        # Bands share this object, because garbage collection of many objects takes long.
        added = ((number, anchors),)
        for band in bands:
            if band in self._read_bands:
                self._in_bands[band] = self._in_bands.get(band, ()) + added

    def remove_bands(self, number: int, bands: Sequence[int]) -> None:
        """Remove a release from bands of the index of similar texts."""
        self.write()
        self._delete_bands(number, bands)
        for band in self._in_bands.keys() & bands:
            self._in_bands[band] = tuple(one for one in self._in_bands[band] if one[0] != number)

    @abstractmethod
    def _stored_in_bands(self, bands: Sequence[int]) -> Sequence[BandRow]:
        """Return the rows of the releases in bands."""

    @abstractmethod
    def _write_bands(self, number: int, bands: Sequence[int], anchors: int) -> None:
        """Add a release's band rows at the end of the batch, unless they exist."""

    @abstractmethod
    def _delete_bands(self, number: int, bands: Sequence[int]) -> None:
        """Delete a release's band rows."""
