"""Links between release pages. A visit requests linked releases that are not stored."""

from collections.abc import Iterable, Mapping
from typing import Final

from data.models import Link, Recall
from data.store.shared_sql.database.connection import Part
from data.store.shared_sql.database.rows import INSTANT, encode

MAX_LINK_VISITS: Final = 2
"""Maximum number of visits that request a linked page. After that, the page is not considered a
release.
"""

STORED_LINKS: Final = """
    SELECT n.key, a.release FROM named_links n JOIN aliases a
    ON a.key = n.key AND a.source = n.source AND a.kind = 'seen'
    WHERE n.source = :source AND n.state = 'unread'
"""


class LinksPart(Part):
    """Methods of the store that find out which linked releases are already stored."""

    def note_links(self, source: str, links: Mapping[str, Link], *, limit: int) -> tuple[Link, ...]:
        """Record the releases that pages link to, by canonical address.

        Returns up to ``limit`` links to request. Each release is counted once, when a page first
        links to it. If a listing shows it later, it counts as known. Titles are kept only for
        releases that are not stored.
        """
        fresh = self._ask(
            "SELECT j.value, EXISTS (SELECT 1 FROM aliases a WHERE a.key = j.value AND"
            " a.source = :source AND a.kind = 'seen') FROM json_each(:keys) j WHERE NOT EXISTS"
            " (SELECT 1 FROM named_links n WHERE n.source = :source AND n.key = j.value)",
            {"source": source, "keys": encode(list(links))},
        )
        if fresh or self._ask(f"{STORED_LINKS} LIMIT 1", {"source": source}):
            with self._writing() as db:
                db.executemany(
                    "INSERT INTO named_links (source, key, url, title, state, tries)"
                    " VALUES (?, ?, ?, ?, ?, 0)",
                    [
                        (source, key, links[key].url, "", "known")
                        if is_stored
                        else (source, key, links[key].url, links[key].title, "unread")
                        for key, is_stored in fresh
                    ],
                )
                db.execute(
                    "UPDATE named_links SET state = 'known', title = ''"
                    " WHERE source = :source AND key IN"
                    f" (SELECT key FROM ({STORED_LINKS}) AS stated)",
                    {"source": source},
                )
        rows = self._ask(
            "SELECT url, title FROM named_links WHERE source = ? AND state = 'unread' AND tries < ?"
            " ORDER BY tries, key LIMIT ?",
            [source, MAX_LINK_VISITS, limit],
        )
        return tuple(Link(*row) for row in rows)

    def note_link_visits(self, source: str, keys: Iterable[str]) -> None:
        """Record that linked addresses were requested, and the releases found there."""
        with self._writing() as db:
            ((since,),) = self._ask(
                f"SELECT min({INSTANT}) FROM releases r WHERE source = :source AND number NOT IN"
                f" (SELECT release FROM ({STORED_LINKS}) AS stated) AND number NOT IN"
                " (SELECT release FROM named_links WHERE source = :source AND release IS NOT NULL)",
                {"source": source},
            )
            db.executemany(
                "UPDATE named_links SET tries = tries + 1 WHERE source = ? AND key = ?",
                [(source, key) for key in keys],
            )
            for key, release in self._ask(STORED_LINKS, {"source": source}):
                db.execute(
                    "UPDATE named_links SET release = :release, state = (SELECT CASE WHEN"
                    f" {INSTANT} >= :since THEN 'missed' ELSE 'older' END FROM releases r"
                    " WHERE r.number = :release) WHERE source = :source AND key = :key",
                    {"source": source, "key": key, "release": release, "since": since or 0.0},
                )

    def sections(self, source: str) -> Mapping[str, int]:
        """Return the sections of a source's releases, with the number of releases in each.

        Releases found only by links are not counted.
        """
        rows = self._ask(
            "SELECT section, count(*) FROM (SELECT json_extract(content, '$.section') AS section"
            " FROM releases WHERE source = :source AND number NOT IN"
            " (SELECT release FROM named_links WHERE source = :source AND release IS NOT NULL))"
            " AS found WHERE section IS NOT NULL GROUP BY section",
            {"source": source},
        )
        return dict(rows)

    def recall(self, source: str) -> Recall:
        """Return counts of the releases that a source's pages link to (see `Recall`)."""
        ((known, older),) = self._ask(
            "SELECT count(*) FILTER (WHERE state = 'known'),"
            " count(*) FILTER (WHERE state = 'older')"
            " FROM named_links WHERE source = ?",
            [source],
        )
        missed, unread = (
            tuple(
                row[0]
                for row in self._ask(
                    "SELECT url FROM named_links WHERE source = ? AND state = ? ORDER BY url",
                    [source, state],
                )
            )
            for state in ("missed", "unread")
        )
        return Recall(known, missed, older, unread)
