"""The tables that the recorder of drafts reads and writes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager

from data.store.shared_sql.aliases import AliasTable
from data.store.shared_sql.captures import CaptureTable
from data.store.shared_sql.matching import MatchTable
from data.store.shared_sql.recording import ReleaseTable
from data.store.shared_sql.stories import StoryTables
from data.store.shared_sql.visits import UnconfirmedTable


class Tables(AliasTable, MatchTable, ReleaseTable, CaptureTable, StoryTables, UnconfirmedTable):
    """Database methods of the recorder: small reads and writes of rows, without decisions.

    ``number`` is the database's number of a release, counted in the order of first sight. ``key``
    is the canonical form of an address (data.text.urls.canonical_url).
    """

    def transaction(self) -> AbstractContextManager[object]:
        """Run the reads and writes within the block in one transaction, or undo all of them."""
        return self._writing()

    @abstractmethod
    def rows_in_bands(self, bands: Sequence[int]) -> Sequence[tuple[int, int, int]]:
        """Return the releases in these bands, each as band, number of the release and of anchors.

        A band groups similar texts (locality-sensitive hashing).
        """

    @abstractmethod
    def add_bands(self, number: int, bands: Iterable[int], anchors: int) -> None:
        """Add a release, with its number of anchors, to bands of the index of similar texts."""

    @abstractmethod
    def remove_bands(self, number: int, bands: Iterable[int]) -> None:
        """Remove a release from bands of the index of similar texts."""
