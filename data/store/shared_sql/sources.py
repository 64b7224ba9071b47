"""Descriptions and former ids of sources, and sources that are no longer collected."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from data.clock import instant
from data.errors import RenamedSource
from data.models import RemovedSource, Source
from data.store.shared_sql.connection import Part
from data.store.shared_sql.events import SEARCH_INDEX, EventsPart
from data.store.shared_sql.facets import FacetChange, enter_facet_changes, keys_of_row, move_facets
from data.store.shared_sql.new_events import append_events, append_source_event
from data.store.shared_sql.rows import FILED, SHOWN_VIEW
from data.store.shared_sql.stories import StoryTables
from data.store.unit_of_work import decisions
from data.text.masking import MASK
from data.text.source_secrets import Secrets, secrets_of_addresses

TABLES_WITH_SOURCE: Final = (
    *("releases", "aliases", "release_topics", "translation_links", "files", "events"),
    *("release_sections", "sections", "archived_feeds", "runs", "health_events"),
    *("cached_listings", "walks", "listed_links", "unread_items", "named_links"),
    *("layout_templates", "source_rhythms"),
    *("source_readings", "feed_hubs", "feed_subscriptions", "release_times"),
    *("source_handlings", "reader_marks"),
)
"""Tables with a source id in the column ``source``, except facets."""

WHY_HIDDEN: Final = "its source was removed"


class SourcesPart(Part):
    """Methods of the store that describe, rename and remove sources."""

    def sources(self) -> Mapping[str, Source]:
        """Return every source that was ever collected, by id."""
        rows = self._ask("SELECT id, name, url, timezone FROM sources ORDER BY id")
        return {row[0]: Source(*row) for row in rows}

    def secrets(self) -> Secrets:
        """Return the secrets in the addresses of sources."""
        # A view without secrets cannot read them again.
        return self._connection.secrets or secrets_of_addresses(self._secret_addresses())

    def _secret_addresses(self) -> tuple[str, ...]:
        """Return the addresses of sources that may contain secrets.

        These are the addresses as requested and as published. Requested addresses are stored with
        listing walks (backfills), or by ``note_addresses``. A rebuilt store lacks them, but
        published addresses at least show the names of parameters.
        """
        rows = self._ask(
            "SELECT start FROM walks WHERE start LIKE :parameter OR start LIKE :user"
            " UNION SELECT url FROM sources WHERE url LIKE :hidden",
            {"parameter": "%=%", "user": "%@%", "hidden": f"%={MASK}%"},
        )
        return tuple(sorted(url for (url,) in rows))

    def index_without(self, address: str) -> None:
        """Index all releases again if an address contains a new secret.

        Call this before storing the address. The new index lacks texts that repeat the secret.
        """
        if not Secrets([address]):
            return
        known = self._secret_addresses()
        if Secrets([*known, address]).identity != Secrets(known).identity:
            EventsPart(self._connection).pass_events(SEARCH_INDEX, 0)

    def register(self, source: Source) -> None:
        """Store the description of a source. A removed source is collected again.

        Raises RenamedSource if the id is the former id of a renamed source.
        """
        now = self.source_moves().get(source.id, source.id)
        if now != source.id:
            raise RenamedSource(source.id, now)
        known = self.sources().get(source.id)
        is_same = known == source
        if is_same and source.id not in self.removed_sources():
            return
        with self._writing():
            if not is_same:
                self._unit.decide(decisions.Registered(source))
            self.restore_source(source.id)
            self.index_without(source.url)
            self._connection.upsert("sources", asdict(source))
            append_source_event(self._connection, "registered", source.id)
            if known and known.name != source.name:
                self._rename_publisher(known, source.name)

    def _rename_publisher(self, known: Source, name: str) -> None:
        """Replace the publisher of releases if it is the former name of their source.

        The pages of such releases state no publisher, so it is the source's name. The replacement
        includes retracted releases, which are never extracted again.
        """
        rename = "SET content = json_set(content, '$.publisher', :new) WHERE"
        is_former = "json_extract(content, '$.publisher') = :old"
        of_source = f"source = :source AND {is_former}"
        arguments = {"source": known.id, "old": known.name, "new": name}
        with self._writing() as db:
            # Every version of these releases, except those whose page states a publisher.
            db.execute(
                f"UPDATE revisions {rename} {is_former}"
                f" AND release IN (SELECT number FROM releases WHERE {of_source})",
                arguments,
            )
            rows = self._column(f"UPDATE releases {rename} {of_source} RETURNING number", arguments)
            append_events(self._connection, "update", rows)

    def source_moves(self) -> Mapping[str, str]:
        """Map the former ids of renamed sources to their current ids, first renaming first.

        For a source that was renamed back to a former id, both ids may be the same.
        """
        return dict(self._ask("SELECT old, new FROM source_moves ORDER BY number"))

    def rename_source(self, old: str, new: str) -> bool:
        """Change the id of a source, and return whether the source is known.

        The new id must not be the id or former id of another source. The ids of releases stay the
        same.
        """
        with self._writing() as db:
            if not db.execute("UPDATE sources SET id = ? WHERE id = ?", [new, old]).rowcount:
                return False
            for table in TABLES_WITH_SOURCE:
                # A visit that was rejected may have left rows with the new id.
                self._connection.rekey(
                    table, "source", ":new", "source = :old", {"old": old, "new": new}
                )
            of_source = self._column("SELECT number FROM releases WHERE source = ?", [new])
            append_events(self._connection, "update", of_source)
            # Pending facet changes may use the old id, so they are written before the move.
            self._unit.at_commit(enter_facet_changes, [])
            self._unit.at_commit(move_facets, [(old, new)])
            db.execute("UPDATE removed_sources SET source = ? WHERE source = ?", [new, old])
            db.execute(
                "UPDATE runs SET report = json_set(report, '$.source', source) WHERE source = ?",
                [new],
            )
            db.execute("UPDATE source_moves SET new = ? WHERE new = ?", [new, old])
            db.execute(
                "INSERT INTO source_moves (old, new) VALUES (?, ?)"
                " ON CONFLICT (old) DO UPDATE SET new = excluded.new",
                [old, new],
            )
            StoryTables(self._connection).texts.clear()
            append_source_event(self._connection, "renamed", new)
            self._unit.decide(decisions.SourceRenamed(old, new))
        return True

    def removed_sources(self) -> Mapping[str, RemovedSource]:
        """Return the sources that are no longer collected, by id."""
        rows = self._ask("SELECT source, at, kept FROM removed_sources ORDER BY source")
        return {row[0]: RemovedSource(row[0], instant(row[1]), bool(row[2])) for row in rows}

    def remove_source(self, source: str, *, at: dt.datetime, kept: bool) -> bool:
        """Record that a source is no longer collected. Returns False if nothing changes.

        The releases of the source are hidden unless they are ``kept`` in feeds and pages.
        """
        with self._writing() as db:
            before = self.removed_sources().get(source)
            if source not in self.sources() or (before and before.kept == kept):
                return False
            db.execute(
                "INSERT INTO removed_sources (source, at, kept) VALUES (?, ?, ?)"
                " ON CONFLICT (source) DO UPDATE SET kept = excluded.kept",
                [source, at.timestamp(), kept],
            )
            append_source_event(self._connection, "removed", source)
            # If the source is added again, earlier decisions such as a pause don't apply.
            db.execute("DELETE FROM source_handlings WHERE source = ?", [source])
            if not kept:
                changes = self._facet_changes(source, -1)
                hidden = self._column(
                    "INSERT INTO hidden_releases (release, at, why, with_source)"
                    " SELECT number, ?, ?, 1 FROM releases WHERE source = ? ON CONFLICT DO NOTHING"
                    " RETURNING release",
                    [at.timestamp(), WHY_HIDDEN, source],
                )
                append_events(self._connection, "hidden", hidden)
                self._unit.at_commit(enter_facet_changes, changes)
            else:
                self._show(source)
            self._unit.decide(decisions.SourceRemoved(source, at, kept))
        return True

    def restore_source(self, source: str) -> bool:
        """Record that a removed source is collected again, and return whether it was removed.

        Releases hidden together with the source are shown again.
        """
        with self._writing() as db:
            gone = db.execute("DELETE FROM removed_sources WHERE source = ?", [source]).rowcount
            if gone:
                self._show(source)
                self._unit.decide(decisions.SourceRestored(source))
        return bool(gone)

    def _show(self, source: str) -> None:
        """Show the releases that were hidden with a source."""
        shown = self._column(
            "DELETE FROM hidden_releases WHERE with_source = 1 AND release IN"
            " (SELECT number FROM releases WHERE source = ?) RETURNING release",
            [source],
        )
        append_events(self._connection, "shown", shown)
        # Releases that were hidden individually remain hidden.
        if shown:
            self._unit.at_commit(enter_facet_changes, self._facet_changes(source, 1))

    def _facet_changes(self, source: str, more: int) -> list[FacetChange]:
        """Return the changes in the number of releases per facet for a source's visible releases.

        ``more`` is added for each release: 1 when it is shown, or -1 when it is hidden.
        """
        rows = self._ask(f"SELECT source, {FILED} FROM {SHOWN_VIEW} WHERE source = ?", [source])
        return [(key, more) for row in rows for key in keys_of_row(row)]
