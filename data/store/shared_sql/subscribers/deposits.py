"""Deposits: versions of releases for other archives, and the receipts of these archives."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Final

from data.clock import instant
from data.models import Deposit, DepositCount, DepositReceipt
from data.store.shared_sql.connection import Part
from data.store.shared_sql.events import DEPOSITS, EventsPart
from data.store.shared_sql.new_events import append_event
from data.store.unit_of_work import decisions

COLUMNS: Final = "d.revision, d.archive, d.state, d.due, d.attempts, d.submitted, d.job, d.problem"

NUMBER: Final = "(SELECT number FROM releases WHERE id = :release)"

DEPOSIT_COUNTS: Final = (
    "SELECT archive, state, count(*), max(problem) FROM deposits"
    " GROUP BY archive, state ORDER BY archive, state"
)
"""SQL query for rows of data.models.DepositCount."""

IS_OPEN: Final = "state IN ('waiting', 'running')"


class DepositsPart(Part):
    """Methods of the store for deposits at other archives."""

    def settle_deposits(self, last: int, deposits: Iterable[Deposit]) -> None:
        """Queue deposits for all events up to number ``last``, and mark the events as handled.

        A deposit that is already queued is not changed. A queued deposit of an earlier version is
        replaced, because the archive can no longer capture that version.
        """
        with self._writing() as db:
            for one in deposits:
                names = asdict(one)
                db.execute(
                    "INSERT INTO deposits (release, revision, archive, state, due) SELECT number,"
                    " :revision, :archive, 'waiting', :due FROM releases WHERE id = :release"
                    " ON CONFLICT DO NOTHING",
                    names,
                )
                db.execute(
                    f"UPDATE deposits SET state = 'replaced' WHERE release = {NUMBER}"
                    " AND archive = :archive AND revision < :revision AND state = 'waiting'",
                    names,
                )
            EventsPart(self._connection).pass_events(DEPOSITS, last)

    def begin_deposits(self, backlog: Iterable[str] = (), now: float = 0.0) -> None:
        """Start deposits with the next new event, unless they have already been started.

        All stored releases are queued for the archives in ``backlog``, due at ``now``.
        """
        with self._writing() as db:
            if self._ask("SELECT 1 FROM consumers WHERE name = ?", [DEPOSITS.name]):
                return
            for archive in backlog:
                db.execute(
                    "INSERT INTO deposits (release, revision, archive, state, due)"
                    " SELECT number, revision, ?, 'waiting', ? FROM releases WHERE TRUE"
                    " ON CONFLICT DO NOTHING",
                    [archive, now],
                )
            EventsPart(self._connection).skip_events(DEPOSITS)

    def next_deposit(self, archive: str, now: float) -> Deposit | None:
        """Return the deposit at an archive that has been due for the longest time, or None."""
        rows = self._ask(
            f"SELECT r.id, {COLUMNS} FROM deposits d JOIN releases r ON r.number = d.release"
            f" WHERE d.archive = ? AND d.due <= ? AND d.{IS_OPEN}"
            " ORDER BY d.due, d.release LIMIT 1",
            [archive, now],
        )
        return Deposit(*rows[0]) if rows else None

    def keep_deposit(self, one: Deposit) -> bool:
        """Store the state of a deposit. Returns False if it is no longer open."""
        written = self._write(
            "UPDATE deposits SET state = :state, due = :due, attempts = :attempts,"
            " submitted = :submitted, job = :job, problem = :problem"
            f" WHERE release = {NUMBER} AND revision = :revision AND archive = :archive"
            f" AND {IS_OPEN}",
            asdict(one),
        )
        return written > 0

    def put_off_deposits(self, archive: str, until: float, problem: str) -> None:
        """Postpone all open deposits at an archive that accepts no requests at present."""
        self._write(
            f"UPDATE deposits SET due = ?, problem = ? WHERE archive = ? AND due < ? AND {IS_OPEN}",
            [until, problem, archive, until],
        )

    def deposits_since(self, archive: str, since: float) -> Sequence[float]:
        """Return the times of deposit requests sent to an archive after ``since``, oldest first.

        For each deposit, only the time of its last request is stored. So the deposit's earlier,
        rejected requests are returned with the same time.
        """
        rows = self._ask(
            "SELECT submitted, attempts, state FROM deposits WHERE archive = ? AND submitted > ?"
            " ORDER BY submitted",
            [archive, since],
        )
        found: list[float] = []
        for at, rejected, state in rows:
            is_rejected = state in {"waiting", "dead"}
            found += [at] * max(1, rejected + (not is_rejected))
        return found

    def keep_receipt(self, release_id: str, receipt: DepositReceipt) -> None:
        """Store the capture of an archive. The pages of the release are published again."""
        with self._writing() as db:
            db.execute(
                "INSERT INTO deposits (release, revision, archive, state, captured, url)"
                " SELECT number, :revision, :archive, 'done', :captured, :url FROM releases"
                " WHERE id = :release ON CONFLICT (release, revision, archive) DO UPDATE"
                " SET state = 'done', problem = '', captured = excluded.captured,"
                " url = excluded.url",
                {
                    "release": release_id,
                    "revision": receipt.revision,
                    "archive": receipt.archive,
                    "captured": receipt.at.timestamp(),
                    "url": receipt.url,
                },
            )
            append_event(self._connection, "moved", release_id)
            self._unit.decide(decisions.Deposited(release_id, receipt))

    def receipts(self, release_id: str) -> Sequence[DepositReceipt]:
        """Return the captures that other archives made of a release, oldest first."""
        rows = self._ask(
            "SELECT d.archive, d.revision, d.captured, d.url FROM deposits d"
            " JOIN releases r ON r.number = d.release WHERE r.id = ? AND d.state = 'done'"
            " ORDER BY d.captured, d.archive",
            [release_id],
        )
        return [
            DepositReceipt(archive, revision, instant(at), url)
            for archive, revision, at, url in rows
        ]

    def deposit_counts(self) -> Sequence[DepositCount]:
        """Return the number of deposits by archive and state."""
        return [DepositCount(*row) for row in self._ask(DEPOSIT_COUNTS)]
