"""The query language of searches, feeds and watches: from a text to an expression.

    query = any                      any  = all, {"OR", all}
    all   = one, {["AND"], one}      one  = ("NOT" | "-"), one | [field ":"], ("(", any, ")" | term)
    term  = word | prefix "*" | '"', phrase, '"'

Operators are written in capitals; ``or`` is a word. Case and accents are ignored. In scripts
without spaces between words, each run of letters is a phrase. docs/reference/queries.md describes
the language.
"""

import calendar
import datetime as dt
import re
from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from string import punctuation
from typing import Final, NamedTuple

from data.errors import QueryError
from data.languages.tags import fault_of_language
from data.models.event import ANNOUNCEMENTS, EDIT_CLASSES, weight_label
from data.search.expression import (
    EVERYTHING,
    STATES,
    Days,
    Expression,
    Label,
    LabelField,
    Place,
    SavedSearch,
    Term,
    all_of,
    any_of,
    negated,
)
from data.text.folding import fold_search, slug_of
from data.text.words import UNSPACED
from data.wording import N_, near_name

LANGUAGE_VERSION: Final = 2
"""Version of the query language in this module. data.search.query translates from version 1."""

MAX_QUERY_LENGTH: Final = 1000
MAX_TERMS: Final = 32
"""Maximum number of terms in a query. Together with MAX_QUERY_LENGTH (characters), it limits the
cost of a search."""

MIN_PREFIX_LETTERS: Final = 3
"""Minimum number of letters of a prefix. Shorter prefixes would match too many words."""

MAX_DEPTH: Final = 20
"""Maximum depth of nested brackets and exclusions."""


MAX_QUOTED: Final = 40
"""Maximum number of characters of a query quoted in an error message."""

OPERATORS: Final = frozenset(("AND", "OR", "NOT"))

FIELDS: Final = (
    *("title", "body", "source", "topic", "lang", "kind", "state", "after", "before", "saved"),
    *("edit", "weight"),
)
"""Names of the fields in queries, such as ``title`` in ``title:word``."""

PLACES: Final[Mapping[str, Place]] = {"title": "title", "body": "body"}
LABELS: Final[Mapping[str, LabelField]] = {
    "source": "source",
    "topic": "topic",
    "lang": "lang",
    "kind": "kind",
    "state": "state",
    "edit": "edit",
}
EDIT_WORDS: Final = (*EDIT_CLASSES, *ANNOUNCEMENTS)
"""Values of ``edit:``: classes of edits, and whether pages announce them."""

WEIGHT: Final = re.compile(r"(>=?|<=?)([01](?:\.\d{1,2})?|\.\d{1,2})", re.ASCII)
COMPARISONS: Final[Mapping[str, Callable[[int, int], bool]]] = {
    ">": gt,
    ">=": ge,
    "<": lt,
    "<=": le,
}

TOKEN: Final = re.compile(r'\s+|(?P<open>\()|(?P<close>\))|"(?P<phrase>[^"]*)"?|[^\s"()]+')
FIELD: Final = re.compile(r"([A-Za-z]+):")
DATE: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
DAY: Final = dt.timedelta(days=1)
NO_OPERAND: Final = frozenset(["AND", "OR", ")", "end"])
"""Kinds of tokens that can't follow an operator, which needs a term."""

NO_VALUE: Final = N_("the value after %(name)s: is missing")
WRITE_VALUE: Final = N_("write the value after the colon")
DID_YOU_MEAN: Final = N_("did you mean %(near)s?")

SLUG: Final = re.compile(r"[a-z0-9_-]+")


class QueryToken(NamedTuple):
    """A part of a query: kind, text, and position.

    Kinds are ``word``, ``phrase``, ``(``, ``)``, ``-``, ``field``, ``AND``, ``OR``, ``NOT`` and
    ``end``.
    """

    kind: str
    text: str
    position: int


