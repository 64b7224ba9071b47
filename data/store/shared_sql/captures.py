"""Locations of the archive records of releases."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, Literal

from data.clock import EPOCH, MICROSECOND
from data.models import Capture, CaptureOwner, RecordPlace, Sightings
from data.store.shared_sql.connection import Database, Part, TablePart
from data.store.shared_sql.new_events import append_events
from data.store.shared_sql.rows import CAPTURE_COLUMNS, capture_of, encode
from data.store.unit_of_work import decisions

PUT: Final = f"{CAPTURE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
"""End of an INSERT statement after its first three columns: the columns of a capture and values."""

REPLACE_CAPTURE: Final = ", ".join(f"{one} = excluded.{one}" for one in CAPTURE_COLUMNS.split(", "))
"""SQL clause that replaces an existing capture."""

OF_RELEASE: Final = f"ON CONFLICT (release, shows, revision) DO UPDATE SET {REPLACE_CAPTURE}"

PUT_CAPTURE: Final = f"INSERT INTO captures (release, shows, revision, {PUT} {OF_RELEASE}"
"""Statement that stores the capture of a release, replacing an earlier capture."""


_place = attrgetter("record_id", "file", "offset", "length", "digest", "leaf")


def columns_of(capture: Capture) -> list[Any]:
    """Return the values of ``CAPTURE_COLUMNS`` for a capture."""
    return [*_place(capture), (capture.at - EPOCH) // MICROSECOND]


class CaptureTable(TablePart):
    """Methods of the recorder that store captures."""

    def keep_capture(
        self, number: int, shows: Literal["version", "seen"], revision: int, capture: Capture
    ) -> None:
        """Store the first capture of a version, or the capture that last showed a release."""
        self._later(PUT_CAPTURE, [number, shows, revision, *columns_of(capture)])

    def forget_last_capture(self, number: int) -> None:
        """Delete the capture that last showed a release."""
        self._db.execute("DELETE FROM captures WHERE release = ? AND shows = 'seen'", [number])


class CapturesPart(Part):
    """Methods of the store for captures and for files to be archived."""

    def sightings(self, release_id: str) -> Sightings:
        """Return the captures of a release."""
        rows = self._ask(
            f"SELECT shows, revision, {CAPTURE_COLUMNS} FROM captures"
            " WHERE release = (SELECT number FROM releases WHERE id = ?) ORDER BY revision",
            [release_id],
        )
        found = {(shows, number): capture_of(row) for shows, number, *row in rows}
        versions = {number: one for (shows, number), one in found.items() if shows == "version"}
        newest = versions.get(max((0, *versions)))
        return Sightings(versions, found.get(("seen", 0), newest), found.get(("gone", 0)))

    def _keep_earlier_version(self, version: decisions.EarlierVersion) -> None:
        """Store a version with its capture. The pages of its release are published again.

        Its version number in the store is its time (14 digits) as a negative number.
        """
        with self._writing() as db:
            ((number,),) = self._ask("SELECT number FROM releases WHERE id = ?", [version.release])
            capture = version.capture
            stamp = -int(f"{capture.at:%Y%m%d%H%M%S}")
            db.execute(
                "INSERT INTO revisions (release, number, seen, content) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                [number, stamp, capture.at.timestamp(), encode(version.content)],
            )
            db.execute(PUT_CAPTURE, [number, "version", stamp, *columns_of(capture)])
            append_events(self._connection, "moved", [number])

    def restore_sightings(self, captures: Mapping[str, Capture]) -> None:
        """Record the captures that last showed releases, by release id."""
        with self._writing() as db:
            keep_captures(db, "seen", captures)

    def captured(self) -> Iterator[Capture]:
        """Yield every capture that the store refers to, of releases and of their files."""
        for table in ("captures", "files"):
            rows = self._ask(f"SELECT {CAPTURE_COLUMNS} FROM {table} WHERE record_id IS NOT NULL")
            yield from map(capture_of, rows)

    def capture_owners(self, record_ids: Iterable[str]) -> Sequence[CaptureOwner]:
        """Return the releases and files that archive records belong to, ordered by release."""
        rows = self._ask(
            "SELECT record_id, r.id, r.url, CASE WHEN shows = 'version' AND c.revision < 1"
            " THEN 'earlier version' WHEN shows = 'version' THEN 'version ' || c.revision"
            " WHEN shows = 'seen' THEN 'last seen' ELSE shows END, r.number"
            " FROM captures c JOIN releases r ON r.number = c.release"
            " WHERE record_id IN (SELECT value FROM json_each(:records))"
            " UNION ALL SELECT record_id, '', url, 'file', 0 FROM files"
            " WHERE record_id IN (SELECT value FROM json_each(:records)) ORDER BY 5, 4, 3",
            {"records": encode([*record_ids])},
        )
        return [CaptureOwner(*row) for *row, _ in rows]

    def relocate_captures(self, moved: Mapping[str, RecordPlace]) -> None:
        """Update the locations of archive records, by record id.

        Pages that show these records are published again.
        """
        places = [(record, one.file, one.offset, one.length) for record, one in moved.items()]
        with self._writing() as db:
            db.execute(
                "CREATE TEMP TABLE moved"
                ' (record_id TEXT PRIMARY KEY, file TEXT, "offset" BIGINT, length BIGINT)'
            )
            db.executemany("INSERT INTO moved VALUES (?, ?, ?, ?)", places)
            shown = self._ask(
                "SELECT DISTINCT c.release FROM captures c JOIN moved m USING (record_id)"
                " WHERE c.shows <> 'seen'"
            )
            for table in ("captures", "files"):
                db.execute(
                    f'UPDATE {table} SET file = m.file, "offset" = m.offset, length = m.length'
                    f" FROM moved m WHERE m.record_id = {table}.record_id"
                )
            db.execute("DROP TABLE moved")
            append_events(self._connection, "moved", [number for (number,) in shown])
            self._unit.decide(decisions.Relocated(moved))


def keep_captures(
    db: Database, shows: Literal["seen", "gone"], captures: Mapping[str, Capture]
) -> None:
    """Store the last captures in which releases (by id) were seen, or were gone."""
    if shows == "gone":
        # Pages that show a moved record must be published again although the release is unchanged.
        db.executemany(
            "DELETE FROM captures WHERE shows = 'gone' AND release ="
            " (SELECT number FROM releases WHERE id = ?)",
            [[release_id] for release_id in captures],
        )
    db.executemany(
        f"INSERT INTO captures (release, shows, revision, {CAPTURE_COLUMNS})"
        " SELECT number, ?, 0, ?, ?, ?, ?, ?, ?, ? FROM releases WHERE id = ?"
        f" {OF_RELEASE}",
        [[shows, *columns_of(capture), release_id] for release_id, capture in captures.items()],
    )
