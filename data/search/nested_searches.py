"""Replace each ``saved:NAME`` in a query with the expression of that saved search."""

from collections.abc import Mapping
from typing import Final

from data.errors import QueryError
from data.search.expression import (
    EVERYTHING,
    MAX_LEAVES,
    MAX_LEVELS,
    Expression,
    SavedSearch,
    levels_of,
    negated,
    replaced,
)
from data.search.syntax import DID_YOU_MEAN, MAX_QUOTED, parse
from data.wording import N_, near_name

MAX_SAVED_DEPTH: Final = 8
"""Maximum depth of nested saved searches."""


def resolved(expression: Expression, text: str, saved: Mapping[str, str]) -> Expression:
    """Replace the saved searches in an expression with their expressions.

    ``text`` is the query of the expression, and ``saved`` contains queries by name. Raises
    QueryError at the position of a saved search that is unknown, invalid, too large, or in a cycle.
    """
    found = _Resolver(text, saved).resolved(expression, ())
    if levels_of(found) > MAX_LEVELS:
        problem = N_("operators are nested more than %(most)s levels deep, counting saved searches")
        raise QueryError(text, 0, problem, N_("use fewer nested operators"), most=MAX_LEVELS)
    return found


class _Resolver:
    """Replaces the saved searches of one query. Each search is parsed once."""

    def __init__(self, text: str, saved: Mapping[str, str]) -> None:
        self._text = text
        self._saved = saved
        self._known: dict[str, Expression] = {}
        self._leaves = 0

    def resolved(self, expression: Expression, names: tuple[str, ...], at: int = 0) -> Expression:
        def found(leaf: Expression) -> Expression | None:
            self._leaves += 1
            if self._leaves > MAX_LEAVES:
                problem = N_("the query has more than %(most)s terms, including its saved searches")
                fix = N_("shorten the query, or one of its saved searches")
                raise QueryError(self._text, at, problem, fix, most=MAX_LEAVES)
            if not isinstance(leaf, SavedSearch):
                return None
            return self._search(leaf.name, names, at if names else leaf.position)

        return replaced(expression, found)

    def _search(self, name: str, names: tuple[str, ...], at: int) -> Expression:
        quoted = name[:MAX_QUOTED]
        if name in names:
            problem = N_("the saved search '%(name)s' contains itself")
            fix = N_("remove the reference to '%(name)s' from one of the saved searches")
            raise QueryError(self._text, at, problem, fix, name=quoted)
        if len(names) >= MAX_SAVED_DEPTH:
            problem = N_("saved searches are nested more than %(most)s levels deep")
            fix = N_("write the terms of the innermost search instead of its name")
            raise QueryError(self._text, at, problem, fix, most=MAX_SAVED_DEPTH)
        if name not in self._saved:
            # A search whose file is invalid has this name, too.
            others = sorted({*self._saved} - {name})
            near = near_name(name[:MAX_QUOTED], others)
            problem = N_("no search is saved as '%(name)s'")
            fix = DID_YOU_MEAN if near else N_("`communique searches` lists the saved searches")
            raise QueryError(self._text, at, problem, fix, name=quoted, near=near)
        if name not in self._known:
            try:
                parsed = parse(self._saved[name])
            except QueryError as error:
                problem = N_("the saved search '%(name)s' is invalid: %(cause)s")
                fix = N_("correct or remove the saved search")
                raise QueryError(self._text, at, problem, fix, name=quoted, cause=error) from error
            self._known[name] = negated(EVERYTHING) if parsed is None else parsed
        return self.resolved(self._known[name], (*names, name), at)
