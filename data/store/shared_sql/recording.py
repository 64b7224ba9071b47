"""Database methods of the recorder, which write a release and all rows that depend on it."""

import datetime as dt
import time
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Final, TypeAlias

from data.clock import instant
from data.models import Draft, Release
from data.store.shared_sql.captures import CaptureTable
from data.store.shared_sql.connection import NEW_RELEASES, Connection, Part, places
from data.store.shared_sql.facets import enter_facet_changes, facet_changes
from data.store.shared_sql.files import FileTable
from data.store.shared_sql.matching import MatchTable
from data.store.shared_sql.new_events import append_changes, append_events, drawn_version
from data.store.shared_sql.rows import StoredRelease, encode, release_row
from data.store.shared_sql.stories import StoryTables
from data.text.urls import MAX_KEY_LENGTH
from data.topics.facets import section_of

MATCHED_SECONDS: Final = 7 * 86_400
"""Maximum age in seconds of a new release that watches compare again when the text of a file is
added."""

PAGE_STATE_PREFIX: Final = "page:"
"""Prefix of the key of a single page's stored state. The id of its release follows."""

BandRow: TypeAlias = tuple[int, int, int]
"""A band, the number of a release, and the count of anchors in the release's text."""


class ReleaseTable(MatchTable):
    """Methods of the recorder that write a release."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._last: int | None = None
        """Number of the last release in the store. Transactions with new releases never overlap."""

    def insert_release(self, release: Release, fingerprint: bytes) -> int:
        """Store a new release and return its number."""
        if self._last is None:
            ((self._last,),) = self._ask("SELECT coalesce(max(number), 0) FROM releases")
        self._last = number = self._last + 1
        row = release_row(release)
        row["checked"] = row["last_seen"]
        row |= {"fingerprint": fingerprint, "revised": row["first_seen"]}
        row |= {"version": drawn_version(), "number": number}
        self._later(insert(*row), [*row.values()])
        self.forget(number, release.source, row["day"])
        self._unknown.discard((release.source, fingerprint))
        return number

    def update_release(
        self,
        number: int,
        release: Release,
        fingerprint: bytes | None,
        *,
        revised: dt.datetime | None,
        met: bool,
        shown: bool,
    ) -> None:
        """Update a stored release. If ``fingerprint`` is None, the stored fingerprint is kept.

        ``revised`` is the time when this version was first seen, or None if it is not new. With
        ``met``, a visit found the release, so it is no longer marked as gone. ``shown`` is true if
        readers see a difference.
        """
        row = release_row(release)
        if met:
            row |= {"checked": row["last_seen"], "gone_since": None}
        if revised:
            row["revised"] = revised.timestamp()
        if shown:
            row["version"] = drawn_version()
        if fingerprint is not None:
            row["fingerprint"] = fingerprint
            self._unknown.discard((release.source, fingerprint))
        del row["id"]
        self._later(update(*row), [*row.values(), number])
        self.forget(number, release.source, row["day"])

    def note_reading(self, number: int, release: Release) -> None:
        """Record that re-extraction produced a version, not a change by the publisher."""
        self._later(
            "INSERT INTO readings (release, revision, reread) VALUES (?, ?, ?)",
            [number, release.revision, release.reread],
        )

    def add_revision(self, before: StoredRelease) -> None:
        """Store the earlier version of a release as a revision."""
        self._later(
            "INSERT INTO revisions (release, number, seen, content) VALUES (?, ?, ?, ?)",
            [
                before.number,
                before.release.revision,
                before.revised,
                encode(before.release.content),
            ],
        )

    def keep_difference(self, number: int, revision: int, steps: str) -> None:
        """Store the difference between a version and the previous version.

        If ``steps`` is empty, the difference is computed later.
        """
        self._later(
            "INSERT INTO differences (release, number, steps) VALUES (?, ?, ?)"
            " ON CONFLICT (release, number) DO UPDATE SET steps = excluded.steps",
            [number, revision, steps],
        )

    def mark_checked(self, number: int, seen: dt.datetime) -> None:
        """Record the time of a visit that saw a release although its extraction was rejected."""
        self._later("UPDATE releases SET checked = ? WHERE number = ?", (seen.timestamp(), number))

    def file_under_topics(self, old: Release | None, new: Release) -> None:
        """Add a release to the lists of its topics."""
        if old:
            before = old.order.timestamp()
            self._db.executemany(
                "DELETE FROM release_topics WHERE topic = ? AND sort_at = ? AND id = ?",
                [(topic, before, old.id) for topic in old.content.topics],
            )
        at = new.order.timestamp()
        self._later(
            "INSERT INTO release_topics (topic, sort_at, id, source) VALUES (?, ?, ?, ?)",
            *((topic, at, new.id, new.source) for topic in new.content.topics),
        )

    def file_under_section(self, old: Release | None, new: Release) -> None:
        """Add a release to its source's section, which keeps its first label."""
        if old and (before := section_of(old.content.section)):
            self._db.execute(
                "DELETE FROM release_sections"
                " WHERE source = ? AND section = ? AND sort_at = ? AND id = ?",
                [old.source, before.slug, old.order.timestamp(), old.id],
            )
        if section := section_of(new.content.section):
            self._later(
                "INSERT INTO release_sections (source, section, sort_at, id) VALUES (?, ?, ?, ?)",
                [new.source, section.slug, new.order.timestamp(), new.id],
            )
            self._later(
                "INSERT INTO sections (source, slug, label) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                [new.source, *section],
            )

    def with_section_topic(self, source: str, topic: str, *, limit: int) -> Sequence[int]:
        """Return numbers of a source's releases whose section and topic both have this slug."""
        return self._column(
            "SELECT r.number FROM release_topics t JOIN release_sections s ON s.source = t.source"
            " AND s.section = t.topic AND s.sort_at = t.sort_at AND s.id = t.id"
            " JOIN releases r ON r.id = t.id WHERE t.source = ? AND t.topic = ? LIMIT ?",
            [source, topic, limit],
        )

    def label_topics(self, labels: Mapping[str, str]) -> None:
        """Store labels of topics by slug.

        A label that equals the slug does not replace another label.
        """
        # Nearly all labels are stored already; checking with a query costs as much as writing a
        # release.
        known = self._connection.at_hand("labels")
        if labels.items() <= known.items():
            return
        self._later(
            "INSERT INTO topics (slug, label) VALUES (?, ?) ON CONFLICT (slug)"
            " DO UPDATE SET label = excluded.label"
            # A label that is only the slug does not replace a real label.
            " WHERE topics.label <> excluded.label AND excluded.label <> excluded.slug",
            *labels.items(),
        )
        known.update(labels)

    def mark_dirty(
        self,
        number: int,
        old: Release | None,
        new: Release,
        *,
        seen: dt.datetime | None = None,
        backlog: bool = False,
    ) -> None:
        """Append the events of a change, and count the release in its facets.

        ``old`` is the release before the change, or None if it is new. ``seen`` is the time for
        alerts, or None if no alert is sent.
        """
        append_changes(self._connection, number, old, new, seen=seen, backlog=backlog)
        self._unit.at_commit(enter_facet_changes, facet_changes(old, new))

    def mark_updated(self, number: int) -> None:
        """Append an event because a release has an additional address."""
        append_events(self._connection, "update", [number])

    def match_again(self, number: int) -> None:
        """Append an event that makes watches compare a recently added release again.

        The event has the time of the original event, so watches that already matched send no second
        alert.
        """
        rows = self._ask(
            "SELECT seen FROM events WHERE release = ? AND kind = 'new' AND seen IS NOT NULL"
            " AND backlog = 0 AND at > ? ORDER BY number LIMIT 1",
            [number, time.time() - MATCHED_SECONDS],
        )
        for (seen,) in rows:
            append_events(self._connection, "update", [number], seen=instant(seen))

    def note_news(self, number: int, release: Release) -> None:
        """Store when a new release was published (according to its page) and first seen."""
        published = release.content.published
        is_exact = published and published.precision == "second"
        self._later(
            "INSERT INTO release_times (release, source, stated, seen) VALUES (?, ?, ?, ?)",
            [
                number,
                release.source,
                published.at.timestamp() if published and is_exact else None,
                release.first_seen.timestamp(),
            ],
        )

    def keep_answer(self, draft: Draft, number: int | None) -> None:
        """Store the ETag and Last-Modified of a draft's response, and the structure of its page."""
        if draft.validator and len(draft.url) <= MAX_KEY_LENGTH:
            self._later(
                "INSERT INTO validators (url, etag, last_modified) VALUES (?, ?, ?)"
                " ON CONFLICT (url) DO UPDATE SET etag = excluded.etag,"
                " last_modified = excluded.last_modified",
                [draft.url, draft.validator.etag, draft.validator.last_modified],
            )
        if draft.skeleton and number is not None:
            self.keep_skeleton(number, draft.skeleton)

    def keep_skeleton(self, number: int, skeleton: bytes) -> None:
        """Store the hashes of the structure of a release's page (tags, classes and ids)."""
        self._later(
            "INSERT INTO page_skeletons (release, skeleton) VALUES (?, ?)"
            " ON CONFLICT (release) DO UPDATE SET skeleton = excluded.skeleton",
            [number, skeleton],
        )


