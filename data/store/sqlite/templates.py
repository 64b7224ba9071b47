"""What the SQLite store knows of layouts: the learned templates of sources, with their evidence."""

from __future__ import annotations

from data.store.sqlite.connection import Part


class TemplatesPart(Part):
    """The verbs of data.store.protocol.Store that remember layouts."""

    def templates(self, source: str) -> tuple[str, ...]:
        """What was learned of a source's layouts, each as JSON text, by the name of the layout."""
        rows = self._rows("layout_templates", "source = ?", [source], order_by="layout")
        return tuple(row["template"] for row in rows)

    def keep_template(self, source: str, layout: str, template: str) -> None:
        """Keep what was learned of a layout, as JSON text, in place of what was known of it."""
        row = {"source": source, "layout": layout, "template": template}
        with self._writing():
            self._db.table("layout_templates").upsert(row)

    def skeleton(self, release: str) -> bytes:
        """The sketch of what the page of a release was built of last; empty where not known."""
        row = self._ask(
            "SELECT s.skeleton FROM page_skeletons s JOIN releases r ON r.number = s.release"
            " WHERE r.id = ?",
            [release],
        )
        return next((bytes(found[0]) for found in row), b"")

    def forget_template(self, source: str, layout: str) -> None:
        """Forget a layout that is not met any more."""
        with self._writing():
            self._db.table("layout_templates").delete_where(
                "source = ? AND layout = ?", [source, layout]
            )
