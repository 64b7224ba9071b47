"""The search index of the PostgreSQL store: full text in ``tsvector`` with a GIN index."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from data.search.expression import And, Expression, Label, Not, Or, Term
from data.search.query import MAX_COUNTED, Query
from data.store.postgres.lexemes import (
    all_of,
    any_of,
    filed_under,
    forms,
    phrase,
    quoted,
    stems,
    vector,
)
from data.store.shared_sql.connection import Database
from data.store.shared_sql.search import IndexPeriod, Ranked, SearchPart
from data.store.shared_sql.search_index import ANY, IndexEntry, SearchIndexPart, token

RANK_WEIGHTS: Final = "{0.125, 0.125, 0.125, 1.0}"
"""Weights of words in the classes D, C, B and A. Title words are in A and body words in D, with the
same weights as in SQLite's index."""

BY_LENGTH: Final = 1
"""Option of ts_rank that divides a rank by the logarithm of the text's length."""

EVERY_ROW: Final = filed_under(ANY)
"""Condition that every row of the index meets."""

NO_ROW: Final = f"!{EVERY_ROW}"

NO_ORDER: Final = "s.row + 0"
"""The row number as an expression that no index covers, so that the planner uses the full-text
index.

With a plain column, the planner might read the rows in order, and all their texts, to find a rare
word."""

WINDOW: Final = MAX_COUNTED * 3 // 2
"""Number of newest rows that are searched first."""

MIN_WINDOWED: Final = MAX_COUNTED // 10
"""Minimum number of requested matches at which the newest rows are searched first. Sorting fewer
matches is fast enough.
"""

TEXTS: Final = {
    "": "s.long_text",
    "title": "split_part(s.long_text, E'\\n', 1)",
    "body": "split_part(s.long_text, E'\\n', 2)",
}
"""SQL for the words of a long text, by the field of a term."""


