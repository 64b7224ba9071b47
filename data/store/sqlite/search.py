"""The search index of the SQLite store: entered in batches, apart from the writes of visits."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from itertools import chain, groupby, islice
from typing import Any, Final, TypeAlias

import msgspec

from data.models import Content, Release
from data.search.matches import MOST_COUNTED, STATES, Hits, Matches
from data.search.query import Query, Term, terms_of
from data.store.sql.database.connection import Part, places
from data.store.sql.database.rows import encode
from data.store.sql.releases import select_releases
from data.text.folding import fold_search
from data.text.language_tags import feed_language
from data.topics.facets import Section, section_of

Found: TypeAlias = tuple[int, str, str, str, bool, bool]
"""Of a release: its number, source, day and content, whether it was corrected, and retracted."""

BATCH: Final = 200
"""Releases that are entered in one transaction: visits wait for the store for a moment only."""

TITLE_WEIGHT: Final = 8.0

RANKED: Final = 5000
"""Matches that are ranked, the newest ones: the work must not grow with the archive."""

ROW_BITS: Final = 24
"""Bits of a row of the index below those of its day: so many releases of one day have a place."""

NO_DAY: Final = 0
"""Stands for the day of what has none: the first of January of the year 1 is 1."""

PATIENCE: Final = 3.0
"""Seconds after which a search is given up, so that others have their turn."""

SHOWN_ROW: Final = (
    "s.release IS NOT NULL AND s.release NOT IN (SELECT release FROM hidden_releases)"
)
"""Rows that are found: those of old versions and of hidden releases are not."""

ANY: Final = "xa"
"""A word that stands in the index for every release, where only days are asked for."""

_content = msgspec.json.Decoder(Content)


class Filed(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a release is counted under, as the index keeps it beside its row."""

    source: str
    language: str
    topics: tuple[str, ...]
    states: tuple[str, ...]


_filed = msgspec.json.Decoder(Filed)


class SearchPart(Part):
    """The verbs of data.store.protocol.Store that search."""

    def enter_queued(self) -> int:
        """Enter all that waits; how many releases."""
        entered = 0
        while count := self._index_batch():
            entered += count
        return entered

    def awaits_indexing(self) -> bool:
        """Whether something waits to be entered."""
        return bool(self._ask("SELECT 1 FROM search_queue LIMIT 1"))

    def search(self, query: Query, *, limit: int, offset: int = 0) -> tuple[Release, ...]:
        """The releases that a query finds, best first (BM25, titles before bodies).

        Of more than `RANKED` matches, the newest are ranked and the others left out. Only what
        `index` has entered is found. A query without a word that must be there finds nothing.
        """
        if not any(term.wanted for term in terms_of(query.text)):
            return ()
        with self._connection.bounded(PATIENCE):
            hits = self._ask(
                f"SELECT rowid, bm25(search, {TITLE_WEIGHT}, 1.0, 0.0) FROM search"
                " WHERE search MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?",
                [expression(query), *rows_between(query.since, query.until), RANKED],
            )
        order = sorted(hits, key=lambda hit: (hit[1], -hit[0]))
        numbers = islice(self._releases_at([row for row, _ in order]), offset, offset + limit)
        return self._releases_of(numbers)

    def search_newest(self, query: Query, *, limit: int, cursor: int | None = None) -> Hits:
        """The matches of a query by day, the newest first, on from a ``cursor``.

        Only what `index` has entered is found. A query that asks for nothing finds nothing.
        """
        rows = self._matching("s.row, s.release", query, limit + 1, cursor)
        some = rows[:limit]
        return Hits(
            self._releases_of(number for _, number in some),
            some[-1][0] if some and len(rows) > limit else None,
        )

    def count_matches(self, query: Query) -> Matches:
        """How many releases a query finds, and of what."""
        rows = self._matching(f"s.row >> {ROW_BITS}, s.filed", query, MOST_COUNTED + 1)
        more = len(rows) > MOST_COUNTED
        del rows[MOST_COUNTED:]
        days = [dt.date.fromordinal(day) for day, _ in rows if day != NO_DAY]
        periods = Counter[str]()
        for (year, month), count in Counter([(day.year, day.month) for day in days]).items():
            periods[f"{year:04}"] += count
            periods[f"{year:04}-{month:02}"] += count
        filed = [_filed.decode(text) for _, text in rows]
        languages = Counter[str]()
        for language, count in Counter([one.language for one in filed if one.language]).items():
            languages[language.partition("-")[0]] += count
        return Matches(
            total=len(rows),
            more=more,
            sources=Counter([one.source for one in filed]),
            topics=Counter(chain.from_iterable([one.topics for one in filed])),
            languages=languages,
            periods=periods,
            states=Counter(chain.from_iterable([one.states for one in filed])),
        )

    def _matching(
        self, columns: str, query: Query, limit: int, cursor: int | None = None
    ) -> list[Any]:
        """Columns of the first rows that a query finds, the newest first."""
        if query.is_empty:
            return []
        first, last = rows_between(query.since, query.until)
        last = last if cursor is None else max(NO_DAY - 1, min(last, cursor - 1))
        with self._connection.bounded(PATIENCE):
            return self._ask(
                # CROSS JOIN: the order of the loops is meant, so that it stops at the limit.
                f"SELECT {columns} FROM search f CROSS JOIN search_rows s ON s.row = f.rowid"
                f" WHERE f.search MATCH ? AND f.rowid BETWEEN ? AND ? AND {SHOWN_ROW}"
                " ORDER BY f.rowid DESC LIMIT ?",
                [expression(query), first, last, limit],
            )

    def _releases_of(self, numbers: Iterator[int]) -> tuple[Release, ...]:
        return tuple(
            release
            for number in numbers
            for release in select_releases(self._connection, "WHERE r.number = ?", [number])
        )

    def _releases_at(self, rows: list[int]) -> Iterator[int]:
        """The numbers of the releases in these rows of the index; old versions have none."""
        for place in range(0, len(rows), BATCH):
            some = rows[place : place + BATCH]
            found = dict(
                self._ask(
                    f"SELECT s.row, s.release FROM search_rows s WHERE s.row IN ({places(some)})"
                    f" AND {SHOWN_ROW}",
                    some,
                )
            )
            yield from (found[row] for row in some if row in found)

    def _index_batch(self) -> int:
        with self._writing() as db:
            rows = self._ask(
                "SELECT r.number, r.source, r.day, r.content, r.revision - coalesce((SELECT"
                " g.reread FROM readings g WHERE g.release = r.number AND g.revision = r.revision),"
                " 0) > 1, r.retracted IS NOT NULL FROM search_queue u"
                " JOIN releases r ON r.number = u.release ORDER BY u.release LIMIT ?",
                [BATCH],
            )
            numbers = [(row[0],) for row in rows]
            db.executemany("UPDATE search_rows SET release = NULL WHERE release = ?", numbers)
            entries, entered = [], []
            for row, (number, source, _, text, *became) in self._in_rows(rows):
                content = _content.decode(text)
                filed = Filed(
                    source,
                    feed_language(content.language) or "",
                    content.topics,
                    tuple(state for state, holds in zip(STATES, became, strict=True) if holds),
                )
                entries.append(
                    (
                        row,
                        fold_search(content.title),
                        fold_search(content.body_text),
                        tokens_of(filed, section_of(content.section)),
                    )
                )
                entered.append((row, number, encode(filed)))
            db.executemany(
                "INSERT INTO search (rowid, title, body, tokens) VALUES (?, ?, ?, ?)", entries
            )
            db.executemany(
                "INSERT INTO search_rows (row, release, filed) VALUES (?, ?, ?)", entered
            )
            db.executemany("DELETE FROM search_queue WHERE release = ?", numbers)
        return len(rows)

    def _in_rows(self, found: list[Found]) -> Iterator[tuple[int, Found]]:
        """Each release with a free row of its day, by rows."""
        for day, some in groupby(
            sorted(found, key=lambda one: (one[2], one[0])), lambda one: one[2]
        ):
            first, last = rows_of_day(day)
            ((free,),) = self._ask(
                "SELECT coalesce(max(row) + 1, ?1) FROM search_rows WHERE row BETWEEN ?1 AND ?2",
                [first, last],
            )
            yield from enumerate(some, start=free)