def parse(text: str) -> Expression | None:
    """Return the expression of a query, or None if it contains no term.

    Raises QueryError.
    """
    # data.search.query.upgraded may add quotation marks to each term.
    if len(text) > MAX_QUERY_LENGTH + 2 * MAX_TERMS:
        raise too_long(text)
    return _Parser(text).parsed()


def too_long(text: str) -> QueryError:
    """Return the error of a query that is too long."""
    problem = N_("the query is too long (%(count)s characters)")
    fix = N_("shorten the query to %(most)s characters")
    count, most = f"{len(text):,}", f"{MAX_QUERY_LENGTH:,}"
    return QueryError(text, MAX_QUERY_LENGTH, problem, fix, count=count, most=most)


def tokens(text: str) -> list[QueryToken]:
    """Return the tokens of a query. Raises QueryError for an unclosed quotation mark."""
    found: list[QueryToken] = []
    at, is_start = 0, True
    while at < len(text):
        if text[at] == "-" and is_start and text[at + 1 : at + 2].strip():
            found.append(QueryToken("-", "-", at))
            at, is_start = at + 1, False
            continue
        match = TOKEN.match(text, at)
        # Each character starts a token, so there is always a match.
        written = match[0] if match else text[at]
        if match and match["phrase"] is not None:
            if not written.endswith('"') or len(written) == 1:
                problem = N_("a quotation mark is not closed")
                raise QueryError(text, at, problem, N_('write another " at the end of the phrase'))
            found.append(QueryToken("phrase", match["phrase"], at))
        elif written in {"(", ")"}:
            found.append(QueryToken(written, written, at))
        elif field := _field_at(text, at, written):
            found.append(field)
            # The value follows the colon, and may begin with a minus.
            at, is_start = at + len(field.text) + 1, True
            continue
        elif written.strip():
            is_operator = written in OPERATORS
            found.append(QueryToken(written if is_operator else "word", written, at))
        at += len(written)
        is_start = not written.strip() or written in {"(", ")"} or written.endswith('"')
    return [*found, QueryToken("end", "", len(text))]


def _field_at(text: str, at: int, written: str) -> QueryToken | None:
    """Return the field name at a position, or None if there is an ordinary word.

    Raises QueryError for unknown fields.
    """
    match = FIELD.match(written)
    if not match:
        return None
    name, after = match[1], text[at + match.end() : at + match.end() + 1]
    if name.lower() in FIELDS:
        if after.strip() and after != ")":
            return QueryToken("field", name, at)
        fix = N_(
            'write the value directly after the colon, or write "%(name)s" to search for the word'
        )
        raise QueryError(text, at, NO_VALUE, fix, name=name)
    if not after.strip() or after in "/)" or len(name) == 1:
        # An address or a word with a colon.
        return None
    near = near_name(name.lower(), FIELDS)
    problem = N_("no field is named '%(name)s'")
    fix = DID_YOU_MEAN if near else N_("put the words in quotation marks to search for them")
    raise QueryError(text, at, problem, fix, name=name[:MAX_QUOTED], near=near)


