"""What must never be lost of what was published: archive pages and digests of days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from data.models import DayDigest, Facet
from data.store.sqlite.connection import Part
from data.store.sqlite.facets import facet_key
from data.store.sqlite.releases import SHOWN
from data.store.sqlite.rows import encode

FEED = "(SELECT number FROM archived_feeds WHERE source = ? AND topic = ? AND period = ?)"


class PublicationPart(Part):
    """The verbs of data.store.protocol.PublishStore that remember what was published."""

    def archive_page_count(self, facet: Facet) -> int:
        """How many archive pages a feed has."""
        rows = self._ask(
            f"SELECT max(page) FROM archive_pages WHERE feed = {FEED}", facet_key(facet)
        )
        return rows[0][0] or 0

    def archived(self, facet: Facet, ids: Sequence[str]) -> frozenset[str]:
        """Those of some releases that are on an archive page of a feed."""
        rows = self._ask(
            # CROSS JOIN: the order of the loops is meant, the planner would turn them round.
            "SELECT r.id FROM json_each(?) j CROSS JOIN releases r ON r.id = j.value"
            f" CROSS JOIN archive_pages a ON a.feed = {FEED} AND a.release = r.number",
            [encode(list(ids)), *facet_key(facet)],
        )
        return frozenset(row[0] for row in rows)

    def archive_page(self, facet: Facet, page: int) -> tuple[str, ...]:
        """The releases on an archive page of a feed, by id."""
        rows = self._ask(
            f"SELECT r.id FROM archive_pages a JOIN {SHOWN} r ON r.number = a.release"
            f" WHERE a.feed = {FEED} AND a.page = ?",
            [*facet_key(facet), page],
        )
        return tuple(row[0] for row in rows)

    def add_archive_pages(self, pages: Mapping[Facet, Mapping[int, Sequence[str]]]) -> None:
        """Put releases, by id, on new archive pages of feeds, by their numbers."""
        with self._writing() as db:
            db.executemany(
                "INSERT OR IGNORE INTO archived_feeds (source, topic, period) VALUES (?, ?, ?)",
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

    def day_digest(self, day: str) -> DayDigest | None:
        """A day that is over, as it was when it was first published."""
        for row in self._rows("day_digests", "day = ?", [day]):
            return msgspec.json.decode(row["digest"], type=DayDigest)
        return None

    def add_day_digest(self, digest: DayDigest) -> None:
        """Keep a day as it is published; one that is kept already stays."""
        with self._writing() as db:
            db.execute(
                "INSERT OR IGNORE INTO day_digests (day, digest) VALUES (?, ?)",
                [digest.day, encode(digest)],
            )
