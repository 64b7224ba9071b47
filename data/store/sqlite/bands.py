"""Index of similar texts in SQLite: rows are stored in the order of bands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from data.store.sql.database.connection import Part


class LshIndex(Part):
    """The methods of data.store.recorder.tables.Tables for bands (locality-sensitive hashing)."""

    def rows_in_bands(self, bands: Sequence[int]) -> Sequence[tuple[int, int, int]]:
        """Return the rows of these bands; each row contains the fields of a ``BandRow``."""
        return self._ask(in_bands(len(bands)), bands)

    def add_bands(self, number: int, bands: Iterable[int], anchors: int) -> None:
        """Add a release to bands of the index of similar texts."""
        self._db.executemany(
            "INSERT OR IGNORE INTO lsh_bands (band, release, anchors) VALUES (?, ?, ?)",
            [(band, number, anchors) for band in bands],
        )

    def remove_bands(self, number: int, bands: Iterable[int]) -> None:
        """Remove a release from bands of the index of similar texts."""
        self._db.executemany(
            "DELETE FROM lsh_bands WHERE band = ? AND release = ?",
            [(band, number) for band in bands],
        )


@cache
def in_bands(count: int) -> str:
    """Return the query for the rows of ``count`` bands; a join is slightly faster than IN here."""
    bands = ",".join(["(?)"] * count)
    return (
        f"SELECT band, release, anchors FROM (VALUES {bands})"
        " CROSS JOIN lsh_bands ON band = column1"
    )