def expression(query: Query) -> str:
    """The query in the language of FTS5."""
    terms = terms_of(query.text)
    wanted = [phrase(term) for term in terms if term.wanted]
    parts = [f"({{title body}} : ({' AND '.join(wanted)}))"] if wanted else []
    filters = (
        ("s", query.source),
        ("t", query.topic),
        ("l", query.language and query.language.lower()),
        ("r", query.state),
    )
    for kind, names in filters:
        if names:
            several = " OR ".join(f'"{token(kind, name)}"' for name in names.split(","))
            parts.append(f"(tokens : ({several}))")
    asked = " AND ".join(parts or [f"(tokens : {ANY})"])
    for term in terms:
        if not term.wanted:
            asked = f"({asked}) NOT ({{title body}} : {phrase(term)})"
    return asked


def phrase(term: Term) -> str:
    """A term in the language of FTS5: a string, in which nothing has a meaning."""
    return f'"{term.words}"' + (" *" if term.prefix else "")


def rows_between(since: dt.date | None, until: dt.date | None) -> tuple[int, int]:
    """The first and last row of the index for releases of these days (inclusive; None: open).

    What has no day stands before all days.
    """
    first = since.toordinal() if since else NO_DAY
    return first << ROW_BITS, (((until or dt.date.max).toordinal() + 1) << ROW_BITS) - 1


def rows_of_day(day: str) -> tuple[int, int]:
    """The first and last row of the index for releases of a day as ISO writes it, or of none."""
    number = dt.date.fromisoformat(day).toordinal() if day else NO_DAY
    return number << ROW_BITS, ((number + 1) << ROW_BITS) - 1


def token(kind: str, name: str) -> str:
    """A word that stands in the index for a source (``s``), topic, language or state (``r``)."""
    return f"x{kind}{name.encode('utf-8', 'replace').hex()}"


def tokens_of(filed: Filed, section: Section | None) -> str:
    """The words that stand for what a release is filed under; a language also without regions.

    Its section is found as a topic, as it was one in earlier versions.
    """
    tag = filed.language.lower()
    languages = [tag[:end] for end in range(2, len(tag) + 1) if tag[end : end + 1] in {"", "-"}]
    words = [ANY, token("s", filed.source), *(token("t", topic) for topic in filed.topics)]
    words += [token("t", section.slug)] if section else []
    words += (token("l", language) for language in languages)
    return " ".join([*words, *(token("r", state) for state in filed.states)])
