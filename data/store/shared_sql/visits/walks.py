"""Progress of walks (backfills), their listed items, and links between releases.

A walk reads a listing page by page, to its oldest release. A visit also requests linked releases
that are not stored.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from data.clock import instant
from data.models import Link, Listed, ListingKind, Recall, Walk
from data.store.shared_sql.connection import Part
from data.store.shared_sql.files import DUE, due_arguments
from data.store.shared_sql.rows import INSTANT, REDACTED_ALIASES, encode
from data.store.shared_sql.sources import SourcesPart
from data.store.unit_of_work import decisions
from data.text.masking import masked
from data.text.source_secrets import Secrets

MAX_VISITS: Final = 10
"""Maximum number of visits that request a listed item. After that, the item is not considered a
release.
"""

ITEM_RETRY_SECONDS: Final = 900.0
"""Delay in seconds after the first failed request for an item, multiplied by the square of the
number of requests."""

_walk = msgspec.json.Decoder(Walk)

STORED: Final = (
    "EXISTS (SELECT 1 FROM aliases a WHERE a.key = unread_items.key AND a.source = :source"
    " AND a.kind = 'seen')"
)
"""SQL condition for queued items whose releases are stored."""


def end_of(walk: Walk | None) -> tuple[object, ...]:
    """Return the facts about a walk (backfill) that the journal records at its end.

    Without a walk, the result is empty.
    """
    return (walk.rules, walk.history, walk.bound, walk.first) if walk else ()


MAX_LINK_VISITS: Final = 2
"""Maximum number of visits that request a linked page. After that, the page is not considered a
release.
"""

STORED_LINKS: Final = """
    SELECT n.key, a.release FROM named_links n JOIN aliases a
    ON a.key = n.key AND a.source = n.source AND a.kind = 'seen'
    WHERE n.source = :source AND n.state = 'unread'
