"""Which texts share parts, in PostgreSQL: bands lie in partitions, by their hash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from data.store.sql.database.connection import Part


class LshIndex(Part):
    """The verbs of data.store.recorder.tables.Tables that know bands."""

    def rows_in_bands(self, bands: Sequence[int]) -> Sequence[tuple[int, int, int]]:
        """The rows of some bands: each its band, its release and how many anchors that has."""
        return self._ask(
            "SELECT band, release, anchors FROM rows_in_bands(CAST(? AS BIGINT[]))", [[*bands]]
        )

    def add_bands(self, number: int, bands: Iterable[int], anchors: int) -> None:
        """Enter a release in bands."""
        self._db.execute(
            "INSERT INTO lsh_bands (band, release, anchors)"
            " SELECT band, ?, ? FROM unnest(CAST(? AS BIGINT[])) AS b (band)"
            " ON CONFLICT DO NOTHING",
            [number, anchors, [*bands]],
        )

    def remove_bands(self, number: int, bands: Iterable[int]) -> None:
        """Take a release out of bands."""
        self._db.execute(
            "DELETE FROM lsh_bands WHERE release = ? AND band = ANY (CAST(? AS BIGINT[]))",
            [number, [*bands]],
        )
