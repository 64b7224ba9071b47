"""When sources publish: their rhythms, and the days and times of their releases."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from data.clock import instant
from data.models import BACKLOG, UNDATED_BEFORE, PublicationTime, Rhythm, SourceRhythm
from data.store.shared_sql.database.connection import Part
from data.store.shared_sql.database.rows import SHOWN_VIEW, encode
from data.store.unit_of_work import decisions

MAX_RHYTHM_RELEASES: Final = 1500
"""Maximum number of a source's newest releases from whose days its rhythm is learned."""

_rhythm = msgspec.json.Decoder(Rhythm | None)


class RhythmsPart(Part):
    """Methods of the store for the publication rhythms of sources."""

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
