"""The health of sources: its changes, and when each source is expected to be heard of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from data.models import HealthEvent, SourceRhythm
from data.store.sqlite.connection import Part
from data.store.sqlite.rows import instant


class HealthPart(Part):
    """The verbs of data.store.protocol that remember the health of sources."""

    def health_events(self, *, limit: int) -> tuple[HealthEvent, ...]:
        """The last changes in the health of sources, oldest first."""
        rows = self._ask(
            "SELECT source, well, at, reason, state FROM health_events"
            " ORDER BY number DESC LIMIT ?",
            [limit],
        )
        return tuple(event_of(*row) for row in reversed(rows))

    def last_health_events(self) -> Mapping[str, HealthEvent]:
        """The last change in the health of each source."""
        rows = self._ask(
            "SELECT source, well, at, reason, state FROM health_events WHERE number IN"
            " (SELECT max(number) FROM health_events GROUP BY source)"
        )
        return {row[0]: event_of(*row) for row in rows}

    def add_health_events(self, events: Iterable[HealthEvent]) -> None:
        """Keep changes in the health of sources, oldest first."""
        rows = [
            {
                "source": one.source,
                "well": int(one.well),
                "at": one.at.timestamp(),
                "reason": one.reason,
                "state": one.state,
            }
            for one in events
        ]
        with self._writing():
            self._db.table("health_events").insert_all(rows)

    def rhythms(self) -> Mapping[str, SourceRhythm]:
        """When each source is expected to be heard of, as it was found last."""
        return {
            row["source"]: SourceRhythm(
                row["releases"], day_of(row["expected"]), day_of(row["silent"])
            )
            for row in self._rows("source_rhythms", "1", [])
        }

    def keep_rhythms(self, rhythms: Mapping[str, SourceRhythm]) -> None:
        """Keep when sources are expected to be heard of."""
        rows = [
            {
                "source": source,
                "releases": one.releases,
                "expected": one.expected.isoformat() if one.expected else None,
                "silent": one.silent.isoformat() if one.silent else None,
            }
            for source, one in rhythms.items()
        ]
        with self._writing():
            self._db.table("source_rhythms").upsert_all(rows)


def event_of(source: str, well: int, at: float, reason: str, state: str) -> HealthEvent:
    """A change in the health of a source from its row."""
    return HealthEvent(source, bool(well), instant(at), reason, state)


def day_of(text: str | None) -> dt.date | None:
    """A day from its column."""
    return dt.date.fromisoformat(text) if text else None