@cache
def insert(*columns: str) -> str:
    """Return a statement that inserts a release with these columns."""
    return f"{NEW_RELEASES}({', '.join(columns)}) VALUES ({places(columns)})"


@cache
def update(*columns: str) -> str:
    """Return a statement that changes these columns of a release."""
    return f"UPDATE releases SET {', '.join(f'{name} = ?' for name in columns)} WHERE number = ?"


class UnconfirmedTable(Part):
    """Methods for responses, texts and pages whose changes a later visit must confirm.

    Each change has a mark, stored under one of three kinds of subjects:

    - the URL of a response that may be truncated: the mark is the digest of its end
    - the id of a release whose text may be truncated: the mark is the fingerprint of the text
    - PAGE_STATE_PREFIX and the id of a release that is a single page: the mark is the state of its
      noise, as JSON (data.revisions.settled_content)
    """

    def unconfirmed(self, subject: str) -> tuple[str, dt.datetime] | None:
        """Return the unconfirmed mark stored for a subject and the time it was stored, or None."""
        for mark, seen in self._ask(
            "SELECT mark, seen FROM unconfirmed WHERE subject = ?", [subject]
        ):
            return mark, instant(seen)
        return None

    def keep_unconfirmed(self, subject: str, mark: str, seen: dt.datetime) -> None:
        """Store the mark of a subject, for comparison in a later visit.

        Nothing is stored for an address that is too long for a key, so its responses are never
        confirmed.
        """
        if len(subject) > MAX_KEY_LENGTH:
            return
        row = {"subject": subject, "mark": mark, "seen": seen.timestamp()}
        self._upsert("unconfirmed", row)


