"""Archive pages and day digests, which are published as immutable and must never be lost."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from data.models import DayDigest, Facet
from data.store.shared_sql.database.connection import Part
from data.store.shared_sql.database.rows import SHOWN_VIEW, encode
from data.store.shared_sql.facets import PARTS, facet_key
from data.store.unit_of_work import decisions

IS_IT: Final = "source = ? AND topic = ? AND period = ? AND section = ? AND language = ?"
FEED: Final = f"(SELECT number FROM archived_feeds WHERE {IS_IT})"


class PublicationPart(Part):
    """Methods of the store for archive pages and day digests."""

    def archive_page_count(self, facet: Facet) -> int:
        """Return the number of archive pages of a feed."""
        rows = self._ask(
            f"SELECT max(page) FROM archive_pages WHERE feed = {FEED}", facet_key(facet)
        )
        return rows[0][0] or 0

    def archived(self, facet: Facet, ids: Sequence[str]) -> Mapping[str, int]:
        """Return the archive page of a feed that contains each release, by release id."""
        rows = self._ask(
            # CROSS JOIN fixes the order of the loops, which SQLite's planner would reverse.
            "SELECT r.id, a.page FROM json_each(?) j CROSS JOIN releases r ON r.id = j.value"
            f" CROSS JOIN archive_pages a ON a.feed = {FEED} AND a.release = r.number",
            [encode(list(ids)), *facet_key(facet)],
        )
        return dict(rows)

    def archive_page(self, facet: Facet, page: int) -> tuple[str, ...]:
        """Return the ids of the releases on an archive page of a feed."""
        rows = self._ask(
            f"SELECT r.id FROM archive_pages a JOIN {SHOWN_VIEW} r ON r.number = a.release"
            f" WHERE a.feed = {FEED} AND a.page = ? ORDER BY a.release",
            [*facet_key(facet), page],
        )
        return tuple(row[0] for row in rows)

    def add_archive_pages(self, pages: Mapping[Facet, Mapping[int, Sequence[str]]]) -> None:
        """Store new archive pages of feeds: the ids of their releases, by page number."""
        with self._writing() as db:
            db.executemany(
                f"INSERT INTO archived_feeds ({PARTS}) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                map(facet_key, pages),
            )
            db.executemany(
                f"INSERT INTO archive_pages (feed, page, release) SELECT {FEED}, ?, number"
                " FROM releases WHERE id = ?",
                [
                    (*facet_key(facet), page, one)
                    for facet, some in pages.items()
                    for page, ids in some.items()
                    for one in ids
                ],
            )
            for facet, some in pages.items():
                self._unit.decide(
                    *(decisions.Paged(facet, page, ids) for page, ids in some.items())
                )

    def day_digest(self, day: str) -> DayDigest | None:
        """Return the digest of a past day as it was first published, or None."""
        for (digest,) in self._ask("SELECT digest FROM day_digests WHERE day = ?", [day]):
            return msgspec.json.decode(digest, type=DayDigest)
        return None

    def add_day_digest(self, digest: DayDigest) -> None:
        """Store the digest of a day when it is first published.

        An existing digest is not changed.
        """
        with self._writing() as db:
            added = db.execute(
                "INSERT INTO day_digests (day, digest) VALUES (?, ?) ON CONFLICT DO NOTHING",
                [digest.day, encode(digest)],
            )
            if added.rowcount:
                self._unit.decide(decisions.DayClosed(digest))
