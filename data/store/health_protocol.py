"""What noting the health of sources asks of a store, and keeps in it."""

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
    """What noting the health of sources needs besides."""

    def last_health_events(self) -> Mapping[str, HealthEvent]:
        """The last change in the health of each source."""

    def health_events_of(self, source: str, *, limit: int) -> Sequence[HealthEvent]:
        """The last changes in the health of a source, newest first."""

    def add_health_events(
        self, events: Iterable[HealthEvent], *, untold: Collection[str] = ()
    ) -> None:
        """Keep changes in the health of sources, oldest first.

        Nobody is alerted of those whose sources are among the ``untold``.
        """

    def handlings(self, now: dt.datetime) -> Mapping[str, Mapping[HandlingKind, Handling]]:
        """What people decided of sources that holds now, by source and kind."""

    def handle(self, source: str, handling: Handling) -> None:
        """Keep what a person decided of a source, in place of what of its kind was before."""

    def end_handling(self, source: str, kind: HandlingKind) -> bool:
        """End what a person decided of a source, and say whether there was such a thing."""

    def rhythms(self) -> Mapping[str, SourceRhythm]:
        """The rhythm of each source, as it was learned last."""

    def keep_rhythms(self, rhythms: Mapping[str, SourceRhythm]) -> None:
        """Keep the rhythms of sources."""

    def release_days(self, source: str) -> Sequence[dt.date]:
        """The days of publication of a source's newest releases, newest first, in its zone."""

    def first_days(self) -> Mapping[str, dt.date]:
        """The first day of publication of each source that has one, in its zone."""

    def publishing_sources(self, since: dt.date) -> Mapping[str, Mapping[dt.date, int]]:
        """How many sources of each time zone published on each day from a day on."""
