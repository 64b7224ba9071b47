"""Searches in the index of both databases."""

import datetime as dt
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from data.models import Release
from data.search.expression import NOTHING, Days, Expression, leaves, negated, replaced
from data.search.query import MAX_COUNTED, Hits, Matches, Query
from data.store.shared_sql.connection import Part, places
from data.store.shared_sql.rows import RELEASE_COLUMNS, release_of
from data.store.shared_sql.search_index import NO_DAY, ROW_BITS, Filed

RELEASES_PER_QUERY: Final = 200
"""Maximum number of releases that are read per query."""

MAX_RANKED_MATCHES: Final = 5000
"""Maximum number of matches that are ranked, newest first, so that searches of a large archive are
fast."""

SEARCH_TIMEOUT_SECONDS: Final = 3.0
"""Maximum time in seconds for a search, so that other clients do not wait long."""

LAST_DAY: Final = dt.date.max.toordinal()

Ranked: TypeAlias = tuple[float, int, int]
"""A match: its rank (lower is better), its negated index row, and its release."""


_filed = msgspec.json.Decoder(Filed)


class IndexPeriod(NamedTuple):
    """A range of index rows (inclusive), and the query without conditions on days."""

    first: int
    last: int
    expression: Expression


class SearchPart(Part):
    """Methods of the store for searching."""

    @abstractmethod
    def _matches_in(self, columns: str, query: Query, period: IndexPeriod, limit: int) -> list[Any]:
        """Return the ``columns`` of rows ``s`` that match a query in a period, newest first."""

    @abstractmethod
    def _ranks_in(self, query: Query, period: IndexPeriod, limit: int) -> list[Ranked]:
        """Return up to ``limit`` of the newest matches in a period, with their ranks, unordered."""

    def search(self, query: Query, *, limit: int) -> tuple[Release, ...]:
        """Return the releases that match a query, best first. Raises the exceptions of `rank`."""
        return self.ranked_page(self.rank(query), limit=limit).releases

    def rank(self, query: Query) -> tuple[int, ...]:
        """Return the numbers of the releases that match a query, best first.

        Titles have a larger weight than bodies. If there are more than `MAX_RANKED_MATCHES`
        matches, only the newest are ranked and returned. Only releases that `update_search_index`
        has added are found. A query without words to search for finds nothing. Raises QueryError if
        its text is invalid, and SlowSearch if the search takes too long.
        """
        if not query.wanted:
            return ()
        found: list[Ranked] = []
        with self._connection.bounded(SEARCH_TIMEOUT_SECONDS):
            for period in periods_of(query):
                found += self._ranks_in(query, period, MAX_RANKED_MATCHES - len(found))
                if len(found) >= MAX_RANKED_MATCHES:
                    break
        found.sort()
        return tuple(number for _, _, number in found)

    def ranked_page(self, ranked: Sequence[int], *, limit: int, cursor: int | None = None) -> Hits:
        """Return a page of the releases whose numbers `rank` returned. ``cursor`` is an offset."""
        start = cursor or 0
        end = start + limit
        return Hits(self._releases_of(ranked[start:end]), end if end < len(ranked) else None)

    def search_newest(self, query: Query, *, limit: int, cursor: int | None = None) -> Hits:
        """Return the releases that match a query, newest day first, after the position ``cursor``.

        An empty query finds nothing. Any cursor is valid. Only indexed releases are found. Raises
        QueryError if the query is invalid, and SlowSearch if the search takes too long.
        """
        rows = self._matching("s.row, s.release", query, limit + 1, cursor)
        some = rows[:limit]
        return Hits(
            self._releases_of(number for _, number in some),
            some[-1][0] if some and len(rows) > limit else None,
        )

    def search_page(
        self, query: Query, *, limit: int, cursor: int | None = None, best_first: bool = False
    ) -> Hits:
        """Return a page of the releases that match a query, best first or newest day first.

        With ``best_first``, the ``cursor`` is an offset, and a query without words to rank by
        returns the newest first. Raises the exceptions of `search_newest`.
        """
        if not best_first or not query.wanted:
            return self.search_newest(query, limit=limit, cursor=cursor)
        return self.ranked_page(self.rank(query), limit=limit, cursor=cursor)

    def count_matches(self, query: Query) -> Matches:
        """Return the number of matches of a query, in total and per source, topic or other filter.

        Raises QueryError if the query is invalid, and SlowSearch if the search takes too long.
        """
        return _counted(self._matching("s.row, s.filed", query, MAX_COUNTED + 1))

    def count_and_search(self, query: Query, *, limit: int) -> tuple[Matches, Hits]:
        """Return the results of `count_matches` and the first page of `search_newest`.

        Both results are from the same search. ``limit`` is at most `MAX_COUNTED`.
        """
        rows = self._matching("s.row, s.filed, s.release", query, MAX_COUNTED + 1)
        hits = Hits(
            self._releases_of(number for _, _, number in rows[:limit]),
            rows[limit - 1][0] if len(rows) > limit else None,
        )
        return _counted(rows), hits

    def _matching(
        self, columns: str, query: Query, limit: int, cursor: int | None = None
    ) -> list[Any]:
        """Return the ``columns`` of the first rows ``s`` that match a query, newest first."""
        found: list[Any] = []
        with self._connection.bounded(SEARCH_TIMEOUT_SECONDS):
            for period in periods_of(query, cursor):
                found += self._matches_in(columns, query, period, limit - len(found))
                if len(found) >= limit:
                    break
        return found

    def _releases_of(self, numbers: Iterable[int]) -> tuple[Release, ...]:
        """Return releases by their numbers, in the order given."""
        found: list[Release] = []
        left = iter(numbers)
        while some := [*islice(left, RELEASES_PER_QUERY)]:
            rows = self._ask(
                f"SELECT {RELEASE_COLUMNS}, r.number FROM releases r"
                f" WHERE r.number IN ({places(some)})",
                some,
            )
            known = {row[-1]: release_of(row[:-1]) for row in rows}
            found += (known[number] for number in some)
        return tuple(found)


