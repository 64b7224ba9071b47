"""Releases that are hidden from readers."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import replace

from data.clock import instant
from data.models import EventKind, HiddenRelease, Release
from data.store.shared_sql.connection import Part
from data.store.shared_sql.facets import enter_facet_changes, facet_changes
from data.store.shared_sql.new_events import append_event
from data.store.shared_sql.releases import ReleasesPart, select_releases
from data.store.shared_sql.rows import SHOWN_VIEW, encode
from data.store.unit_of_work import decisions
from data.store.unit_of_work.decisions import AnyDecision
from data.text.masking import MASK


class HiddenPart(Part):
    """Methods of the store for hidden releases."""

    def hidden(self) -> frozenset[str]:
        """Return the ids of all releases hidden from readers."""
        rows = self._ask(
            "SELECT r.id FROM hidden_releases h JOIN releases r ON r.number = h.release"
        )
        return frozenset(row[0] for row in rows)

    def hidden_alone(self) -> tuple[Release, ...]:
        """Return the releases that were hidden individually, not together with their source."""
        where = (
            "WHERE r.number IN (SELECT release FROM hidden_releases WHERE with_source = 0)"
            " ORDER BY r.number"
        )
        return tuple(select_releases(self._connection, where, []))

    def listing_addresses(self) -> Sequence[tuple[str, str]]:
        """Return the id of each source with the address of each of its known listings."""
        return self._ask("SELECT id, url FROM sources UNION SELECT source, start FROM walks")

    def files_of_removed(self) -> Sequence[tuple[str, str]]:
        """Return the files of removed sources whose releases are hidden: source and URL."""
        return self._ask(
            "SELECT f.source, f.url FROM files f JOIN removed_sources s ON s.source = f.source"
            " WHERE s.kept = 0"
        )

    def is_file_shown(self, sources: Collection[str], url: str) -> bool:
        """Return whether a visible release of these sources has an image or attachment at a URL.

        Earlier versions of the release count, too. ``***`` in the URL stands for any secret.
        """
        pattern = url
        for special in "!%_":
            pattern = pattern.replace(special, f"!{special}")
        pattern = pattern.replace(MASK, "%")
        has_file = "content LIKE :pattern ESCAPE '!'"
        rows = self._ask(
            f"SELECT 1 FROM {SHOWN_VIEW} r"
            " WHERE r.source IN (SELECT value FROM json_each(:sources))"
            f" AND (r.{has_file} OR EXISTS (SELECT 1 FROM revisions v"
            f" WHERE v.release = r.number AND v.{has_file})) LIMIT 1",
            {"sources": encode([*sources]), "pattern": f'%"url":"{pattern}"%'},
        )
        return bool(rows)

    def hidden_release(self, release_id: str) -> HiddenRelease | None:
        """Return the time and reason of hiding a release, or None if the release is visible."""
        rows = self._ask(
            "SELECT h.at, h.why FROM hidden_releases h JOIN releases r ON r.number = h.release"
            " WHERE r.id = ?",
            [release_id],
        )
        return HiddenRelease(release_id, instant(rows[0][0]), rows[0][1]) if rows else None

    def hide(self, release_id: str, *, at: dt.datetime, why: str) -> bool:
        """Hide a release from readers for the reason ``why``, and return whether it was visible.

        Visits no longer request the release. All its data is kept.
        """
        return self._change(
            release_id,
            decisions.Hidden(release_id, at, why),
            "INSERT INTO hidden_releases (release, at, why)"
            " SELECT number, ?, ? FROM releases WHERE id = ? ON CONFLICT DO NOTHING",
            at.timestamp(),
            why,
        )

    def unhide(self, release_id: str) -> bool:
        """Show a hidden release again in its current state, and return whether it was hidden."""
        return self._change(
            release_id,
            decisions.Unhidden(release_id),
            # Releases hidden with their source are shown again with it.
            "DELETE FROM hidden_releases WHERE with_source = 0 AND release ="
            " (SELECT number FROM releases WHERE id = ?)",
        )

    def _change(
        self, release_id: str, decision: AnyDecision, statement: str, *arguments: object
    ) -> bool:
        with self._writing() as db:
            before = ReleasesPart(self._connection).release(release_id)
            if before is None or not db.execute(statement, [*arguments, release_id]).rowcount:
                return False
            after = replace(before, hidden=not before.hidden)
            kind: EventKind = "hidden" if after.hidden else "shown"
            append_event(self._connection, kind, release_id)
            self._unit.at_commit(enter_facet_changes, facet_changes(before, after))
            self._unit.decide(decision)
        return True
