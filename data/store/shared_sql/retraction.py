"""Methods of the store for releases that are gone, retracted, back online or redacted."""

import datetime as dt
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal

import msgspec

from data.clock import instant
from data.identity.decision import later_update
from data.identity.retraction import Vanished
from data.models import Capture, Content, DayDigest, SeenRelease
from data.models.release import REDACTED
from data.store.shared_sql.captures import keep_captures
from data.store.shared_sql.connection import Database, Part, places
from data.store.shared_sql.files import forget_file_texts
from data.store.shared_sql.new_events import NewEvent, append_event
from data.store.shared_sql.recording import PAGE_STATE_PREFIX
from data.store.shared_sql.releases import ReleasesPart
from data.store.shared_sql.rows import REDACTED_ROW, SHOWN_VIEW, content_of, encode
from data.store.unit_of_work import decisions
from data.store.unit_of_work.outcome import Sight, leaf_of

GIVE_REASON: Final = (
    "INSERT INTO retraction_reasons (release, why) SELECT number, ? FROM releases WHERE id = ?"
    " ON CONFLICT (release) DO UPDATE SET why = excluded.why"
)


class RetractionPart(Part):
    """Methods of the store that mark releases as gone, and retract or redact them."""

    def mark_unchanged(
        self, release_id: str, *, seen: dt.datetime, capture: Capture | None = None
    ) -> Literal["unchanged", "changed"]:
        """Record that a release was seen unchanged. A retracted release is then online again.

        Returns ``changed`` if the release was retracted and not redacted, otherwise ``unchanged``.
        ``capture`` is the archive record of the response.
        """
        (kind,) = self.mark_all_unchanged([SeenRelease(release_id, seen, capture)])
        return kind

    def mark_all_unchanged(
        self, sightings: Sequence[SeenRelease]
    ) -> tuple[Literal["unchanged", "changed"], ...]:
        """Record that releases were seen unchanged, with few statements.

        Returns what `mark_unchanged` returns for each, in the same order.
        """
        ids = [one.release_id for one in sightings]
        with self._writing() as db:
            rows = self._ask(
                f"SELECT id FROM releases r WHERE retracted IS NOT NULL AND NOT {REDACTED_ROW}"
                f" AND id IN ({places(ids)})",
                ids,
            )
            retracted = {release_id for (release_id,) in rows}
            db.executemany(
                "UPDATE releases SET last_seen = ?, checked = ?, gone_since = NULL WHERE id = ?",
                [[at := one.seen.timestamp(), at, one.release_id] for one in sightings],
            )
            keep_captures(
                db, "seen", {one.release_id: one.capture for one in sightings if one.capture}
            )
            kinds: list[Literal["unchanged", "changed"]] = []
            for one in sightings:
                if one.release_id in retracted:
                    retracted.remove(one.release_id)
                    self._end_retraction(db, one)
                    kinds.append("changed")
                else:
                    sight = Sight(one.seen, leaf=leaf_of(one.capture))
                    self._unit.decide_later(decisions.Seen({one.release_id: sight}))
                    kinds.append("unchanged")
        return tuple(kinds)

    def _end_retraction(self, db: Database, sighting: SeenRelease) -> None:
        release_id, seen, capture = sighting
        known = ReleasesPart(self._connection).release(release_id)
        if known:
            db.execute(
                "UPDATE releases SET retracted = NULL, updated = ? WHERE id = ?",
                [later_update(known.updated, seen).timestamp(), release_id],
            )
            append_event(self._connection, "return", release_id, seen=seen)
            self._unit.decide(decisions.CameBack(release_id, seen, capture))

    def restore_seen(self, seen: Mapping[str, Sight]) -> None:
        """Record when releases (by id) were last seen with unchanged content.

        The times are compared, so the order of calls does not matter. A release that was later
        found gone remains gone.
        """
        with self._writing() as db:
            db.executemany(
                "UPDATE releases SET last_seen = max(last_seen, :at), checked = max(checked, :at),"
                " gone_since = CASE WHEN gone_since > :at THEN gone_since END,"
                " digest = CASE WHEN :digest = '' THEN digest ELSE :digest END, fingerprint ="
                " CASE WHEN :digest = '' THEN fingerprint ELSE :fingerprint END WHERE id = :id",
                [
                    {
                        "id": release,
                        "at": sight.at.timestamp(),
                        "digest": sight.digest,
                        "fingerprint": sight.fingerprint,
                    }
                    for release, sight in seen.items()
                ],
            )

    def mark_gone(
        self, release_id: str, *, seen: dt.datetime, capture: Capture | None = None
    ) -> Literal["gone", "still gone", "retracted"]:
        """Record that the page of a release is gone (404 or 410).

        Returns ``gone`` the first time, ``still gone`` later, and ``retracted`` for a retracted
        release. Only `retract` retracts a release. ``capture`` is the archive record of the
        response.
        """
        with self._writing() as db:
            ((gone_since, retracted),) = self._ask(
                "SELECT gone_since, retracted FROM releases WHERE id = ?", [release_id]
            )
            at = seen.timestamp()
            db.execute(
                "UPDATE releases SET checked = ?, gone_since = coalesce(gone_since, ?)"
                " WHERE id = ?",
                [at, at, release_id],
            )
            # For a retraction, keep the last response before it.
            if capture and retracted is None:
                keep_captures(db, "gone", {release_id: capture})
            if retracted is None and (capture or gone_since is None):
                self._unit.decide(decisions.Missed(release_id, seen, capture))
        if retracted is not None:
            return "retracted"
        return "gone" if gone_since is None else "still gone"

    def alert_gone(self, releases: Iterable[Vanished]) -> None:
        """Queue alerts that these releases are gone, although this is not confirmed yet.

        The alerts have the time of the first 404 or 410 response. An alert for the same release and
        time is delivered only once, even if it is queued several times.
        """
        now = time.time()
        with self._writing():
            for one in releases:
                ((number, revision, source),) = self._ask(
                    "SELECT number, revision, source FROM releases WHERE id = ?", [one.id]
                )
                seen = one.since.timestamp()
                self._unit.publish(NewEvent("gone", number, revision, source, now, seen))

    def vanished(self, source: str) -> tuple[Vanished, ...]:
        """Return the releases of a source that are gone but not retracted, longest gone first."""
        rows = self._ask(
            "SELECT r.id, r.url, r.title, r.day, (SELECT json_group_array(a.key) FROM aliases a"
            " WHERE a.release = r.number AND a.kind = 'seen'), r.gone_since, h.release, h.unlisted"
            f" FROM {SHOWN_VIEW} r LEFT JOIN retraction_holds h ON h.release = r.number"
            " WHERE r.source = ? AND r.gone_since IS NOT NULL AND r.retracted IS NULL"
            f" AND NOT {REDACTED_ROW}"
            " ORDER BY r.gone_since, r.number",
            [source],
        )
        return tuple(
            Vanished(
                id_,
                url,
                title,
                day,
                frozenset(msgspec.json.decode(keys, type=list[str])),
                instant(since),
                held is not None,
                None if unlisted is None else instant(unlisted),
            )
            for id_, url, title, day, keys, since, held, unlisted in rows
        )

    def hold(self, unlisted: Mapping[str, dt.datetime | None]) -> None:
        """Hold the retraction of these releases for review.

        Each value is the time of the first readable listing without the release, or None. The
        hold ends if the release is back online.
        """
        with self._writing() as db:
            db.executemany(
                "INSERT INTO retraction_holds (release, unlisted)"
                " SELECT number, CAST(? AS DOUBLE PRECISION) FROM releases WHERE id = ?"
                " ON CONFLICT (release) DO UPDATE SET unlisted = excluded.unlisted",
                [(at.timestamp() if at else None, id_) for id_, at in unlisted.items()],
            )
            self._unit.decide(decisions.Held(unlisted))

    def retract(
        self, release_id: str, *, at: dt.datetime, why: str = "", backlog: bool = False
    ) -> bool:
        """Retract a release, and return whether it was online before.

        ``why`` is the operator's reason, if any. With ``backlog``, the retraction is known only
        from a web archive, and no alert is sent. A redacted release is not retracted.
        """
        with self._writing() as db:
            known = ReleasesPart(self._connection).release(release_id)
            if known is None or known.retracted or known.content.redacted:
                return False
            now = at.timestamp()
            db.execute(
                "UPDATE releases SET retracted = ?, updated = ?,"
                " gone_since = coalesce(gone_since, ?) WHERE id = ?",
                [now, later_update(known.updated, at).timestamp(), now, release_id],
            )
            if why:
                db.execute(GIVE_REASON, [why, release_id])
            append_event(self._connection, "retraction", release_id, seen=at, backlog=backlog)
            self._unit.decide(decisions.Retracted(release_id, at, why))
        return True

    def redact(self, release_id: str, *, at: dt.datetime, why: str) -> None:
        """Remove the title, text and files of all versions of a release, for the reason ``why``.

        The id, addresses, dates, topics and section remain. The release is not retracted, because
        its publisher did nothing. Pending alerts about it are not sent. Deleted data is overwritten
        in the database file. This does not change the journal: call `forget_journal` to restart it
        with a snapshot.
        """
        with self._writing() as db:
            self._connection.overwrite_deleted()
            known = ReleasesPart(self._connection).release(release_id)
            if known is None:
                return
            self._connection.delete_indexed_words()
            said = known.content
            blank = Content(REDACTED, said.published, said.language, said.section, said.topics)
            number = "(SELECT number FROM releases WHERE id = ?)"
            versions = db.execute(
                f"SELECT content FROM revisions WHERE release = {number}", [release_id]
            ).fetchall()
            digests = {digest for _, digest in said.file_digests} | {
                digest for (text,) in versions for _, digest in content_of(text).file_digests
            }
            forget_file_texts(db, release_id, digests)
            db.execute(
                f"UPDATE revisions SET content = ? WHERE release = {number}",
                [encode(blank), release_id],
            )
            db.execute(f"UPDATE differences SET steps = '' WHERE release = {number}", [release_id])
            updated = later_update(known.updated, at).timestamp()
            db.execute(
                "UPDATE releases SET title = ?, content = ?, fingerprint = ?, updated = ?,"
                " gone_since = NULL WHERE id = ?",
                [blank.title, encode(blank), b"", updated, release_id],
            )
            # Receipts of delivered alerts contain no text.
            db.execute(
                f"DELETE FROM alert_deliveries WHERE state <> 'delivered' AND release = {number}",
                [release_id],
            )
            # Cached listings may contain the beginning of the text; the next visit reads them
            # again.
            db.execute("DELETE FROM cached_listings WHERE source = ?", [known.source])
            self._forget_listed(release_id, known.source)
            self._redact_digests(release_id)
            # The reason of an earlier retraction does not apply to the redaction.
            db.execute(GIVE_REASON, [why, release_id])
            append_event(self._connection, "redaction", release_id)

    def _forget_listed(self, release_id: str, source: str) -> None:
        """Remove a release's title from stored listings and links, and its stored page state."""
        arguments = {"id": release_id, "source": source, "page": PAGE_STATE_PREFIX + release_id}
        keys = (
            "(SELECT a.key FROM aliases a JOIN releases r ON r.number = a.release WHERE r.id = :id)"
        )
        # A release may be listed with the same name at several addresses.
        names = (
            "(SELECT name FROM listed_links WHERE source = :source AND name <> ''"
            f" AND key IN {keys})"
        )
        with self._writing() as db:
            for statement in (
                f"UPDATE listed_links SET name = '' WHERE source = :source AND name IN {names}",
                f"UPDATE named_links SET title = '' WHERE source = :source AND key IN {keys}",
                f"DELETE FROM unread_items WHERE source = :source AND key IN {keys}",
                "DELETE FROM unconfirmed WHERE subject IN (:id, :page)",
            ):
                db.execute(statement, arguments)

    def _redact_digests(self, release_id: str) -> None:
        """Remove the title of a release from day digests, which are published permanently."""
        found = self._ask(
            "SELECT day, digest FROM day_digests WHERE digest LIKE ?", [f"%{release_id}%"]
        )
        with self._writing() as db:
            for day, text in found:
                digest = msgspec.json.decode(text, type=DayDigest)
                releases = tuple(
                    (one, REDACTED if one == release_id else title, publishers)
                    for one, title, publishers in digest.releases
                )
                db.execute(
                    "UPDATE day_digests SET digest = ? WHERE day = ?",
                    [encode(replace(digest, releases=releases)), day],
                )

    def why_retracted(self, release_id: str) -> str:
        """Return the operator's reason for a retraction or redaction, or an empty string."""
        rows = self._ask(
            "SELECT why FROM retraction_reasons WHERE release ="
            " (SELECT number FROM releases WHERE id = ?)",
            [release_id],
        )
        return str(rows[0][0]) if rows else ""
