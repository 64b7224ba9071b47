"""What changed in the store since the site was last brought up to date."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from data.outline import Change, Point
from data.store import Readable
from feeds.rendered import Rendered

MOST = 1000
"""Changed releases that are looked at one by one; where there are more, feeds are compared."""


class Since:
    """The changes since the last run that left no error.

    Made before the marks of feeds are read, and asked for ``changes`` after: so whatever marks a
    feed is among them, in this run or in the next.
    """

    def __init__(self, store: Readable, kept: Rendered) -> None:
        self._store = store
        self._kept = kept
        self._point = store.point()

    def changes(self) -> Mapping[str, Change] | None:
        """The releases that changed, by id; None where that can't be told."""
        noted = self._kept.note("point")
        if noted is None:
            return None
        try:
            point = msgspec.json.decode(noted, type=Point)
        except msgspec.ValidationError:
            # Noted by another version of ours.
            return None
        return self._store.changes(point, limit=MOST)

    def keep(self) -> None:
        """Note that all is published that had changed by then."""
        self._kept.keep_note("point", msgspec.json.encode(self._point))
