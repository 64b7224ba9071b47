"""The search index for both databases, filled in batches outside of visits' transactions."""

import datetime as dt
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final, NamedTuple, TypeAlias

import msgspec

from data.languages.tags import feed_language
from data.models import Content, Event
from data.revisions.stored_difference import stored_classes
from data.search.expression import STATES
from data.store.shared_sql.connection import Database, Part, places
from data.store.shared_sql.events import SEARCH_INDEX, EventsPart, waiting
from data.store.shared_sql.files import FilesPart
from data.store.shared_sql.rows import REDACTED_ROW, content_of, encode
from data.store.shared_sql.sources import SourcesPart
from data.text.source_secrets import Secrets
from data.topics.facets import labels_of

Found: TypeAlias = tuple[int, str, str, str, bool, bool]
"""A release for the index: number, source, day, content, and whether it is corrected or retracted.
"""

Labels: TypeAlias = frozenset[tuple[str, str]]
"""Names and values of the fields by which searches can filter a release."""

EVENTS_PER_TRANSACTION: Final = 200
"""Maximum number of events handled in one transaction, so that visits wait only briefly."""

ROW_BITS: Final = 24
"""Number of low bits in an index row's number that contain the release's number within the day. The
higher bits contain the number of the day."""

NO_DAY: Final = 0
"""Day number of undated releases. Day 1 is January 1 of the year 1."""

ANY: Final = "xa"
"""Word in the index entry of every release, for queries that contain only dates."""

KINDS: Final = {
    "source": "s",
    "topic": "t",
    "lang": "l",
    "kind": "k",
    "state": "r",
    "edit": "e",
    "weight": "w",
}
"""First letter of index words, by field of a query."""


class Filed(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Source, language, topics and states of a release, for counting matches.

    The index row of the release contains them as JSON.
    """

    source: str
    language: str
    topics: tuple[str, ...]
    states: tuple[str, ...]


class IndexEntry(NamedTuple):
    """A release for the index: its row, its number, and its content without secrets.

    ``tokens`` are index words for its source, topics, language and states, separated by spaces.
    ``filed`` contains the same data as JSON of `Filed`.
    """

    row: int
    release: int
    content: Content
    language: str
    tokens: str
    filed: str


class SearchIndexPart(Part):
    """Methods of the store that fill the search index."""

    @abstractmethod
    def _enter_releases(self, db: Database, entries: Sequence[IndexEntry]) -> None:
        """Add releases to the index, and replace their earlier entries."""

    def enter_queued(self) -> Iterator[int]:
        """Index all releases that changed before this call but are not in the index yet.

        Yields the number of releases of each transaction.
        """
        waits = f"SELECT count(*) FROM events e WHERE {waiting(SEARCH_INDEX)}"
        return self._enter_queued(self._ask(waits)[0][0])

    def _enter_queued(self, left: int) -> Iterator[int]:
        log, entered = EventsPart(self._connection), list[int]()

        def enter(events: Sequence[Event]) -> None:
            entered.append(self._enter_events(events))

        while done := log.consume(SEARCH_INDEX, enter, limit=min(left, EVENTS_PER_TRANSACTION)):
            left -= done
            yield entered.pop()

    def awaits_indexing(self) -> bool:
        """Return whether recorded releases are missing from the search index."""
        waits = f"SELECT 1 FROM events e WHERE {waiting(SEARCH_INDEX)} LIMIT 1"
        return bool(self._ask(waits))

    def _enter_events(self, events: Sequence[Event]) -> int:
        """Update the index entries of the releases of some events, and return their number."""
        rows = self._ask(
            "SELECT r.number, r.source, r.day, r.content, r.revision - coalesce((SELECT"
            " g.reread FROM readings g WHERE g.release = r.number AND g.revision = r.revision),"
            f" 0) > 1, r.retracted IS NOT NULL AND NOT {REDACTED_ROW} FROM releases r"
            f" WHERE r.number IN (SELECT e.release FROM events e WHERE {waiting(SEARCH_INDEX)}"
            " AND e.number <= ?) ORDER BY r.number",
            [events[-1].number],
        )
        # The index contains no secrets, because a search could find one letter by letter.
        secrets = SourcesPart(self._connection).secrets()
        edits = self._labels_of_edits([row[0] for row in rows])
        files = FilesPart(self._connection)
        entries = [
            entry(row, found, secrets, files, edits.get(found[0], frozenset()))
            for row, found in self._in_rows(rows)
        ]
        self._enter_releases(self._db, entries)
        return len(rows)

    def _labels_of_edits(self, numbers: Sequence[int]) -> Mapping[int, Labels]:
        """Return the classes and weights of all edits of some releases, by release."""
        found: dict[int, Labels] = {}
        rows = self._ask(
            f"SELECT d.release, d.steps FROM differences d WHERE d.release IN ({places(numbers)})"
            " AND d.steps <> '' AND NOT EXISTS (SELECT 1 FROM readings g"
            " WHERE g.release = d.release AND g.revision = d.number)",
            numbers,
        )
        for number, steps in rows:
            found[number] = found.get(number, frozenset()) | stored_classes(steps).labels
        return found

    def _in_rows(self, found: list[Found]) -> Iterator[tuple[int, Found]]:
        """Yield each release with a free index row of its day, in the order of the rows."""
        for day, some in groupby(
            sorted(found, key=lambda one: (one[2], one[0])), lambda one: one[2]
        ):
            number = dt.date.fromisoformat(day).toordinal() if day else NO_DAY
            first, last = number << ROW_BITS, ((number + 1) << ROW_BITS) - 1
            ((free,),) = self._ask(
                "SELECT coalesce(max(s.row) + 1, :first) FROM search_rows s"
                " WHERE s.row BETWEEN :first AND :last",
                {"first": first, "last": last},
            )
            yield from enumerate(some, start=free)


def entry(
    row: int,
    found: Found,
    secrets: Secrets,
    files: FilesPart,
    edits: Labels = frozenset(),
) -> IndexEntry:
    """Return the index entry of a release, without secrets in its texts.

    The texts of its attachments (``files``) follow its body. ``edits`` contains the labels of its
    edits.
    """
    number, source, _, text, *became = found
    content = files.searched_content(content_of(text))
    content = replace(
        content,
        title=secrets.masked(content.title),
        body_text=secrets.masked(content.body_text),
        topics=tuple(secrets.masked(topic) for topic in content.topics),
        section=secrets.masked(content.section) if content.section else content.section,
    )
    filed = Filed(
        source,
        feed_language(content.language) or "",
        content.topics,
        tuple(state for state, holds in zip(STATES, became, strict=True) if holds),
    )
    labels = sorted(labels_of(source, content, filed.states) | edits)
    tokens = " ".join([ANY, *(token(name, value) for name, value in labels)])
    return IndexEntry(row, number, content, filed.language, tokens, encode(filed))


def token(name: str, value: str) -> str:
    """Return the index word for a value of a field of `KINDS`."""
    return f"x{KINDS[name]}{value.encode('utf-8', 'replace').hex()}"
