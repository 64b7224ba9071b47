"""Search expressions: the trees into which queries are parsed.

data.search.syntax parses a query. The stores compile its expression to SQL, and
data.search.folded_release evaluates it for watches. Both must select the same releases, which
benchmarks/queries.py checks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from data.errors import QueryError
from data.wording import N_, near_name

LabelField: TypeAlias = Literal["source", "topic", "lang", "kind", "state", "edit", "weight"]
STATES: Final = ("corrected", "retracted")
"""States of releases by which searches can filter."""

Place: TypeAlias = Literal["", "title", "body"]
"""Where a term is searched: in the title, in the body, or in both (empty string)."""


@dataclass(frozen=True, slots=True)
class Term:
    """Successive folded words, the last of which may be a prefix.

    ``written`` is a single word in lower case with its accents, for finding its other forms. It is
    empty for phrases, for prefixes, and for terms restricted to one field.
    """

    words: str
    prefix: bool = False
    written: str = ""
    place: Place = ""

    @property
    def spaced(self) -> str:
        """Return the words with a space before each, and at the end if the last is no prefix.

        A text of folded words with spaces around it contains this if it contains the term.
        """
        return f" {self.words}" if self.prefix else f" {self.words} "


@dataclass(frozen=True, slots=True)
class Label:
    """Matches releases whose field has one of the ``values``.

    ``position`` is the position of the label in the query.
    """

    name: LabelField
    values: frozenset[str]
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Days:
    """Matches releases that are dated from ``first`` to ``last``, both inclusive."""

    first: dt.date = dt.date.min
    last: dt.date = dt.date.max


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """Reference to a saved search. `resolved` replaces it with the expression of the search."""

    name: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """Matches releases that its part does not match."""

    part: Expression


@dataclass(frozen=True, slots=True)
class And:
    """Matches releases that all its parts match. Without parts, it matches every release."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Matches releases that at least one of its parts matches. Without parts, it matches none."""

    parts: tuple[Expression, ...]


Expression: TypeAlias = Term | Label | Days | SavedSearch | Not | And | Or

EVERYTHING: Final = And(())
NOTHING: Final = Or(())


def all_of(parts: Iterable[Expression]) -> Expression:
    """Return the conjunction of expressions, simplified."""
    return _joined(And, parts, NOTHING)


def any_of(parts: Iterable[Expression]) -> Expression:
    """Return the disjunction of expressions, simplified."""
    return _joined(Or, parts, EVERYTHING)


def _joined(kind: type[And | Or], parts: Iterable[Expression], decisive: Expression) -> Expression:
    """Join the distinct parts. The result is ``decisive`` if any of them is."""
    found: dict[Expression, None] = {}
    for part in parts:
        for one in part.parts if isinstance(part, kind) else (part,):
            if one == decisive:
                return decisive
            found[one] = None
    return next(iter(found)) if len(found) == 1 else kind(tuple(found))


def negated(part: Expression) -> Expression:
    """Return the negation of an expression, simplified."""
    if part in {EVERYTHING, NOTHING}:
        return NOTHING if part == EVERYTHING else EVERYTHING
    return part.part if isinstance(part, Not) else Not(part)


def replaced(
    expression: Expression, replace: Callable[[Expression], Expression | None]
) -> Expression:
    """Replace leaves of an expression. ``replace`` returns None for an unchanged leaf."""
    match expression:
        case Not(part):
            return negated(replaced(part, replace))
        case And(parts):
            return all_of([replaced(one, replace) for one in parts])
        case Or(parts):
            return any_of([replaced(one, replace) for one in parts])
    found = replace(expression)
    return expression if found is None else found


def leaves(expression: Expression, *, positive: bool = False) -> Iterator[Expression]:
    """Yield the leaves of an expression. With ``positive``, skip excluded leaves."""
    match expression:
        case Not(part):
            if not positive:
                yield from leaves(part)
        case And(parts) | Or(parts):
            for one in parts:
                yield from leaves(one, positive=positive)
        case _:
            yield expression


def levels_of(expression: Expression) -> int:
    """Return the depth of an expression: its nested operators, plus one for the terms."""
    match expression:
        case Not(part):
            return 1 + levels_of(part)
        case And(parts) | Or(parts):
            return 1 + max(map(levels_of, parts), default=0)
    return 1


def wanted_terms(expression: Expression, place: Place = "") -> tuple[Term, ...]:
    """Return the distinct terms that are not excluded and are searched in ``place``."""
    found = (one for one in leaves(expression, positive=True) if isinstance(one, Term))
    return tuple(dict.fromkeys(one for one in found if not place or one.place in {"", place}))


def is_bounded(expression: Expression) -> bool:
    """Return whether every match must have some word, value or day from the expression.

    Otherwise it only excludes releases, and matches nearly all of them.
    """
    match expression:
        case Not():
            return False
        case And(parts):
            return any(map(is_bounded, parts))
        case Or(parts):
            return all(map(is_bounded, parts))
    return True


MAX_LEAVES: Final = 128
"""Maximum number of terms, labels and dates in an expression, including its saved searches."""

MAX_LEVELS: Final = 25
"""Maximum depth (`levels_of`) of an expression, including its saved searches. SQLite's parser stack
overflows at 29 levels, and filters add one level."""


def with_present_sources(expression: Expression, moves: Mapping[str, str]) -> Expression:
    """Return an expression with former ids of sources replaced by current ids."""
    if not moves:
        return expression

    def present(leaf: Expression) -> Expression | None:
        if isinstance(leaf, Label) and leaf.name == "source" and moves.keys() & leaf.values:
            values = frozenset(moves.get(one, one) for one in leaf.values)
            return Label(leaf.name, values, leaf.position)
        return None

    return replaced(expression, present)


def sources_in(expression: Expression | None) -> frozenset[str]:
    """Return the ids of all sources that an expression names."""
    named = leaves(expression) if expression else ()
    labels = (one for one in named if isinstance(one, Label) and one.name == "source")
    return frozenset(name for one in labels for name in one.values)


def check_sources(expression: Expression | None, text: str, known: Iterable[str]) -> None:
    """Raise QueryError if an expression of the query ``text`` names an unknown source."""
    names = frozenset(known)
    for leaf in leaves(expression) if expression else ():
        if isinstance(leaf, Label) and leaf.name == "source":
            for value in sorted(leaf.values - names):
                near = near_name(value[:40], sorted(names))
                problem = N_("no source is named '%(name)s'")
                fix = N_("write the id of a source after the colon")
                if near:
                    fix = N_("did you mean %(near)s?")
                raise QueryError(text, leaf.position, problem, fix, name=value[:40], near=near)