"""


class WalksPart(Part):
    """Methods of the store for walks (backfills), which page through listings to the end."""

    def walk(self, source: str, start: str) -> Walk | None:
        """Return the progress of the walk (backfill) that began on the page ``start``, or None."""
        statement = "SELECT walk FROM walks WHERE source = ? AND start = ?"
        found = self._value(statement, [source, start])
        return _walk.decode(found) if found else None

    def first_visit(self, source: str) -> dt.datetime | None:
        """Return the time when a visit first read a listing of a source, or None."""
        walks = self._ask("SELECT walk FROM walks WHERE source = ?", [source])
        begun = [_walk.decode(walk).begun for (walk,) in walks]
        if not all(begun) or not begun:
            # Walks of earlier versions have no ``begun``, and a rebuilt store has no unfinished
            # walks.
            begun += [
                started
                for (started,) in self._ask(
                    "SELECT started FROM runs WHERE source = ?"
                    " AND CAST(json_extract(report, '$.found') AS INTEGER) > 0"
                    " ORDER BY started LIMIT 1",
                    [source],
                )
            ]
        return min(map(instant, filter(None, begun)), default=None)

    def begin_walk(self, source: str, start: str, rules: str, *, at: dt.datetime) -> Walk:
        """Start a walk (backfill) at the page ``start``, and replace an earlier walk from it.

        ``at`` is the time of the visit. The first walk stores it as ``begun``.
        """
        with self._writing():
            before = self.walk(source, start)
            ((last,),) = self._ask(
                "SELECT coalesce(max(number), 0) FROM walks WHERE source = ?", [source]
            )
            walk = Walk(
                start,
                rules,
                last + 1,
                first=before is None or before.first,
                begun=before.begun if before else at.timestamp(),
            )
            self.keep_walk(source, walk)
        return walk

    def note_addresses(self, addresses: Iterable[str]) -> None:
        """Store addresses of a source if they contain secrets, so that texts don't show them.

        A source that is a single page has no walk, and imported pages are stored before the first
        walk. These rows have no source, so they don't count as walks.
        """
        for address in addresses:
            if Secrets([address]).known and not self.walk("", address):
                self.keep_walk("", Walk(address, "", 0))

    def keep_walk(self, source: str, walk: Walk) -> None:
        """Store the progress of a walk (backfill)."""
        with self._writing() as db:
            before = self.walk(source, walk.start)
            if before is None:
                SourcesPart(self._connection).index_without(walk.start)
            if walk.history != "walking" and end_of(walk) != end_of(before):
                # In a rebuilt home directory, the walk of a source with secrets in its address
                # starts again.
                start, position = masked(walk.start), masked(walk.position)
                ended = replace(walk, start=start, position=position)
                self._unit.decide(decisions.WalkEnded(source, ended))
            db.execute(
                "INSERT INTO walks (source, start, number, walk) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (source, start) DO UPDATE SET"
                " number = excluded.number, walk = excluded.walk",
                [source, walk.start, walk.number, encode(walk)],
            )

    def list_items(
        self, source: str, kind: ListingKind, walk: int, items: Mapping[str, str]
    ) -> Listed:
        """Record the items on a page of a walk, and return which of them are new (see `Listed`).

        ``items`` maps canonical addresses to names (day and title). An item is not fresh if it was
        already listed with this name at another address. The names of redacted releases are not
        stored.
        """
        redacted = self._ask(
            f"SELECT a.key FROM {REDACTED_ALIASES} AND a.key IN (SELECT value FROM json_each(?))",
            [source, encode([*items])],
        )
        items = {**items, **{key: "" for (key,) in redacted}}
        before = self._ask(
            "SELECT j.key, max(l.walk), max(CASE WHEN l.key = j.key AND l.name = j.value"
            " AND l.walk = :walk THEN 1 ELSE 0 END) FROM json_each(:items) j JOIN listed_links l"
            " ON l.source = :source AND l.listing_kind = :kind"
            " AND (l.key = j.key OR (l.name = j.value AND l.name <> ''))"
            " GROUP BY j.key",
            {"items": encode(items), "source": source, "kind": kind, "walk": walk},
        )
        changed = items.keys() - {key for key, _, is_same in before if is_same}
        if changed:
            with self._writing() as db:
                db.executemany(
                    "INSERT INTO listed_links (source, key, listing_kind, name, walk)"
                    " VALUES (?, ?, ?, ?, ?) ON CONFLICT (source, key, listing_kind)"
                    " DO UPDATE SET name = excluded.name, walk = excluded.walk",
                    [
                        (source, key, kind, name, walk)
                        for key, name in items.items()
                        if key in changed
                    ],
                )
        known = {key for key, _, _ in before}
        passed = {key for key, last, _ in before if last >= walk}
        return Listed(frozenset(items.keys() - passed), frozenset(items.keys() - known))

    def listed_before(
        self, source: str, kind: ListingKind, items: Mapping[str, str]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Return the items that this listing showed before, by address and by name.

        Both results are sets of addresses. The first set contains the addresses listed before, and
        the second the addresses of items whose names were listed before. ``items`` maps canonical
        addresses to names.
        """
        keys = self._ask(
            "SELECT j.key FROM json_each(?) j"
            " JOIN listed_links l ON l.source = ? AND l.listing_kind = ? AND l.key = j.key",
            [encode(items), source, kind],
        )
        names = self._ask(
            "SELECT j.key FROM json_each(?) j"
            " JOIN listed_links l ON l.source = ? AND l.listing_kind = ?"
            " AND l.name = j.value AND l.name <> ''",
            [encode(items), source, kind],
        )
        return frozenset(row[0] for row in keys), frozenset(row[0] for row in names)

    def await_items(self, source: str, items: Mapping[str, str], *, front: bool) -> None:
        """Queue listed items that were not requested yet: JSON texts by canonical address.

        Items on the first page (``front``) are requested by every visit, other items at growing
        intervals.
        """
        if not items:
            return
        with self._writing() as db:
            db.executemany(
                "INSERT INTO unread_items (source, key, item, front, tries, asked)"
                " VALUES (?, ?, ?, ?, 0, 0) ON CONFLICT (source, key) DO UPDATE SET"
                " item = excluded.item, front = excluded.front,"
                " tries = CASE WHEN excluded.front = 1 THEN 0 ELSE unread_items.tries END,"
                " asked = CASE WHEN excluded.front = 1 THEN 0 ELSE unread_items.asked END",
                [(source, key, item, int(front)) for key, item in items.items()],
            )

    def awaiting(self, source: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Return the queued items, as JSON texts, that have these canonical addresses."""
        rows = self._ask(
            "SELECT u.key, u.item FROM json_each(?) j"
            " JOIN unread_items u ON u.source = ? AND u.key = j.value",
            [encode(list(keys)), source],
        )
        return dict(rows)

    def unread(self, source: str) -> Sequence[str]:
        """Return the listed items that were not requested yet, as JSON texts in listing order."""
        rows = self._ask(
            "SELECT item FROM unread_items u WHERE source = ? AND NOT EXISTS (SELECT 1"
            " FROM aliases a WHERE a.key = u.key AND a.source = u.source AND a.kind = 'seen')"
            " ORDER BY number",
            [source],
        )
        return tuple(item for (item,) in rows)

    def awaited(
        self, source: str, *, now: dt.datetime, since: dt.datetime, limit: int
    ) -> Sequence[str]:
        """Return the items to request ``now``, and count one request for each.

        Items on the first page come first. Items that were requested ``since`` the start of the
        visit are omitted.
        """
        arguments = due_arguments(
            source, most=MAX_VISITS, wait=ITEM_RETRY_SECONDS, now=now, since=since, limit=limit
        )
        if not self._ask(
            f"SELECT 1 FROM unread_items WHERE source = :source AND ({STORED} OR {DUE}) LIMIT 1",
            arguments,
        ):
            return ()
        with self._writing() as db:
            db.execute(
                f"DELETE FROM unread_items WHERE source = :source AND {STORED}", {"source": source}
            )
            rows = self._ask(
                f"SELECT number, item FROM unread_items WHERE source = :source AND {DUE}"
                " ORDER BY front DESC, tries, number LIMIT :limit",
                arguments,
            )
            db.executemany(
                "UPDATE unread_items SET tries = tries + 1, front = 0, asked = ? WHERE number = ?",
                [(since.timestamp(), number) for number, _ in rows],
            )
        return tuple(item for _, item in rows)

    def return_items(self, source: str, *, since: dt.datetime) -> None:
        """Make items due again if they were requested ``since`` a time but are not stored.

        Call this after an interrupted visit, whose requests don't count.
        """
        again = "SET tries = tries - 1, asked = 0 WHERE source = ? AND asked >= ? AND tries > 0"
        with self._writing() as db:
            db.execute(f"UPDATE unread_items {again}", [source, since.timestamp()])
            db.execute(f"UPDATE files {again} AND record_id IS NULL", [source, since.timestamp()])

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
