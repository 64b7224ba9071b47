"""SQL for the times of releases: published, seen, in feeds and in alerts."""

import datetime as dt
from collections.abc import Mapping, Sequence

from data.models import STAGES, ChangeCursor, ReleaseTimes, Stage
from data.store.shared_sql.database.connection import Part
from data.store.shared_sql.database.rows import encode
from data.store.shared_sql.events import PUBLISHING, EventsPart, NewEvent
from data.store.unit_of_work import decisions


class LatencyPart(Part):
    """Methods of the store for the delays between a release and its readers."""

    def release_times(self, source: str, *, limit: int) -> tuple[ReleaseTimes, ...]:
        """Return the times of a source's last releases that were not backlog, newest first."""
        rows = self._ask(
            "SELECT stated, seen, in_feed, alerted FROM release_times WHERE source = ?"
            " ORDER BY release DESC LIMIT ?",
            [source, limit],
        )
        return tuple(ReleaseTimes(*row) for row in rows)

    def news_of(self, ids: Sequence[str]) -> frozenset[str]:
        """Return which of the given releases were news when they were found, not old releases."""
        rows = self._ask(
            "SELECT r.id FROM json_each(?) j JOIN releases r ON r.id = j.value"
            " JOIN release_times t ON t.release = r.number",
            [encode(list(ids))],
        )
        return frozenset(id_ for (id_,) in rows)

    def pass_publication(self, last: ChangeCursor, at: dt.datetime) -> None:
        """Record that feeds and pages have contained the changes up to event ``last`` since ``at``.

        The cursor of publishing, the event and the times of news change in one transaction.
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
        """Record that all new releases up to the id ``last`` have been in feeds since ``at``."""
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
        """Return a histogram of the delays of all new releases in a stage, by source.

        ``bounds`` are seconds in ascending order. Each histogram has one count per bound, one more
        count for longer delays, and the sum of the delays in seconds.
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
