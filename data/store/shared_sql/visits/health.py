"""The health of sources, their publication rhythms, and the delays until readers get releases."""

import datetime as dt
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from data.clock import instant
from data.models import (
    BACKLOG,
    STAGES,
    UNDATED_BEFORE,
    ChangeCursor,
    DueHosts,
    Handling,
    HandlingKind,
    HealthEvent,
    PublicationTime,
    ReleaseTimes,
    Rhythm,
    SourceRhythm,
    Stage,
)
from data.store.shared_sql.connection import Part
from data.store.shared_sql.events import PUBLISHING, EventsPart
from data.store.shared_sql.new_events import NewEvent, append_source_event
from data.store.shared_sql.rows import NO_LIMIT, SHOWN_VIEW, encode
from data.store.unit_of_work import decisions

MAX_RHYTHM_RELEASES: Final = 1500
"""Maximum number of a source's newest releases from whose days its rhythm is learned."""

_rhythm = msgspec.json.Decoder(Rhythm | None)


class HealthPart(Part):
    """Methods of the store for the health, rhythms and delays of sources."""

    def due_hosts(self) -> DueHosts | None:
        """Return the hosts that wait for a worker, or None if the database schedules no visits."""
        return None

    def visited_now(self) -> frozenset[str]:
        """Return the ids of sources that workers are visiting, or an empty set without workers."""
        return frozenset()

    def health_events(self, *, limit: int | None = None) -> tuple[HealthEvent, ...]:
        """Return the last health changes of all sources, oldest first."""
        newest = self._health_events("", [], NO_LIMIT if limit is None else limit)
        return newest[::-1]

    def day_counts(self, source: str, since: str) -> Mapping[str, int]:
        """Return the number of a source's releases per day since the day ``since``.

        Days are in the time zone of the source.
        """
        return dict(
            self._ask(
                f"SELECT day, count(*) FROM {SHOWN_VIEW} WHERE source = ? AND day >= ?"
                " AND day <> '' GROUP BY day ORDER BY day",
                [source, since],
            )
        )

    def last_health_events(self) -> Mapping[str, HealthEvent]:
        """Return the last health change of each source."""
        last = "WHERE number IN (SELECT max(number) FROM health_events GROUP BY source)"
        return {one.source: one for one in self._health_events(last, [], NO_LIMIT)}

    def read_sources(self) -> frozenset[str]:
        """Return the ids of sources from which a visit has extracted a release.

        Only run reports that are still stored are considered.
        """
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
        """Return the last health changes of a source, newest first."""
        return self._health_events("WHERE source = ?", [source], limit)

    def _health_events(self, where: str, values: list[str], limit: int) -> tuple[HealthEvent, ...]:
        rows = self._ask(
            f"SELECT source, well, at, reason, state, code FROM health_events {where}"
            " ORDER BY number DESC LIMIT ?",
            [*values, limit],
        )
        return tuple(
            HealthEvent(source, bool(well), instant(at), *why) for source, well, at, *why in rows
        )

    def add_health_events(
        self, events: Iterable[HealthEvent], *, untold: Collection[str] = ()
    ) -> None:
        """Store health changes of sources, oldest first.

        No alerts are queued for the sources in ``untold``.
        """
        some = tuple(events)
        rows = [
            (one.source, int(one.well), one.at.timestamp(), one.reason, one.state, one.code)
            for one in some
        ]
        now = time.time()
        with self._writing() as db:
            db.executemany(
                "INSERT INTO health_events (source, well, at, reason, state, code)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )
            self._unit.publish(
                *(
                    NewEvent(
                        *("health", None, 0, one.source, now),
                        None if one.source in untold else one.at.timestamp(),
                        payload=encode(one),
                    )
                    for one in some
                )
            )
            self._unit.decide(*map(decisions.HealthChanged, some))

    def handlings(self, now: dt.datetime) -> Mapping[str, Mapping[HandlingKind, Handling]]:
        """Return operators' decisions about sources, valid at ``now``, by source and kind."""
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
        """Store an operator's decision about a source.

        The decision replaces an earlier decision of the same kind.
        """
        row = {
            "source": source,
            "kind": handling.kind,
            "at": handling.at.timestamp(),
            "until": handling.until.timestamp() if handling.until else None,
            "why": handling.why,
        }
        with self._writing():
            self._connection.upsert("source_handlings", row)
            if handling.kind == "paused":
                append_source_event(self._connection, "paused", source)
            self._unit.decide(decisions.Handled(source, handling))

    def end_handling(self, source: str, kind: HandlingKind) -> bool:
        """End an operator's decision about a source, and return whether a decision existed."""
        with self._writing() as db:
            ended = db.execute(
                "DELETE FROM source_handlings WHERE source = ? AND kind = ?", [source, kind]
            )
            if ended.rowcount:
                self._unit.decide(decisions.HandlingEnded(source, kind))
                if kind == "paused":
                    append_source_event(self._connection, "resumed", source)
            return ended.rowcount > 0

    def release_times(self, source: str, *, limit: int) -> tuple[ReleaseTimes, ...]:
        """Return the times of a source's last releases that were not backlog, newest first."""
        rows = self._ask(
            "SELECT stated, seen, in_feed, alerted FROM release_times WHERE source = ?"
            " ORDER BY release DESC LIMIT ?",
            [source, limit],
        )
        return tuple(ReleaseTimes(*row) for row in rows)

    def news_of(self, ids: Sequence[str]) -> frozenset[str]:
        """Return the given release ids that were news when found, not backlog."""
        rows = self._ask(
            "SELECT r.id FROM json_each(?) j JOIN releases r ON r.id = j.value"
            " JOIN release_times t ON t.release = r.number",
            [encode(list(ids))],
        )
        return frozenset(id_ for (id_,) in rows)

    def pass_publication(self, last: ChangeCursor, at: dt.datetime) -> None:
        """Record the time ``at`` when feeds and pages contained all changes up to event ``last``.

        The cursor of publishing, the event and the times of the new releases change together, in a
        single transaction.
        """
        with self._writing():
            EventsPart(self._connection).pass_events(PUBLISHING, last[0])
            payload = encode({"last": last[0]})
            event = NewEvent("published", None, 0, "", at.timestamp(), payload=payload)
            self._unit.publish(event)
            for (release,) in self._ask(
                "SELECT r.id FROM events e JOIN releases r ON r.number = e.release"
                " WHERE e.number <= ? AND e.kind = 'new' ORDER BY e.number DESC LIMIT 1",
                [last[0]],
            ):
                self.mark_in_feeds(release, at)

    def mark_in_feeds(self, last: str, at: dt.datetime) -> None:
        """Record the time ``at`` when feeds contained all new releases up to the id ``last``."""
        with self._writing() as db:
            marked = db.execute(
                "UPDATE release_times SET in_feed = ? WHERE in_feed IS NULL"
                " AND release <= (SELECT number FROM releases WHERE id = ?)",
                [at.timestamp(), last],
            )
            if marked.rowcount:
                self._unit.decide(decisions.InFeeds(last, at))

    def latency_counts(
        self, stage: Stage, bounds: Sequence[float]
    ) -> Mapping[str, tuple[Sequence[int], float]]:
        """Return a histogram per source of the delays of all new releases in a ``stage``.

        ``bounds`` are seconds in ascending order. A histogram has one count per bound, one count
        for longer delays, and the sum of the delays in seconds.
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

    def rhythms(self) -> Mapping[str, SourceRhythm]:
        """Return the last learned rhythm of each source."""
        rows = self._ask("SELECT source, releases, rhythm FROM source_rhythms")
        return {row[0]: SourceRhythm(row[1], _rhythm.decode(row[2])) for row in rows}

    def keep_rhythms(self, rhythms: Mapping[str, SourceRhythm]) -> None:
        """Store the learned rhythms of sources."""
        rows = [
            {"source": source, "releases": one.releases, "rhythm": encode(one.rhythm)}
            for source, one in rhythms.items()
        ]
        with self._writing():
            self._connection.upsert("source_rhythms", *rows)
            self._unit.decide(*(decisions.RhythmFound(name, one) for name, one in rhythms.items()))

    def publication_times(self, source: str, *, limit: int) -> tuple[PublicationTime, ...]:
        """Return the publication times of a source's newest releases.

        Undated releases from the first visit are omitted.
        """
        rows = self._ask(
            "SELECT sort_at, json_extract(content, '$.published.precision'), first_seen"
            f" FROM releases WHERE source = ? AND sort_at >= {BACKLOG}"
            " ORDER BY sort_at DESC, id LIMIT ?",
            [source, limit],
        )
        return tuple(PublicationTime(instant(at), how, instant(seen)) for at, how, seen in rows)

    def release_days(self, source: str) -> Sequence[dt.date]:
        """Return the publication days of a source's newest releases, newest first.

        Each day is listed once, in the source's time zone.
        """
        rows = self._ask(
            f"SELECT day FROM (SELECT day, sort_at FROM {SHOWN_VIEW} WHERE source = ?"
            " AND day <> '' ORDER BY sort_at DESC, id LIMIT ?) AS newest"
            " GROUP BY day ORDER BY max(sort_at) DESC, day DESC",
            [source, MAX_RHYTHM_RELEASES],
        )
        return [dt.date.fromisoformat(row[0]) for row in rows]

    def first_days(self) -> Mapping[str, dt.date]:
        """Return the first publication day of each source with a dated release.

        Days are in the source's time zone.
        """
        rows = self._ask(
            f"SELECT id, first FROM (SELECT id, (SELECT day FROM {SHOWN_VIEW}"
            " WHERE source = sources.id AND sort_at >= ? ORDER BY sort_at LIMIT 1) AS first"
            " FROM sources) AS firsts WHERE first IS NOT NULL",
            [UNDATED_BEFORE.timestamp()],
        )
        return {row[0]: dt.date.fromisoformat(row[1]) for row in rows}

    def publishing_sources(self, since: dt.date) -> Mapping[str, Mapping[dt.date, int]]:
        """Return the number of sources that published on each day since ``since``, by time zone."""
        rows = self._ask(
            "SELECT timezone, day, count(*) FROM"
            f" (SELECT DISTINCT day, source FROM {SHOWN_VIEW} WHERE day >= ?) AS published"
            " JOIN sources ON id = source GROUP BY timezone, day",
            [since.isoformat()],
        )
        found: dict[str, dict[dt.date, int]] = {}
        for zone, day, count in rows:
            found.setdefault(zone, {})[dt.date.fromisoformat(day)] = count
        return found
