"""Protocol of a store that records the health of sources."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from data.models import (
    Handling,
    HandlingKind,
    HealthEvent,
    SourceRhythm,
)
from data.store.read_protocol import ReadStore


class HealthStore(ReadStore, Protocol):
    """The methods for recording the health of sources, in addition to those for reading."""

    def last_health_events(self) -> Mapping[str, HealthEvent]:
        """Return the last health change of each source."""

    def health_events_of(self, source: str, *, limit: int) -> Sequence[HealthEvent]:
        """Return the last health changes of a source, newest first."""

    def add_health_events(
        self, events: Iterable[HealthEvent], *, untold: Collection[str] = ()
    ) -> None:
        """Store health changes of sources, oldest first.

        No alerts are queued for the sources in ``untold``.
        """

    def handlings(self, now: dt.datetime) -> Mapping[str, Mapping[HandlingKind, Handling]]:
        """Return the decisions about sources that are valid ``now``, by source and kind."""

    def handle(self, source: str, handling: Handling) -> None:
        """Store a person's decision about a source; it replaces an earlier decision of its kind."""

    def end_handling(self, source: str, kind: HandlingKind) -> bool:
        """End a person's decision about a source and return whether there was one."""

    def rhythms(self) -> Mapping[str, SourceRhythm]:
        """Return the last learned rhythm of each source."""

    def keep_rhythms(self, rhythms: Mapping[str, SourceRhythm]) -> None:
        """Store the rhythms of sources."""

    def release_days(self, source: str) -> Sequence[dt.date]:
        """Return the publication days of a source's newest releases, newest first.

        Each day is listed once, in the source's time zone.
        """

    def first_days(self) -> Mapping[str, dt.date]:
        """Return the first publication day of each source with a dated release.

        Days are in the source's time zone.
        """

    def publishing_sources(self, since: dt.date) -> Mapping[str, Mapping[dt.date, int]]:
        """Return the number of sources per time zone that published on each day since ``since``."""