class PostgresSearch(SearchIndexPart, SearchPart):
    """Search methods of the store, using PostgreSQL's full-text search.

    Words, phrases, prefixes and filters match as in SQLite. A single word without quotation marks
    also matches its other forms, in the languages for which PostgreSQL has stemmers.
    """

    def _matches_in(self, columns: str, query: Query, period: IndexPeriod, limit: int) -> list[Any]:
        compiled = self._compiled(query, period.expression)
        if compiled.words == EVERY_ROW:
            windows, order = iter([period]), "s.row"
        else:
            windows, order = self._windows(period, limit), NO_ORDER
        found: list[Any] = []
        for window in windows:
            where, arguments = condition(compiled, window)
            found += self._ask(
                f"SELECT {columns} FROM search_rows s WHERE {where} ORDER BY {order} DESC LIMIT ?",
                [*arguments, limit - len(found)],
            )
            if len(found) >= limit:
                break
        return found

    def _windows(self, period: IndexPeriod, limit: int) -> Iterator[IndexPeriod]:
        """Yield the parts of a period, newest first, so that each part can be searched in turn.

        Sorting all matches of a common word takes longer than finding them. If the ``limit`` is
        high, the newest rows often contain enough matches.
        """
        if limit > MIN_WINDOWED:
            newest = self._ask(
                "SELECT s.row FROM search_rows s WHERE s.row BETWEEN ? AND ?"
                " ORDER BY s.row DESC LIMIT 1 OFFSET ?",
                [period.first, period.last, WINDOW],
            )
            for (last,) in newest:
                yield period._replace(first=last + 1)
                period = period._replace(last=last)
        yield period

    def _ranks_in(self, query: Query, period: IndexPeriod, limit: int) -> list[Ranked]:
        found = self._compiled(query, period.expression)
        where, arguments = condition(found, period)
        return self._ask(
            "SELECT -ts_rank(?::real[], f.words, ?::tsquery, ?::integer), -f.row, f.release"
            " FROM (SELECT s.row, s.release, s.words FROM search_rows s"
            f" WHERE {where} ORDER BY {NO_ORDER} DESC LIMIT ?) f",
            [RANK_WEIGHTS, found.ranking or EVERY_ROW, BY_LENGTH, *arguments, limit],
        )

    def _compiled(self, query: Query, expression: Expression) -> Compiled:
        """Convert an expression without days to the forms that PostgreSQL needs."""
        languages = query.language.split(",") if query.language else self._languages()

        def forms_of(word: str) -> list[str]:
            return [quoted(one) for one in forms(self._connection, word, languages)]

        return compiled(expression, forms_of)

    def _languages(self) -> list[str]:
        """Return the languages of all releases.

        The index looks up one form of each word per language, so other languages are left out.
        """
        return self._column(
            "SELECT f.language FROM facets f WHERE f.source = '' AND f.topic = ''"
            " AND f.period = '' AND f.section = '' AND f.language <> ''"
        )

    def _enter_releases(self, db: Database, entries: Sequence[IndexEntry]) -> None:
        db.executemany(
            "DELETE FROM search_rows WHERE release = ?", [(one.release,) for one in entries]
        )
        rows = []
        for one in entries:
            title, body = one.content.title, one.content.body_text
            others = [quoted(stem) for stem in stems(self._connection, one.language, (title, body))]
            others += map(filed_under, one.tokens.split())
            text = vector(title, body, others)
            rows.append((one.row, one.release, one.filed, text.lexemes, text.long_text))
        db.executemany(
            "INSERT INTO search_rows (row, release, filed, words, long_text)"
            " VALUES (?, ?, ?, ?::tsvector, ?)",
            rows,
        )


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression as conditions on a row of the index.

    ``words`` is a ``tsquery`` for the index, which matches at least the wanted rows. ``exact``
    matches exactly the wanted rows, unless they have a long text. ``long`` is SQL for rows with a
    long text, with its ``arguments``; it is empty if ``words`` is exact for all rows. ``ranking``
    is a ``tsquery`` of the words to rank by.
    """

    words: str
    exact: str = ""
    long: str = ""
    arguments: tuple[str, ...] = ()
    ranking: str = ""

    def on_long_texts(self) -> tuple[str, tuple[str, ...]]:
        """Return SQL that matches exactly the wanted rows with a long text, and its arguments."""
        if self.long:
            return self.long, self.arguments
        return "s.words @@ ?::tsquery", (self.words,)


def compiled(  # noqa: PLR0911 - one per node
    expression: Expression, forms_of: Callable[[str], Collection[str]]
) -> Compiled:
    """Convert an expression without days to the forms that PostgreSQL needs.

    ``forms_of`` returns lexemes for the other forms of a word; excluded words have none.
    """
    match expression:
        case Term():
            return _compiled_term(expression, forms_of)
        case Label(name, values):
            return Compiled(any_of([filed_under(token(name, value)) for value in sorted(values)]))
        case Not(part):
            found = compiled(part, lambda _: ())
            if not found.long:
                return Compiled(f"!{found.words}")
            return Compiled(EVERY_ROW, f"!{found.exact}", f"NOT {found.long}", found.arguments)
        case And(parts) if parts:
            return _joined(all_of, " AND ", [compiled(one, forms_of) for one in parts])
        case Or(parts) if parts:
            return _joined(any_of, " OR ", [compiled(one, forms_of) for one in parts])
        case And():
            return Compiled(EVERY_ROW)
    raise ValueError(f"{expression!r} can't be compiled")


def _compiled_term(term: Term, forms_of: Callable[[str], Collection[str]]) -> Compiled:
    found = phrase(term)
    if found is None:
        return Compiled(NO_ROW)
    others = forms_of(term.written) if term.written else ()
    words, ranking = any_of([found.indexed, *others]), any_of([found.ranking, *others])
    if not found.ordered:
        return Compiled(words, ranking=ranking)
    long = f"(s.words @@ ?::tsquery AND strpos({TEXTS[term.place]}, ?) > 0)"
    return Compiled(words, found.ordered, long, (found.indexed, found.text), ranking)


def _joined(
    join: Callable[[Sequence[str]], str], operator: str, parts: Sequence[Compiled]
) -> Compiled:
    """Return the conjunction or disjunction of parts."""
    wanted = [one.words for one in parts]
    if join is all_of:
        # A condition that each release meets would only cost time, but exclusions need one.
        wanted = [one for one in wanted if one != EVERY_ROW] or [EVERY_ROW]
        wanted += [EVERY_ROW] if all(one.startswith("!") for one in wanted) else []
    elif EVERY_ROW in wanted:
        wanted = [EVERY_ROW]
    words = join(wanted)
    ranking = [one.ranking for one in parts if one.ranking]
    ranked = join(ranking) if ranking else ""
    if not any(one.long for one in parts):
        return Compiled(words, ranking=ranked)
    exact = join([one.exact or one.words for one in parts])
    on_long = [one.on_long_texts() for one in parts]
    long = f"({operator.join(sql for sql, _ in on_long)})"
    arguments = tuple(value for _, values in on_long for value in values)
    return Compiled(words, exact, long, arguments, ranked)


def condition(found: Compiled, period: IndexPeriod) -> tuple[str, list[Any]]:
    """Return SQL for the matching rows of a period, and its arguments.

    A condition with words uses `NO_ORDER`.
    """
    has_words = found.words != EVERY_ROW
    parts = [
        f"{NO_ORDER if has_words else 's.row'} BETWEEN ? AND ?",
        "s.release NOT IN (SELECT release FROM hidden_releases)",
    ]
    arguments: list[Any] = [period.first, period.last]
    if has_words:
        parts.append("s.words @@ ?::tsquery")
        # The index can't find rows by an exclusion alone.
        is_excluding = found.words.startswith("!")
        arguments.append(all_of([EVERY_ROW, found.words]) if is_excluding else found.words)
    if found.long:
        long, values = found.on_long_texts()
        parts.append(f"CASE WHEN s.long_text IS NULL THEN s.words @@ ?::tsquery ELSE {long} END")
        arguments += [found.exact, *values]
    return " AND ".join(parts), arguments
