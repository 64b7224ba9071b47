"""Select releases with several filters, newest first, in pages of limited cost.

The filters determine the index that gives the order. Other conditions are checked release by
release, up to a limit. So a page may contain fewer releases than requested. The position where the
search stopped is also returned.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

from data.models import Position, Selected, Selection
from data.store.shared_sql.connection import Part, places
from data.store.shared_sql.rows import REDACTED_ROW

MAX_CHECKED_RELEASES: Final = 5000
"""Maximum number of releases checked for one page."""

ROWS_PER_QUERY: Final = 500
"""Number of rows that one query reads."""

ZONES: Final = dt.timedelta(days=2)
"""Maximum difference between a publication time in any time zone and UTC midnight of that day."""

Clause: TypeAlias = tuple[str, list[Any]]

SHOWN_ALONE: Final = "NOT EXISTS (SELECT 1 FROM hidden_releases h WHERE h.release = r.number)"
"""SQL condition for releases that are not hidden."""

ALL_RELEASES: Final = "releases r"
OF_TOPIC: Final = "release_topics t CROSS JOIN releases r ON r.id = t.id"
OF_SECTION: Final = "release_sections t CROSS JOIN releases r ON r.id = t.id"


class SelectionPart(Part):
    """Methods of the store that return releases in pages."""

    def select(
        self, selection: Selection, after: Position | None = None, *, limit: int
    ) -> Selected:
        """Return the positions of the next releases of a selection, newest first.

        May return fewer than ``limit`` positions even if more exist, because the number of checked
        rows is limited.
        """
        table, base = base_of(selection, self._tags(selection.language))
        fits, wanted = condition(selection)
        found: list[Position] = []
        for some in self._walk(table, base, (fits, wanted), after):
            for place, (order, id_, is_wanted) in enumerate(some):
                if is_wanted:
                    found.append(Position(order, id_))
                if len(found) == limit:
                    is_last = place == len(some) - 1 < ROWS_PER_QUERY - 1
                    return Selected(tuple(found), None if is_last else found[-1])
            after = Position(*some[-1][:2]) if some else after
        return Selected(tuple(found), after if len(some) == ROWS_PER_QUERY else None)

    def count_selected(self, selection: Selection) -> int | None:
        """Return the number of releases of a selection.

        Returns None if more than `MAX_CHECKED_RELEASES` releases would have to be checked.
        """
        table, (base, arguments) = base_of(selection, self._tags(selection.language))
        fits, wanted = condition(selection)
        rows = self._ask(
            f"SELECT count(*), sum(CASE WHEN found.fits THEN 1 ELSE 0 END) FROM"
            f" (SELECT {fits} AS fits FROM {table} WHERE {base} LIMIT ?) AS found",
            [*wanted, *arguments, MAX_CHECKED_RELEASES + 1],
        )
        ((checked, matching),) = rows
        return (matching or 0) if checked <= MAX_CHECKED_RELEASES else None

    def _tags(self, language: str | None) -> list[str]:
        """Return the language tags of stored releases that match a language."""
        if not language:
            return []
        rows = self._ask("SELECT language FROM facets WHERE language <> '' AND releases > 0")
        tag = language.lower()
        return [one for (one,) in rows if f"{one.lower()}-".startswith(f"{tag}-")]

    def _walk(
        self, table: str, base: Clause, fits: Clause, after: Position | None
    ) -> Iterator[list[tuple[float, str, int]]]:
        """Yield batches of rows in order. A row's last value is true if it meets ``fits``."""
        key = "t" if table in {OF_TOPIC, OF_SECTION} else "r"
        for _ in range(0, MAX_CHECKED_RELEASES, ROWS_PER_QUERY):
            clauses, arguments = [base[0]], [*base[1]]
            if after is not None:
                clauses.append(f"{key}.sort_at <= ? AND ({key}.sort_at < ? OR {key}.id > ?)")
                arguments += [after.order, after.order, after.id]
            some = self._ask(
                f"SELECT {key}.sort_at, {key}.id, {fits[0]} FROM {table}"
                f" WHERE {' AND '.join(clauses)} ORDER BY {key}.sort_at DESC, {key}.id LIMIT ?",
                [*fits[1], *arguments, ROWS_PER_QUERY],
            )
            yield some
            if len(some) < ROWS_PER_QUERY:
                return
            after = Position(*some[-1][:2])


