"""The write of a release to SQLite, all or none: identity, revision, topics, story, marks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from data.dedup import shingles
from data.identity import Verdict, claims, judge, keys_of, moved, trusted_canonical
from data.models import Draft, Facet, Release, Source, facets_of
from data.normalize import canonical_url
from data.rows import encode, release_row
from data.sqlite_reading import SqliteReading, facet_key
from data.stories import bands, same_story

if TYPE_CHECKING:
    from sqlite_utils import Database

CANDIDATES = 50
"""How many candidates of one story are compared in full."""

MARK = """
    INSERT INTO facets (source, topic, period, releases, changed, published)
    VALUES (?, ?, ?, ?, 1, 0)
    ON CONFLICT (source, topic, period)
    DO UPDATE SET releases = releases + excluded.releases, changed = changed + 1
"""


class SqliteRecording(SqliteReading):
    """The verbs of data.store.Store that take in what was collected."""

    def register(self, source: Source) -> None:
        """Keep what an institution is called, so that feeds can name it for ever."""
        with self._writing() as db:
            db.table("sources").upsert(
                {
                    "id": source.id,
                    "name": source.name,
                    "url": source.url,
                    "timezone": source.timezone,
                },
                pk="id",
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
        with self._writing() as db:
            known = self._known(draft, since, tuple(front))
            verdict = judge(draft, known, seen)
            self._keep(db, verdict, known, labels or {})
            self._alias(db, draft, verdict.release, tuple(front))
            if draft.validator:
                db.execute(
                    "INSERT OR REPLACE INTO validators (url, etag, last_modified) VALUES (?, ?, ?)",
                    [draft.url, draft.validator.etag, draft.validator.last_modified],
                )
            if verdict.kind != "unchanged":
                verdict = replace(verdict, release=self._tell(db, draft, verdict.release))
        return verdict

    def _known(self, draft: Draft, since: dt.datetime, front: tuple[str, ...]) -> Release | None:
        for key in keys_of(draft):
            if owner := self._owner(draft.source, key):
                return owner
        canonical = trusted_canonical(draft, front)
        if canonical and (owner := self._owner(draft.source, canonical)) and claims(draft, owner):
            return owner
        if draft.content.published is None or not draft.content.body_text:
            return None
        candidates = self._releases(
            "WHERE r.day = :day AND r.source = :source AND r.language = :language ORDER BY r.id",
            {
                "day": draft.content.published.day.isoformat(),
                "source": draft.source,
                "language": draft.content.language or "",
            },
        )
        return moved(draft, candidates, since)

    def _owner(self, source: str, key: str) -> Release | None:
        found = self._releases(
            "JOIN aliases k ON k.release = r.id WHERE k.source = :source AND k.key = :key",
            {"source": source, "key": key},
        )
        return found[0] if found else None

    def _keep(
        self, db: Database, verdict: Verdict, known: Release | None, labels: Mapping[str, str]
    ) -> None:
        release = verdict.release
        row = {**release_row(release), "checked": release.last_seen.timestamp()}
        if known is None:
            columns = ", ".join(row)
            places = ", ".join(f":{name}" for name in row)
            db.execute(f"INSERT INTO releases ({columns}) VALUES ({places})", row)
        else:
            changes = ", ".join(f"{name} = :{name}" for name in row if name != "id")
            db.execute(f"UPDATE releases SET {changes}, gone_since = NULL WHERE id = :id", row)
        if known is None or release.revision > known.revision:
            db.execute(
                "INSERT INTO revisions (release, number, seen, content) VALUES (?, ?, ?, ?)",
                [release.id, release.revision, release.updated.timestamp(), row["content"]],
            )
        elif release.content != known.content:
            db.execute(
                "UPDATE revisions SET content = ? WHERE release = ? AND number = ?",
                [row["content"], release.id, release.revision],
            )
        if known is None or release.content.topics != known.content.topics:
            self._file_under_topics(db, release, labels)
        if known is None or _shown(release) != _shown(known):
            mark(db, known, release)

    def _file_under_topics(self, db: Database, release: Release, labels: Mapping[str, str]) -> None:
        db.execute("DELETE FROM release_topics WHERE release = ?", [release.id])
        db.conn.executemany(
            "INSERT INTO release_topics (release, topic, source, sort_at) VALUES (?, ?, ?, ?)",
            [
                (release.id, topic, release.source, release.order.timestamp())
                for topic in release.content.topics
            ],
        )
        db.conn.executemany(
            "INSERT INTO topics (slug, label) VALUES (?, ?) ON CONFLICT (slug)"
            " DO UPDATE SET label = excluded.label WHERE label <> excluded.label",
            [(topic, labels.get(topic, topic)) for topic in release.content.topics],
        )

    def _alias(self, db: Database, draft: Draft, release: Release, front: tuple[str, ...]) -> None:
        urls = {canonical_url(url): url for url in (*draft.aliases, draft.url)}
        claimed = trusted_canonical(draft, front)
        if claimed and draft.canonical and claimed not in urls:
            owner = self._owner(draft.source, claimed)
            if owner is None and canonical_url(release.url) == canonical_url(draft.url):
                urls[claimed] = draft.canonical
        db.conn.executemany(
            "INSERT OR IGNORE INTO aliases (source, key, url, release) VALUES (?, ?, ?, ?)",
            [(draft.source, key, url, release.id) for key, url in urls.items()],
        )

    def _tell(self, db: Database, draft: Draft, release: Release) -> Release:
        """Join the release to the story it belongs to, if there is one."""
        body = shingles(release.content.body_text)
        own = bands(body)
        db.execute("DELETE FROM bands WHERE release = ?", [release.id])
        places = ", ".join("?" * len(own))
        near = [
            row["release"]
            for row in db.query(
                f"SELECT release, count(*) AS n FROM bands WHERE band IN ({places})"
                " GROUP BY release ORDER BY n DESC, release LIMIT ?",
                [*own, CANDIDATES],
            )
        ]
        db.conn.executemany(
            "INSERT OR IGNORE INTO bands (band, release) VALUES (?, ?)",
            [(band, release.id) for band in own],
        )
        kin = [
            other
            for other in map(self.release, near)
            if other
            and other.source != release.source
            and same_story(body, shingles(other.content.body_text))
        ]
        for _, url in draft.editions:
            edition = self._owner(release.source, canonical_url(url))
            if edition and edition.id != release.id:
                kin.append(edition)
        if not kin:
            return release
        return _join(db, release, kin)


def _join(db: Database, release: Release, kin: list[Release]) -> Release:
    everyone = sorted(
        {one.id: one for one in (*kin, release)}.values(),
        key=lambda r: (r.order, r.first_seen, r.id),
    )
    story = next((one.story for one in everyone if one.story), everyone[0].id)
    for one in everyone:
        if one.story == story:
            continue
        if one.story:
            db.execute("UPDATE releases SET story = ? WHERE story = ?", [story, one.story])
        db.execute("UPDATE releases SET story = ? WHERE id = ?", [story, one.id])
    for one in everyone:
        mark(db, one, one)
    return replace(release, story=story)


def mark(db: Database, old: Release | None, new: Release) -> None:
    """Count a release in its facets and mark them for publishing."""
    before: frozenset[Facet] = facets_of(old) if old else frozenset()
    after = facets_of(new)
    db.conn.executemany(
        MARK,
        [
            (*facet_key(facet), (facet in after) - (facet in before))
            for facet in sorted(before | after, key=facet_key)
        ],
    )


def _shown(release: Release) -> str:
    """All of a release that readers see: visits move the rest without a word."""
    return encode((release.url, release.content, release.updated, release.retracted, release.story))
