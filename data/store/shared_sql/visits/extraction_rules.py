"""Rules for extracting the pages of a source: learned templates and the rules last used."""

from data.store.shared_sql.database.connection import Part


class ExtractionRulesPart(Part):
    """Methods of the store for the rules with which the pages of sources are extracted."""

    def templates(self, source: str) -> tuple[str, ...]:
        """Return the learned templates of a source as JSON texts, ordered by layout name."""
        rows = self._ask(
            "SELECT template FROM layout_templates WHERE source = ? ORDER BY layout", [source]
        )
        return tuple(template for (template,) in rows)

    def keep_template(self, source: str, layout: str, template: str) -> None:
        """Store the learned template of a layout as JSON text, and replace an earlier template."""
        row = {"source": source, "layout": layout, "template": template}
        with self._writing():
            self._connection.upsert("layout_templates", row)

    def forget_template(self, source: str, layout: str) -> None:
        """Delete the template of a layout that pages no longer use."""
        self._write(
            "DELETE FROM layout_templates WHERE source = ? AND layout = ?", [source, layout]
        )

    def source_reading(self, source: str) -> str:
        """Return the extraction rules of a source as JSON text.

        Returns an empty string if they are unknown.
        """
        rows = self._ask("SELECT reading FROM source_readings WHERE source = ?", [source])
        return next((str(reading) for (reading,) in rows), "")

    def keep_source_reading(self, source: str, reading: str) -> None:
        """Store the extraction rules of a source as JSON text."""
        with self._writing():
            self._connection.upsert("source_readings", {"source": source, "reading": reading})

    def skeleton(self, release: str) -> bytes:
        """Return the last hashes of the structure of a release's page, or no bytes if unknown."""
        row = self._ask(
            "SELECT s.skeleton FROM page_skeletons s JOIN releases r ON r.number = s.release"
            " WHERE r.id = ?",
            [release],
        )
        return next((bytes(found[0]) for found in row), b"")
