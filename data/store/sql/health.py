"""The health of sources: its changes, and when each source is expected to be heard of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from data.models import (
    STAGES,
    UNDATED_BEFORE,
    DueHosts,
    Handling,
    HandlingKind,
    HealthEvent,
    ReleaseTimes,
    Rhythm,
    SourceRhythm,
    Stage,
)
from data.store.sql.database.connection import Part
from data.store.sql.database.rows import EVERY, SHOWN, encode, event_of, instant

LOOKED_BACK: Final = 1500
"""Releases of a source whose days make its rhythm."""

_rhythm = msgspec.json.Decoder(Rhythm | None)


class HealthPart(Part):
    """The verbs of data.store.protocol that remember the health of sources."""

    def due_hosts(self) -> DueHosts | None:
        """None: without workers, nothing waits for one."""
        return None

    def visited_now(self) -> frozenset[str]:
        """None: without workers, no worker visits a source."""
        return frozenset()

    def health_events(self, *, limit: int | None = None) -> tuple[HealthEvent, ...]:
        """The last changes in the health of sources, oldest first."""
        rows = self._ask(
            "SELECT source, well, at, reason, state, code FROM health_events"
            " ORDER BY number DESC LIMIT ?",
            [EVERY if limit is None else limit],
        )
        return tuple(event_of(*row) for row in reversed(rows))

    def day_counts(self, source: str, since: str) -> Mapping[str, int]:
        """How many releases a source published on each day from a day on, in its zone."""
        return dict(
            self._ask(
                f"SELECT day, count(*) FROM {SHOWN} WHERE source = ? AND day >= ? AND day <> ''"
                " GROUP BY day ORDER BY day",
                [source, since],
            )
        )

    def release_times(self, source: str, *, limit: int) -> tuple[ReleaseTimes, ...]:
        """When the last releases of a source came that were news, the newest first."""
        rows = self._ask(
            "SELECT stated, seen, in_feed, alerted FROM release_times WHERE source = ?"
            " ORDER BY release DESC LIMIT ?",
            [source, limit],
        )
        return tuple(ReleaseTimes(*row) for row in rows)

    def news_of(self, ids: Sequence[str]) -> frozenset[str]:
        """The ids among these of releases that were news when they were found, not backlog."""
        rows = self._ask(
            "SELECT r.id FROM json_each(?) j JOIN releases r ON r.id = j.value"
            " JOIN release_times t ON t.release = r.number",
            [encode(list(ids))],
        )
        return frozenset(id_ for (id_,) in rows)

    def news_to_publish(self) -> str:
        """The id of the last release that was news and was in no feed; empty for none."""
        rows = self._ask(
            "SELECT id FROM releases WHERE number ="
            " (SELECT max(release) FROM release_times WHERE in_feed IS NULL)"
        )
        return next((last for (last,) in rows), "")

    def mark_in_feeds(self, last: str, at: dt.datetime) -> None:
        """Note that the releases that were news, up to one by id, are in the feeds since then."""
        with self._writing() as db:
            db.execute(
                "UPDATE release_times SET in_feed = ? WHERE in_feed IS NULL"
                " AND release <= (SELECT number FROM releases WHERE id = ?)",
                [at.timestamp(), last],
            )

    def latency_counts(
        self, stage: Stage, bounds: Sequence[float]
    ) -> Mapping[str, tuple[Sequence[int], float]]:
        """How late all news came in a stage, by source: counts up to each bound, and the sum.

        Bounds are seconds, and grow; one more count is of what took longer than the last.
        """
        first, last = STAGES[stage]
        beyond = f"CASE WHEN {last} - {first} > ? THEN 1 ELSE 0 END"
        bucket = " + ".join(["0", *[beyond] * len(bounds)])
        rows = self._ask(
            f"SELECT source, {bucket} AS bucket, count(*), sum({last} - {first})"
            f" FROM release_times WHERE {last} >= {first} GROUP BY source, bucket",
            [*bounds],
        )
        counts: dict[str, list[int]] = {}
        sums: dict[str, float] = {}
        for source, place, count, seconds in rows:
            counts.setdefault(source, [0] * (len(bounds) + 1))[place] = count
            sums[source] = sums.get(source, 0.0) + seconds
        return {source: (some, sums[source]) for source, some in counts.items()}

    def last_health_events(self) -> Mapping[str, HealthEvent]:
        """The last change in the health of each source."""
        rows = self._ask(
            "SELECT source, well, at, reason, state, code FROM health_events WHERE number IN"
            " (SELECT max(number) FROM health_events GROUP BY source)"
        )
        return {row[0]: event_of(*row) for row in rows}

    def read_sources(self) -> frozenset[str]:
        """The ids of the sources of which a visit has read a release, by the reports kept."""
        counts = " OR ".join(
            f"CAST(json_extract(report, '$.{name}') AS INTEGER) > 0"
            for name in ("new", "changed", "unchanged")
        )
        rows = self._ask(
            "SELECT id FROM sources WHERE EXISTS"
            f" (SELECT 1 FROM runs WHERE runs.source = sources.id AND ({counts}))"
        )
        return frozenset(source for (source,) in rows)

    def health_events_of(self, source: str, *, limit: int) -> tuple[HealthEvent, ...]:
        """The last changes in the health of a source, newest first."""
        rows = self._ask(
            "SELECT source, well, at, reason, state, code FROM health_events WHERE source = ?"
            " ORDER BY number DESC LIMIT ?",
            [source, limit],
        )
        return tuple(event_of(*row) for row in rows)

    def add_health_events(
        self, events: Iterable[HealthEvent], *, untold: Collection[str] = ()
    ) -> None:
        """Keep changes in the health of sources, oldest first.

        Nobody is alerted of those whose sources are among the ``untold``.
        """
        rows = [
            (one.source, int(one.well), one.at.timestamp(), one.reason, one.state, one.code)
            for one in events
        ]
        with self._writing() as db:
            ((last,),) = self._ask("SELECT coalesce(max(number), 0) FROM health_events")
            db.executemany(
                "INSERT INTO health_events (source, well, at, reason, state, code)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )
            db.execute(
                "INSERT INTO alert_events (kind, at, revision, backlog, health)"
                " SELECT 'health', at, 0, 0, number FROM health_events WHERE number > ?"
                " AND source NOT IN (SELECT value FROM json_each(?))",
                [last, encode(list(untold))],
            )

    def handlings(self, now: dt.datetime) -> Mapping[str, Mapping[HandlingKind, Handling]]:
        """What people decided of sources that holds now, by source and kind."""
        found: dict[str, dict[HandlingKind, Handling]] = {}
        for source, kind, at, why, until in self._ask(
            "SELECT source, kind, at, why, until FROM source_handlings"
            " WHERE until IS NULL OR until > ?",
            [now.timestamp()],
        ):
            ends = None if until is None else instant(until)
            found.setdefault(source, {})[kind] = Handling(kind, instant(at), why, ends)
        return found

    def handle(self, source: str, handling: Handling) -> None:
        """Keep what a person decided of a source, in place of what of its kind was before."""
        row = {
            "source": source,
            "kind": handling.kind,
            "at": handling.at.timestamp(),
            "until": handling.until.timestamp() if handling.until else None,
            "why": handling.why,
        }
        with self._writing():
            self._connection.upsert("source_handlings", row)

    def end_handling(self, source: str, kind: HandlingKind) -> bool:
        """End what a person decided of a source, and say whether there was such a thing."""
        with self._writing() as db:
            ended = db.execute(
                "DELETE FROM source_handlings WHERE source = ? AND kind = ?", [source, kind]
            )
            return ended.rowcount > 0

    def rhythms(self) -> Mapping[str, SourceRhythm]:
        """The rhythm of each source, as it was learned last."""
        rows = self._ask("SELECT source, releases, rhythm FROM source_rhythms")
        return {row[0]: SourceRhythm(row[1], _rhythm.decode(row[2])) for row in rows}

    def keep_rhythms(self, rhythms: Mapping[str, SourceRhythm]) -> None:
        """Keep the rhythms of sources."""
        rows = [
            {"source": source, "releases": one.releases, "rhythm": encode(one.rhythm)}
            for source, one in rhythms.items()
        ]
        with self._writing():
            self._connection.upsert("source_rhythms", *rows)

    def release_days(self, source: str) -> Sequence[dt.date]:
        """The days of publication of a source's newest releases, each once, in its zone."""
        rows = self._ask(
            "SELECT day FROM (SELECT day, sort_at FROM shown_releases WHERE source = ?"
            " AND day <> '' ORDER BY sort_at DESC, id LIMIT ?) AS newest"
            " GROUP BY day ORDER BY max(sort_at) DESC, day DESC",
            [source, LOOKED_BACK],
        )
        return [dt.date.fromisoformat(row[0]) for row in rows]

    def first_days(self) -> Mapping[str, dt.date]:
        """The first day of publication of each source that has one, in its zone."""
        rows = self._ask(
            "SELECT id, first FROM (SELECT id, (SELECT day FROM shown_releases"
            " WHERE source = sources.id AND sort_at >= ? ORDER BY sort_at LIMIT 1) AS first"
            " FROM sources) AS firsts WHERE first IS NOT NULL",
            [UNDATED_BEFORE.timestamp()],
        )
        return {row[0]: dt.date.fromisoformat(row[1]) for row in rows}

    def publishing_sources(self, since: dt.date) -> Mapping[str, Mapping[dt.date, int]]:
        """How many sources of each time zone published on each day from a day on."""
        rows = self._ask(
            "SELECT timezone, day, count(*) FROM"
            " (SELECT DISTINCT day, source FROM shown_releases WHERE day >= ?) AS published"
            " JOIN sources ON id = source GROUP BY timezone, day",
            [since.isoformat()],
        )
        found: dict[str, dict[dt.date, int]] = {}
        for zone, day, count in rows:
            found.setdefault(zone, {})[dt.date.fromisoformat(day)] = count
        return found