def _counted(rows: Sequence[Any]) -> Matches:
    """Count matches. Each of the ``rows`` begins with its row number and its `Filed` as JSON."""
    counted = rows[:MAX_COUNTED]
    periods = Counter[str]()
    for number, count in Counter([row[0] >> ROW_BITS for row in counted]).items():
        if number != NO_DAY:
            day = dt.date.fromordinal(number)
            periods[f"{day.year:04}"] += count
            periods[f"{day.year:04}-{day.month:02}"] += count
    sources, topics = Counter[str](), Counter[str]()
    languages, states = Counter[str](), Counter[str]()
    # Many releases have the same labels, and each text is decoded once.
    for text, count in Counter([row[1] for row in counted]).items():
        filed = _filed.decode(text)
        sources[filed.source] += count
        if filed.language:
            languages[filed.language.partition("-")[0]] += count
        for topic in filed.topics:
            topics[topic] += count
        for state in filed.states:
            states[state] += count
    return Matches(
        total=len(counted),
        more=len(rows) > MAX_COUNTED,
        sources=sources,
        topics=topics,
        languages=languages,
        periods=periods,
        states=states,
    )


def periods_of(query: Query, cursor: int | None = None) -> Iterator[IndexPeriod]:
    """Yield the periods whose releases may match a query, newest first.

    Conditions on days are true or false for a whole period, so each period can be searched with an
    index of words. If there is a ``cursor``, only rows older than the cursor are included.
    """
    condition = query.condition
    oldest, newest = rows_between(query, cursor)
    starts = {NO_DAY, NO_DAY + 1}
    for leaf in leaves(condition):
        if isinstance(leaf, Days):
            starts |= {leaf.first.toordinal(), leaf.last.toordinal() + 1}
    found: Expression = NOTHING
    end = last = LAST_DAY
    for start in sorted(starts - {LAST_DAY + 1}, reverse=True):
        within = _in_period(condition, start)
        if within != found:
            yield from _rows_of(found, last + 1, end, (oldest, newest))
            found, end = within, last
        last = start - 1
    yield from _rows_of(found, NO_DAY, end, (oldest, newest))


def _in_period(condition: Expression, start: int) -> Expression:
    """Replace conditions on days with their truth values in the period from the day ``start``."""

    def decided(leaf: Expression) -> Expression | None:
        if not isinstance(leaf, Days):
            return None
        holds = leaf.first.toordinal() <= start <= leaf.last.toordinal()
        return negated(NOTHING) if holds else NOTHING

    return replaced(condition, decided)


def _rows_of(
    expression: Expression, first: int, last: int, between: tuple[int, int]
) -> Iterator[IndexPeriod]:
    """Yield the index rows of a range of days as one period.

    Only rows ``between`` two limits are included. If the range is empty or the expression can't
    match, nothing is yielded.
    """
    oldest = max(first << ROW_BITS, between[0])
    newest = min(((last + 1) << ROW_BITS) - 1, between[1])
    if expression != NOTHING and oldest <= newest:
        yield IndexPeriod(oldest, newest, expression)


def rows_between(query: Query, cursor: int | None = None) -> tuple[int, int]:
    """Return the first and last index row of a query's days, or of the days after the cursor.

    Undated releases come before all days.
    """
    first = query.since.toordinal() if query.since else NO_DAY
    last = (((query.until or dt.date.max).toordinal() + 1) << ROW_BITS) - 1
    last = last if cursor is None else max(NO_DAY - 1, min(last, cursor - 1))
    return first << ROW_BITS, last
