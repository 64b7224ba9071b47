"""The write of a release to SQLite, all or none: identity, revision, topics, story, marks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from functools import cache

from data.identity.decision import SHARED_BODY, Decision, decide, first_release
from data.identity.matching import DraftSignature, is_copy, keys_of, trusted_canonical
from data.models import Draft, Release, Source
from data.store.sqlite.aliases import SqliteIdentity
from data.store.sqlite.lsh_index import Candidates, places
from data.store.sqlite.rows import StoredRelease, encode, release_row
from data.text.similarity import Signature
from data.text.urls import canonical_url
from data.text.words import word_hashes

COMPARED = 200
"""Releases of a source, the newest, that a changed text is compared with."""


class SqliteRecording(SqliteIdentity):
    """The verbs of data.store.protocol.Store that take in what was collected."""

    def register(self, source: Source) -> None:
        """Keep what an institution is called, so that feeds can name it for ever."""
        with self._writing():
            self._db.table("sources").upsert(asdict(source))

    def record(
        self,
        draft: Draft,
        *,
        seen: dt.datetime,
        since: dt.datetime,
        front: Iterable[str] = (),
        labels: Mapping[str, str] | None = None,
    ) -> Decision:
        """Take in a draft: find out whether it is new, changed or unchanged, and keep it.

        ``seen`` is the time of the visit and ``since`` the start of its run, ``front`` are
        addresses of the site that are no release, ``labels`` the labels of topics by slug.
        """
        read = DraftSignature(draft)
        with self._writing() as db:
            claimed = trusted_canonical(draft, front)
            holders = {key: self._holder(draft.source, key) for key in keys_of(draft)}
            known = self._owner(draft, read, claimed, holders)
            if known and not known.gone and is_copy(draft, known.release, claimed):
                self._alias(draft, known.number, claimed)
                self._keep_validator(draft)
                return Decision("unchanged", known.release)
            reread = draft.reread
            if known is None and (known := self._copied(draft, read, holders)):
                reread = known.release.first_seen >= since
            near: Candidates | None = None
            fresh = first_release(draft, seen)
            if known is None:
                near = self._near(read.body, fresh.instant)
                known = self._moved(draft, read, near, since)
            verdict = (
                decide(draft, known.release, seen, gone=known.gone, reread=reread)
                if known
                else Decision("new", fresh)
            )
            if known and "body" in verdict.fields and self._is_shared(known, read.body):
                verdict = Decision("unchanged", known.release, doubt=SHARED_BODY)
            if known and verdict.doubt:
                db.execute(
                    "UPDATE releases SET checked = ? WHERE number = ?",
                    [seen.timestamp(), known.number],
                )
                return verdict
            number = self._keep(verdict, known, read, labels or {})
            self._alias(draft, number, claimed)
            self._keep_validator(draft)
            self._keep_skeleton(draft, number)
            release = verdict.release
            if known is None or _copied_from(release) != _copied_from(known.release):
                if known:
                    self._leave(known)
                near = near or self._near(read.body, release.instant)
                self._enter(number, release.instant, read.body, near.hot)
                told = self._tell(number, draft, release, read, near)
            else:
                told = self._tell(number, draft, release, read, None) if draft.editions else release
            if told is not release:
                verdict = replace(verdict, release=told)
            self._remember(number, draft.source, read.body)
        return verdict

    def _is_shared(self, known: StoredRelease, text: Signature) -> bool:
        """Whether a text that a release came to is that of another of its source, a recent one."""
        rows = self._ask(
            "SELECT json_extract(content, '$.body_text') FROM releases"
            " WHERE source = ? AND number <> ? ORDER BY sort_at DESC LIMIT ?",
            [known.release.source, known.number, COMPARED],
        )
        words = text.words.tobytes()
        return any(word_hashes(body).tobytes() == words for (body,) in rows if body)

    def _keep(
        self,
        verdict: Decision,
        known: StoredRelease | None,
        read: DraftSignature,
        labels: Mapping[str, str],
    ) -> int:
        """Write the release and what follows from it; its number."""
        release = verdict.release
        db = self._db.conn
        old = known.release if known else None
        row = release_row(release)
        row["checked"] = row["last_seen"]
        if known is None or old is None:
            row |= {"fingerprint": read.fingerprint, "revised": row["first_seen"]}
            inserted = db.execute(insert(*row), [*row.values()])
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
                row["fingerprint"] = read.fingerprint
            changes = ", ".join(f"{name} = :{name}" for name in row if name != "id")
            db.execute(f"UPDATE releases SET {changes}, gone_since = NULL WHERE id = :id", row)
        if old is None or _filed(release) != _filed(old):
            self._file_under_topics(old, release, labels)
        if old is None or _shown(release) != _shown(old):
            self._mark(old, release)
            if old and release.story and _named(release) != _named(old):
                self._mark_story(release.story)
        if old is None or release.content != old.content:
            db.execute("INSERT OR IGNORE INTO search_queue (release) VALUES (?)", [number])
        return number

    def _file_under_topics(
        self, old: Release | None, release: Release, labels: Mapping[str, str]
    ) -> None:
        db = self._db.conn
        at = release.order.timestamp()
        if old:
            before = old.order.timestamp()
            db.executemany(
                "DELETE FROM release_topics WHERE topic = ? AND sort_at = ? AND id = ?",
                [(topic, before, old.id) for topic in old.content.topics],
            )
        db.executemany(
            "INSERT INTO release_topics (topic, sort_at, id, source) VALUES (?, ?, ?, ?)",
            [(topic, at, release.id, release.source) for topic in release.content.topics],
        )
        named = {topic: labels.get(topic, topic) for topic in release.content.topics}
        # Nearly all are in the store by then; to ask it costs as much as the rows above.
        known: dict[str, str] = self._threads.labels
        if named.items() <= known.items():
            return
        db.executemany(
            "INSERT INTO topics (slug, label) VALUES (?, ?) ON CONFLICT (slug)"
            " DO UPDATE SET label = excluded.label"
            # Where only the slug was said, the topic is still called what it was called.
            " WHERE label <> excluded.label AND excluded.label <> excluded.slug",
            named.items(),
        )
        known.update(named)

    def _keep_validator(self, draft: Draft) -> None:
        if draft.validator:
            self._db.conn.execute(
                "INSERT OR REPLACE INTO validators (url, etag, last_modified) VALUES (?, ?, ?)",
                [draft.url, draft.validator.etag, draft.validator.last_modified],
            )

    def _keep_skeleton(self, draft: Draft, number: int) -> None:
        if draft.skeleton:
            self._db.conn.execute(
                "INSERT OR REPLACE INTO page_skeletons (release, skeleton) VALUES (?, ?)",
                [number, draft.skeleton],
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
        self,
        number: int,
        draft: Draft,
        release: Release,
        read: DraftSignature,
        near: Candidates | None,
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


def _filed(release: Release) -> tuple[tuple[str, ...], dt.datetime]:
    """Where a release stands under its topics."""
    return release.content.topics, release.order


def _copied_from(release: Release) -> tuple[str, dt.datetime]:
    """By what copies of a release are found."""
    return release.content.body_text, release.instant


def _named(release: Release) -> tuple[str | None, ...]:
    """What the others of its story say of a release."""
    return release.url, release.content.title, release.content.language


@cache
def insert(*columns: str) -> str:
    """The statement that adds a release, with these columns."""
    return f"INSERT INTO releases ({', '.join(columns)}) VALUES ({places(columns)})"
