"""Reports of visits (runs)."""

import datetime as dt

from data.clock import instant, zone_or_utc
from data.models import Run
from data.store.shared_sql.connection import Part
from data.store.shared_sql.rows import decode_run, encode
from data.store.unit_of_work import decisions

RUNS_KEPT = 1000
"""Maximum number of reports of visits (runs) that are kept per source."""


def results_of(run: Run) -> tuple[object, ...]:
    """Return the parts of a run that describe its results and the health of the source."""
    read = run.new + run.changed + run.unchanged + run.retracted
    return (
        (run.new, run.changed, run.retracted, run.gone, run.history, run.bound, run.errors),
        (run.found, read) if run.errors else (bool(run.found), bool(read)),
    )


class RunsPart(Part):
    """Methods of the store for reports of visits (runs)."""

    def add_run(self, run: Run, *, settles: bool = True) -> None:
        """Store the report of a visit (run).

        If it has no news, its journal record may be written later. If the run ``settles`` the
        visit, a source that was leased to a worker is no longer due.
        """
        del settles
        row = [run.source, run.started.timestamp(), encode(run)]
        with self._writing():
            if self._is_news(run):
                self._unit.decide(decisions.Visited(run))
            else:
                self._unit.decide_later(decisions.Visited(run))
            self._db.execute("INSERT INTO runs (source, started, report) VALUES (?, ?, ?)", row)

    def _is_news(self, run: Run) -> bool:
        """Return whether a run is its day's first or its results differ from the last run's."""
        last = next(iter(self.runs(run.source, limit=1)), None)
        if last is None or results_of(run) != results_of(last):
            return True
        name = self._value("SELECT timezone FROM sources WHERE id = ?", [run.source])
        zone = zone_or_utc(name or "UTC")
        # The silence of a source is judged by days in its time zone.
        days = {one.started.astimezone(zone).date() for one in (run, last)}
        return len(days) > 1

    def runs(self, source: str, *, limit: int) -> tuple[Run, ...]:
        """Return the last runs of a source, the last stored run first.

        The times of runs are not used for the order, because a clock may be set back.
        """
        rows = self._ask(
            "SELECT report FROM runs WHERE source = ? ORDER BY number DESC LIMIT ?",
            [source, limit],
        )
        return tuple(decode_run(row[0]) for row in rows)

    def run_page(
        self, source: str | None = None, before: int | None = None, *, limit: int
    ) -> tuple[tuple[int, Run], ...]:
        """Return the last reports of visits (runs) before a number, newest first.

        Each report has its number. If ``source`` is None, reports of all sources are returned. They
        are in the order in which they were stored, because a clock may be set back.
        """
        rows = self._ask(
            "SELECT number, report FROM runs"
            " WHERE (CAST(:source AS TEXT) IS NULL OR source = :source)"
            " AND (CAST(:before AS BIGINT) IS NULL OR number < :before)"
            " ORDER BY number DESC LIMIT :limit",
            {"source": source, "before": before, "limit": limit},
        )
        return tuple((number, decode_run(report)) for number, report in rows)

    def last_visit(self, source: str) -> dt.datetime | None:
        """Return the time when the last run of a source began, or None."""
        statement = "SELECT started FROM runs WHERE source = ? ORDER BY number DESC LIMIT 1"
        started = self._value(statement, [source])
        return None if started is None else instant(started)

    def forget_old_runs(self) -> None:
        """Delete the oldest reports of visits (runs)."""
        self._write(
            "DELETE FROM runs WHERE number IN (SELECT number FROM (SELECT number,"
            " row_number() OVER (PARTITION BY source ORDER BY number DESC) AS place FROM runs)"
            " AS placed WHERE place > ?)",
            [RUNS_KEPT],
        )
