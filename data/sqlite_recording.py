"""The write of a release to SQLite, all or none: identity, revision, topics, story, marks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice

from data.identity import (
    Compared,
    claims,
    is_copy,
    is_document,
    keys_of,
    moved,
    trusted_canonical,
)
from data.judgement import Verdict, born, judge
from data.models import Draft, Release, Source
from data.normalize import canonical_url
from data.rows import Kept, encode, release_row
from data.sqlite_bands import Near, places
from data.sqlite_stories import SqliteStories

NEAREST = 20
"""How many stored releases of the source a page at a new address is compared with."""


class SqliteRecording(SqliteStories):
    """The verbs of data.store.Store that take in what was collected."""

    def register(self, source: Source) -> None:
        """Keep what an institution is called, so that feeds can name it for ever."""
        with self._writing() as db:
            db.execute(
                "INSERT INTO sources (id, name, url, timezone) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET name = excluded.name, url = excluded.url,"
                " timezone = excluded.timezone",
                [source.id, source.name, source.url, source.timezone],
            )

    def record(
        self,
        draft: Draft,
        *,
        seen: dt.datetime,
        since: dt.datetime,
        front: Iterable[str] = (),
        labels: Mapping[str, str] | None = None,
    ) -> Verdict:
        """Take in a draft: find out whether it is new, changed or unchanged, and keep it.

        ``seen`` is the time of the visit and ``since`` the start of its run, ``front`` are
        addresses of the site that are no release, ``labels`` the labels of topics by slug.
        """
        read = Compared(draft)
        with self._writing() as db:
            claimed = trusted_canonical(draft, front)
            known = self._owner(draft, read, claimed)
            if known and not known.gone and is_copy(draft, known.release, claimed):
                self._alias(draft, known.number, claimed)
                self._keep_validator(draft)
                return Verdict("unchanged", known.release)
            reread = False
            if known is None and (known := self._copied(draft, read)):
                reread = known.release.first_seen >= since
            near: Near | None = None
            fresh = born(draft, seen)
            if known is None:
                near = self._near(read.body, fresh.order)
                known = self._moved(draft, read, near, since)
            verdict = (
                judge(draft, known.release, seen, gone=known.gone, reread=reread)
                if known
                else Verdict("new", fresh)
            )
            if known and verdict.doubt:
                db.execute(
                    "UPDATE releases SET checked = ? WHERE number = ?",
                    [seen.timestamp(), known.number],
                )
                return verdict
            number = self._keep(verdict, known, read, labels or {})
            self._alias(draft, number, claimed)
            self._keep_validator(draft)
            release = verdict.release
            if known is None or release.content.body_text != known.release.content.body_text:
                if known:
                    self._leave(known)
                near = near or self._near(read.body, release.order)
                self._enter(number, release.order, read.body, near.hot)
                told = self._tell(number, draft, release, read, near)
            else:
                told = self._tell(number, draft, release, read, None) if draft.editions else release
            if told is not release:
                verdict = replace(verdict, release=told)
            self._remember(number, draft.source, read.body)
        return verdict

    def _owner(self, draft: Draft, read: Compared, claimed: str | None) -> Kept | None:
        """The release that an address of the draft belongs to."""
        for key in keys_of(draft):
            if found := self._at(draft.source, key, "seen"):
                return found
        if claimed is None:
            return None
        for kind in ("seen", "claimed"):
            found = self._at(draft.source, claimed, kind)
            if found and claims(draft, read, found.release, claimed=kind == "claimed"):
                return found
        return None

    def _copied(self, draft: Draft, read: Compared) -> Kept | None:
        """The release whose page alone said that the draft's page is its own."""
        found = self._at(draft.source, canonical_url(draft.url), "claimed")
        return found if found and claims(draft, read, found.release, claimed=False) else None

    def _at(self, source: str, key: str, kind: str) -> Kept | None:
        found = self._kept(
            "JOIN aliases k ON k.release = r.number"
            " WHERE k.key = ? AND k.source = ? AND k.kind = ?",
            [key, source, kind],
        )
        return found[0] if found else None

    def _moved(self, draft: Draft, read: Compared, near: Near, since: dt.datetime) -> Kept | None:
        if not draft.content.body_text and not is_document(draft):
            return None
        day = draft.content.published.day.isoformat() if draft.content.published else ""
        # Of a notice that comes back word for word, the one of the same day.
        alike = self._ask(
            "SELECT number FROM releases WHERE print = ? AND source = ?"
            " ORDER BY abs(julianday(day) - julianday(?)), number LIMIT ?",
            [read.print, draft.source, day, NEAREST],
        )
        if near.nearest and draft.content.body_text:
            rows = self._ask(
                f"SELECT number FROM releases WHERE number IN ({places(near.nearest)})"
                " AND source = ? AND day = ?",
                [*near.nearest, draft.source, day],
            )
            alike += sorted(rows, key=lambda row: near.nearest.index(row[0]))
        near_ones = dict.fromkeys(number for (number,) in alike)
        candidates = {
            kept.release.id: kept
            for number in islice(near_ones, NEAREST)
            for kept in self._kept("WHERE r.number = ?", [number])
        }
        found = moved(draft, read, [kept.candidate for kept in candidates.values()], since)
        return candidates[found.id] if found else None

    def _keep(
        self, verdict: Verdict, known: Kept | None, read: Compared, labels: Mapping[str, str]
    ) -> int:
        """Write the release and what follows from it; its number."""
        release = verdict.release
        db = self._db.conn
        old = known.release if known else None
        row = release_row(release)
        row["checked"] = row["last_seen"]
        if known is None or old is None:
            row |= {"print": read.print, "revised": row["first_seen"]}
            columns = ", ".join(row)
            places = ", ".join(f":{name}" for name in row)
            inserted = db.execute(f"INSERT INTO releases ({columns}) VALUES ({places})", row)
            number = int(inserted.lastrowid or 0)
        else:
            number = known.number
            if release.revision > old.revision:
                db.execute(
                    "INSERT INTO revisions (release, number, seen, content) VALUES (?, ?, ?, ?)",
                    [number, old.revision, known.revised, encode(old.content)],
                )
                row["revised"] = row["updated"]
            if (release.content, release.digest) != (old.content, old.digest):
                row["print"] = read.print
            changes = ", ".join(f"{name} = :{name}" for name in row if name != "id")
            db.execute(f"UPDATE releases SET {changes}, gone_since = NULL WHERE id = :id", row)
        if old is None or release.content.topics != old.content.topics:
            self._file_under_topics(old, release, labels)
        if old is None or _shown(release) != _shown(old):
            self._mark(old, release)
        if old is None or release.content != old.content:
            db.execute("INSERT OR IGNORE INTO unindexed (release) VALUES (?)", [number])
        return number

    def _file_under_topics(
        self, old: Release | None, release: Release, labels: Mapping[str, str]
    ) -> None:
        db = self._db.conn
        at = release.order.timestamp()
        if old:
            db.executemany(
                "DELETE FROM release_topics WHERE topic = ? AND sort_at = ? AND id = ?",
                [(topic, at, old.id) for topic in old.content.topics],
            )
        db.executemany(
            "INSERT INTO release_topics (topic, sort_at, id, source) VALUES (?, ?, ?, ?)",
            [(topic, at, release.id, release.source) for topic in release.content.topics],
        )
        db.executemany(
            "INSERT INTO topics (slug, label) VALUES (?, ?) ON CONFLICT (slug)"
            " DO UPDATE SET label = excluded.label WHERE label <> excluded.label",
            [(topic, labels.get(topic, topic)) for topic in release.content.topics],
        )

    def _keep_validator(self, draft: Draft) -> None:
        if draft.validator:
            self._db.conn.execute(
                "INSERT OR REPLACE INTO validators (url, etag, last_modified) VALUES (?, ?, ?)",
                [draft.url, draft.validator.etag, draft.validator.last_modified],
            )

    def _alias(self, draft: Draft, number: int, claimed: str | None) -> None:
        urls = {canonical_url(url): url for url in (*draft.aliases, draft.url)}
        db = self._db.conn
        # A release at an address is worth more than what a page claims of it.
        db.executemany(
            "INSERT INTO aliases (key, source, kind, release, url) VALUES (?, ?, 'seen', ?, ?)"
            " ON CONFLICT (key, source) DO UPDATE SET kind = 'seen', release = excluded.release,"
            " url = excluded.url WHERE kind <> 'seen'",
            [(key, draft.source, number, url) for key, url in urls.items()],
        )
        if claimed and draft.canonical and claimed not in urls:
            db.execute(
                "INSERT INTO aliases (key, source, kind, release, url)"
                " VALUES (?, ?, 'claimed', ?, ?) ON CONFLICT (key, source) DO UPDATE"
                " SET kind = 'disputed' WHERE kind = 'claimed' AND release <> excluded.release",
                [claimed, draft.source, number, draft.canonical],
            )

    def _tell(
        self, number: int, draft: Draft, release: Release, read: Compared, near: Near | None
    ) -> Release:
        """Join the release to the story it belongs to, if there is one."""
        kin = self._kin(release, read.body, near) if near else []
        if draft.editions or near:
            kin += self._editions(number, draft, release)
        if all(one.story and one.story == release.story for one in kin):
            return release
        return self._join(number, release, kin)


def _shown(release: Release) -> str:
    """All of a release that readers see: visits move the rest without a word."""
    return encode((release.url, release.content, release.updated, release.retracted, release.story))
