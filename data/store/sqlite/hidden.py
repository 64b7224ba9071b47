"""Releases that are hidden from readers, and are kept all the same."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from data.models import HiddenRelease, Release
from data.store.sqlite.connection import Part
from data.store.sqlite.facets import enter_facet_changes, facet_changes
from data.store.sqlite.releases import select_releases
from data.store.sqlite.rows import instant
from data.store.sqlite.stories import StoryTables


class HiddenPart(Part):
    """The verbs of data.store.protocol about hidden releases."""

    def hidden(self) -> frozenset[str]:
        """The ids of all hidden releases."""
        rows = self._ask(
            "SELECT r.id FROM hidden_releases h JOIN releases r ON r.number = h.release"
        )
        return frozenset(row[0] for row in rows)

    def hidden_release(self, release_id: str) -> HiddenRelease | None:
        """Since when a release is hidden, and why; None where it is not."""
        rows = self._ask(
            "SELECT h.at, h.why FROM hidden_releases h JOIN releases r ON r.number = h.release"
            " WHERE r.id = ?",
            [release_id],
        )
        return HiddenRelease(release_id, instant(rows[0][0]), rows[0][1]) if rows else None

    def hide(self, release_id: str, *, at: dt.datetime, why: str) -> bool:
        """Hide a release from readers for a reason, and say whether it was seen until now."""
        return self._change(
            release_id,
            "INSERT OR IGNORE INTO hidden_releases (release, at, why)"
            " SELECT number, ?, ? FROM releases WHERE id = ?",
            at.timestamp(),
            why,
        )

    def unhide(self, release_id: str) -> bool:
        """Show a release again as it is now, and say whether it was hidden."""
        return self._change(
            release_id,
            "DELETE FROM hidden_releases WHERE release ="
            " (SELECT number FROM releases WHERE id = ?)",
        )

    def _change(self, release_id: str, statement: str, *arguments: object) -> bool:
        with self._writing() as db:
            before = self._release(release_id)
            if before is None or not db.execute(statement, [*arguments, release_id]).rowcount:
                return False
            after = replace(before, hidden=not before.hidden)
            self._connection.at_commit(enter_facet_changes, facet_changes(before, after))
            if after.story:
                StoryTables(self._connection).mark_story_dirty(after.story)
        return True

    def _release(self, release_id: str) -> Release | None:
        return next(iter(select_releases(self._connection, "WHERE r.id = ?", [release_id])), None)
