"""Index of similar texts in PostgreSQL: the bands table is partitioned by hash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from data.store.sql.database.connection import Part


class LshIndex(Part):
    """The methods of data.store.recorder.tables.Tables for bands (locality-sensitive hashing)."""

    def rows_in_bands(self, bands: Sequence[int]) -> Sequence[tuple[int, int, int]]:
        """Return the rows of these bands; each row contains the fields of a ``BandRow``."""
        return self._ask(
            "SELECT band, release, anchors FROM rows_in_bands(CAST(? AS BIGINT[]))", [[*bands]]
        )

    def add_bands(self, number: int, bands: Iterable[int], anchors: int) -> None:
        """Add a release to bands of the index of similar texts."""
        self._db.execute(
            "INSERT INTO lsh_bands (band, release, anchors)"
            " SELECT band, ?, ? FROM unnest(CAST(? AS BIGINT[])) AS b (band)"
            " ON CONFLICT DO NOTHING",
            [number, anchors, [*bands]],
        )

    def remove_bands(self, number: int, bands: Iterable[int]) -> None:
        """Remove a release from bands of the index of similar texts."""
        self._db.execute(
            "DELETE FROM lsh_bands WHERE release = ? AND band = ANY (CAST(? AS BIGINT[]))",
            [number, [*bands]],
        )