def base_of(selection: Selection, tags: Sequence[str]) -> tuple[str, Clause]:
    """Return the table that gives the order, and the conditions that its index can check.

    ``tags`` are the tags of the selected language.
    """
    table, clauses, arguments = ALL_RELEASES, ["true"], list[Any]()
    if selection.story:
        # A story has few releases, so they can be sorted; so can those of the states below.
        table = "releases r INDEXED BY releases_of_story"
        clauses.append("r.story = ?")
        arguments.append(selection.story)
    elif len(selection.topics) == 1:
        table = OF_TOPIC
        clauses.append("t.topic = ?")
        arguments += selection.topics
    elif selection.section and len(selection.sources) == 1:
        table = OF_SECTION
        clauses.append("t.section = ?")
        arguments.append(selection.section)
    elif selection.state == "retracted":
        table = "releases r INDEXED BY releases_retracted"
        clauses.append("r.retracted IS NOT NULL")
    elif selection.state == "corrected":
        table = "releases r INDEXED BY releases_edited"
        clauses.append("r.revision > 1")
    elif len(tags) == 1 and not selection.sources:
        # The partial index requires its own condition in the query.
        clauses.append("r.language = ? AND r.language <> ''")
        arguments += tags
    key = "t" if table in {OF_TOPIC, OF_SECTION} else "r"
    if len(selection.sources) == 1:
        clauses.append(f"{key}.source = ?")
        arguments += selection.sources
    if selection.since:
        clauses.append(f"{key}.sort_at >= ?")
        arguments.append((midnight(selection.since) - ZONES).timestamp())
    if selection.until:
        clauses.append(f"{key}.sort_at <= ?")
        arguments.append((midnight(selection.until) + ZONES).timestamp())
    return table, (" AND ".join(clauses), arguments)


def condition(selection: Selection) -> Clause:
    """Return an SQL condition for visible releases that match a selection."""
    clauses, arguments = [SHOWN_ALONE], list[Any]()
    if len(selection.sources) > 1:
        clauses.append(f"r.source IN ({places(selection.sources)})")
        arguments += selection.sources
    if len(selection.topics) > 1 or (selection.topics and selection.story):
        clauses.append(
            "EXISTS (SELECT 1 FROM release_topics o WHERE o.id = r.id AND o.sort_at = r.sort_at"
            f" AND o.topic IN ({places(selection.topics)}))"
        )
        arguments += selection.topics
    if selection.language:
        clauses.append("(lower(r.language) = ? OR substr(lower(r.language), 1, ?) = ?)")
        tag = selection.language.lower()
        arguments += [tag, len(tag) + 1, f"{tag}-"]
    if selection.since or selection.until:
        clauses.append("r.day BETWEEN ? AND ?")
        arguments += [(selection.since or dt.date.min).isoformat()]
        arguments += [(selection.until or dt.date.max).isoformat()]
    if selection.state == "standing":
        clauses.append(f"(r.retracted IS NULL OR {REDACTED_ROW})")
    elif selection.state == "retracted":
        clauses.append(f"r.retracted IS NOT NULL AND NOT {REDACTED_ROW}")
    elif selection.state == "corrected":
        # The last versions may come from re-extraction and not from the publisher.
        clauses.append(
            "r.revision - coalesce((SELECT g.reread FROM readings g WHERE g.release = r.number"
            " AND g.revision = r.revision), 0) > 1"
        )
    if selection.section:
        clauses.append(
            "EXISTS (SELECT 1 FROM release_sections o WHERE o.id = r.id AND o.sort_at = r.sort_at"
            " AND o.source = r.source AND o.section = ?)"
        )
        arguments.append(selection.section)
    return " AND ".join(clauses), arguments


def midnight(day: dt.date) -> dt.datetime:
    """Return midnight UTC of a day.

    A day within two days of the earliest or latest possible date is moved inward, so that callers
    can add or subtract ZONES.
    """
    bound = min(max(day, dt.date.min + ZONES), dt.date.max - ZONES)
    return dt.datetime.combine(bound, dt.time(), dt.UTC)