class _Parser:
    """Recursive-descent parser of one query. Terms without words are skipped."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._next = 0
        self._terms = 0

    def parsed(self) -> Expression | None:
        found = self._any("", 0)
        if self._token.kind == ")":
            problem = N_("a bracket is closed but not opened")
            raise self._error(self._token, problem, N_("remove it"))
        return found

    @property
    def _token(self) -> QueryToken:
        return self._tokens[self._next]

    def _take(self) -> QueryToken:
        token = self._token
        self._next += 1
        return token

    def _error(self, token: QueryToken, problem: str, fix: str, **values: object) -> QueryError:
        return QueryError(self._text, token.position, problem, fix, **values)

    def _any(self, field: str, depth: int) -> Expression | None:
        if self._token.kind == "OR":
            raise self._misplaced(self._token)
        parts = [self._all(field, depth)]
        while self._token.kind == "OR":
            self._operator()
            parts.append(self._all(field, depth))
        found = [one for one in parts if one is not None]
        return any_of(found) if found else None

    def _all(self, field: str, depth: int) -> Expression | None:
        found: list[Expression] = []
        is_first = True
        while self._token.kind not in {"OR", ")", "end"}:
            if self._token.kind == "AND":
                if is_first:
                    raise self._misplaced(self._token)
                self._operator()
            one = self._one(field, depth)
            if one is not None:
                found.append(one)
            is_first = False
        return all_of(found) if found else None

    def _operator(self) -> None:
        """Skip an operator. Raises QueryError if no term follows."""
        operator = self._take()
        if self._token.kind in NO_OPERAND:
            raise self._misplaced(operator)

    def _misplaced(self, token: QueryToken) -> QueryError:
        fix = N_('write a term on each side, or write "%(name)s" to search for the word')
        return self._error(token, N_("a term is missing next to %(name)s"), fix, name=token.text)

    def _one(self, field: str, depth: int) -> Expression | None:
        token = self._take()
        if depth > MAX_DEPTH:
            problem = N_("brackets are nested more than %(most)s levels deep")
            raise self._error(token, problem, N_("use fewer nested brackets"), most=MAX_DEPTH)
        match token.kind:
            case "NOT" | "-":
                if self._token.kind in NO_OPERAND:
                    fix = N_('write a term after %(name)s, or write "NOT" to search for the word')
                    problem = N_("a term is missing after %(name)s")
                    raise self._error(token, problem, fix, name=token.text)
                excluded = self._one(field, depth + 1)
                return None if excluded is None else negated(excluded)
            case "(":
                return self._group(token, field, depth)
            case "field":
                if field:
                    problem = N_("%(name)s: is not allowed inside %(outer)s:( )")
                    fix = N_("write the two fields as separate terms")
                    raise self._error(token, problem, fix, name=token.text, outer=field)
                return self._valued(token, depth)
        return self._term(token, field)

    def _group(self, opening: QueryToken, field: str, depth: int) -> Expression | None:
        if self._token.kind == ")":
            problem = N_("the brackets are empty")
            raise self._error(opening, problem, N_("write a term, or remove the brackets"))
        found = self._any(field, depth + 1)
        if self._token.kind != ")":
            problem = N_("a bracket is not closed")
            raise self._error(opening, problem, N_("write ) at the end of the group"))
        self._take()
        return found

    def _valued(self, token: QueryToken, depth: int) -> Expression | None:
        name = token.text.lower()
        value = self._one(name, depth)
        if value is None and name not in PLACES:
            raise self._error(token, NO_VALUE, WRITE_VALUE, name=name)
        return value

    def _term(self, token: QueryToken, field: str) -> Expression | None:
        self._terms += 1
        if self._terms > MAX_TERMS:
            problem = N_("the query has more than %(most)s terms")
            fix = N_("remove some terms, or save a part of the query as a search")
            raise self._error(token, problem, fix, most=MAX_TERMS)
        if field in LABELS:
            return self._label(token, LABELS[field])
        if field in {"after", "before"}:
            return self._days(token, field)
        if field == "weight":
            return self._weight(token)
        if field == "saved":
            return SavedSearch(token.text.lower(), token.position)
        words = fold_search(token.text)
        if not words:
            self._terms -= 1
            return None
        last = words.rpartition(" ")[2]
        prefix = token.text.rstrip().endswith("*")
        if prefix and len(last) < MIN_PREFIX_LETTERS:
            if not UNSPACED.fullmatch(last):
                problem = N_("the prefix %(name)s is too short")
                fix = N_("write at least %(least)s letters, or remove the asterisk")
                name = token.text.strip()[:MAX_QUOTED]
                raise self._error(token, problem, fix, name=name, least=MIN_PREFIX_LETTERS)
            # A letter of a script without spaces is a word.
            prefix = False
        is_one = token.kind == "word" and not (prefix or field or " " in words)
        written = token.text.strip(punctuation).casefold() if is_one else ""
        return Term(words, prefix, written, PLACES.get(field, ""))

    def _label(self, token: QueryToken, name: LabelField) -> Expression:
        values = [one.strip() for one in token.text.split(",")]
        if token.kind == "phrase" and name in {"topic", "kind"}:
            values = [token.text.strip()]
        found = [one for one in values if one]
        if not found:
            raise self._error(token, NO_VALUE, WRITE_VALUE, name=name)
        for value in found:
            problem, fix, more = "", N_("write one of %(words)s"), dict[str, str]()
            if name == "lang" and fault_of_language(value):
                problem = N_("'%(value)s' is not a language tag")
                fix = N_("write a tag such as lang:en")
            elif name == "state" and value.lower() not in STATES:
                problem = N_("'%(value)s' is not a valid release state")
                more = {"words": ", ".join(f"state:{one}" for one in STATES)}
            elif name == "edit" and value.lower() not in EDIT_WORDS:
                problem = N_("'%(value)s' is not a class of edits")
                near = near_name(value.lower()[:MAX_QUOTED], EDIT_WORDS)
                words = ", ".join(f"edit:{one}" for one in EDIT_WORDS)
                more = {"words": words, "near": near}
                fix = DID_YOU_MEAN if near else fix
            if problem:
                quoted = value[:MAX_QUOTED]
                raise self._error(token, problem, fix, name=name, value=quoted, **more)
        return Label(name, frozenset(_canonical(name, one) for one in found), token.position)

    def _weight(self, token: QueryToken) -> Expression:
        match = WEIGHT.fullmatch(token.text.strip())
        if not match:
            problem = N_("'%(value)s' is not a condition for the weight")
            fix = N_(
                "write weight:>0.3 or weight:<=0.05: a number from 0 to 1 with at most two decimals"
            )
            raise self._error(token, problem, fix, value=token.text[:MAX_QUOTED])
        compare, limit = COMPARISONS[match[1]], round(100 * float(match[2]))
        found = frozenset(weight_label(one / 100) for one in range(101) if compare(one, limit))
        return Label("weight", found, token.position) if found else negated(EVERYTHING)

    def _days(self, token: QueryToken, field: str) -> Expression:
        period = _period(token.text)
        if period is None:
            problem = N_("'%(value)s' is not a day, month or year")
            fix = N_("write %(name)s:2026, %(name)s:2026-03 or %(name)s:2026-03-01")
            raise self._error(token, problem, fix, value=token.text[:MAX_QUOTED], name=field)
        first, last = period
        if field == "before":
            # Nothing is before the first day, and an interval must not be empty.
            return negated(EVERYTHING) if first == dt.date.min else Days(last=first - DAY)
        return negated(EVERYTHING) if last == dt.date.max else Days(first=last + DAY)


def _canonical(name: LabelField, value: str) -> str:
    """Return a value in the form stored with releases."""
    if name in {"topic", "kind"} and not SLUG.fullmatch(value):
        return slug_of(value)
    if name == "lang":
        return value.lower().replace("_", "-")
    return value.lower() if name in {"state", "source", "edit"} else value


def _period(text: str) -> tuple[dt.date, dt.date] | None:
    """Return the first and last day of an ISO year, month or day, or None if it is invalid."""
    match = DATE.fullmatch(text.strip())
    if not match:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        first = dt.date(year or 0, month or 1, day or 1)
        until = month or 12
        return first, dt.date(year or 0, until, day or calendar.monthrange(year or 0, until)[1])
    except ValueError:
        return None


def lower_case_operators(text: str) -> tuple[str, ...]:
    """Return "or" and "not" if a query seems to use these words as operators."""
    found = tokens(text)
    words = enumerate(one.text if one.kind == "word" else "" for one in found[:-2])
    return tuple(dict.fromkeys(one for at, one in words if one == "not" or (at and one == "or")))