class Tables(ReleaseTable, CaptureTable, FileTable, StoryTables, UnconfirmedTable):
    """Database methods of the recorder: small reads and writes of rows, without decisions.

    ``number`` is the database's number of a release, in the order in which releases were first
    seen. ``key`` is the canonical form of an address (data.text.urls.canonical_url).
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._read_bands: set[int] = set()
        self._in_bands: dict[int, tuple[tuple[int, int], ...]] = {}
        """Releases in each band, as pairs of the release's number and the count of its anchors."""

    def read_bands(self, bands: Collection[int]) -> None:
        """Read the releases in bands in advance, for `rows_in_bands`."""
        self._read_bands.update(bands)
        found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for band, *row in self._stored_in_bands([*dict.fromkeys(bands)]):
            found[band].append((row[0], row[1]))
        self._in_bands |= {band: tuple(rows) for band, rows in found.items()}

    def rows_in_bands(self, bands: Sequence[int]) -> Sequence[BandRow]:
        """Return the releases in bands. Each band groups similar texts."""
        if not self._read_bands.issuperset(bands):
            self.write()
            self.read_bands([band for band in bands if band not in self._read_bands])
        found = self._in_bands
        return [(band, *one) for band in bands if band in found for one in found[band]]

    def add_bands(self, number: int, bands: Sequence[int], anchors: int) -> None:
        """Add a release, with its number of anchors, to bands in the index of similar texts."""
        self._write_bands(number, bands, anchors)
        # Bands share this object, because garbage collection of many objects takes long.
        added = ((number, anchors),)
        for band in bands:
            if band in self._read_bands:
                self._in_bands[band] = self._in_bands.get(band, ()) + added

    def remove_bands(self, number: int, bands: Sequence[int]) -> None:
        """Remove a release from bands of the index of similar texts."""
        self.write()
        self._delete_bands(number, bands)
        for band in self._in_bands.keys() & bands:
            self._in_bands[band] = tuple(one for one in self._in_bands[band] if one[0] != number)

    @abstractmethod
    def _stored_in_bands(self, bands: Sequence[int]) -> Sequence[BandRow]:
        """Return the rows of the releases in bands."""

    @abstractmethod
    def _write_bands(self, number: int, bands: Sequence[int], anchors: int) -> None:
        """Add a release's band rows at the end of the batch, unless they exist."""

    @abstractmethod
    def _delete_bands(self, number: int, bands: Sequence[int]) -> None:
        """Delete a release's band rows."""
