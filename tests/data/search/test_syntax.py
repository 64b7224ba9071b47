"""The query language: expressions, and faults with their position and a fix."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data.errors import QueryError
from data.search.expression import And, Days, Expression, Label, Not, Term, is_bounded
from data.search.query import TERM, Query, fault_of_older, means_the_same, upgraded
from data.search.syntax import FIELDS, MIN_PREFIX_LETTERS, lower_case_operators, parse
from data.text.folding import fold_search


@pytest.mark.parametrize(
    ("query", "same"),
    [
        ("a b", "a AND b"),
        ("a b OR c d", "(a AND b) OR (c AND d)"),
        ("a (b OR c)", "(c OR b) a"),
        ("NOT a b", "-a b"),
        ("-(a OR b)", "NOT (a OR b)"),
        ("- a", "a"),
        ("a ? OR !", "a"),
        ("-(-a)", "a"),
        ("title:(a b)", "title:a title:b"),
        ("TITLE:a", "title:a"),
        ("title:-a", "-title:a"),
        ("((((a))))", "a"),
        ("state:CORRECTED", "state:corrected"),
        ("edit:Figure,SILENT", "edit:silent,figure"),
        ("weight:>.3", "weight:>0.30"),
        ("weight:>=0.31", "weight:>0.3"),
        ("lang:pt-BR", "lang:pt_br"),
        ('topic:"Press freedom"', "topic:press-freedom"),
        ("信号*", "信号"),
        ("f(x)y", "f x y"),
        ("http://acme.example/", '"http acme example"'),
        ("Update: harbour", "update harbour"),
        ("f(x)-y", "f x -y"),
    ],
)
def test_queries_with_the_same_expression(query: str, same: str) -> None:
    assert _sorted(query) == _sorted(same)


def _sorted(query: str) -> list[str]:
    """The letters of an expression, whatever the order of its parts and their positions."""
    return sorted(re.sub(r"(position|written)=\S+", "", str(parse(query))))


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("after:2025", "2026-01-01", "9999-12-31"),
        ("after:2024-02", "2024-03-01", "9999-12-31"),
        ("after:2024-02-29", "2024-03-01", "9999-12-31"),
        ("before:2024", "0001-01-01", "2023-12-31"),
        ("before:2024-03", "0001-01-01", "2024-02-29"),
        ("before:2024-03-01", "0001-01-01", "2024-02-29"),
    ],
)
def test_days_before_and_after_a_period_exclude_the_period(
    query: str, first: str, last: str
) -> None:
    assert parse(query) == Days(dt.date.fromisoformat(first), dt.date.fromisoformat(last))


@pytest.mark.parametrize("query", ["before:0001", "after:9999", "after:9999-12-31"])
def test_no_day_is_before_the_first_or_after_the_last(query: str) -> None:
    assert Query(f"a {query}").condition == Query("").condition


@pytest.mark.parametrize(
    ("query", "position", "words"),
    [
        ("harbour OR", 8, "OR"),
        ("OR harbour", 0, "OR"),
        ("a AND OR b", 2, "AND"),
        ("a OR (b AND)", 8, "AND"),
        ("a NOT", 2, "NOT"),
        ("(a -)", 3, "a term is missing after"),
        ("(harbour", 0, "not closed"),
        ("a (b (c)", 2, "not closed"),
        ("harbour)", 7, "not opened"),
        ("a ()", 2, "empty"),
        ('a "northern mole', 2, "quotation mark"),
        ("tite:mole", 0, "title"),
        ("a title: mole", 2, "colon"),
        ("title:(a source:b)", 9, "inside"),
        ("ha*", 0, "3 letters"),
        ("before:2024-13", 7, "before:2026"),
        ("after:yesterday", 6, "after:2026"),
        ("state:new", 6, "state:corrected"),
        ("edit:figures", 5, "figure"),
        ("edit:new", 5, "silent"),
        ("weight:0.3", 7, "weight:>0.3"),
        ("weight:>0.333", 7, "weight:>0.3"),
        ("lang:english", 5, "en"),
        ("source:,", 7, "is missing"),
        ("(" * 10_000, 1000, "shorten"),
        ("(" * 500, 21, "nested"),
        ("a " * 33, 64, "32 terms"),
        ("x" * 2000, 1000, "shorten"),
    ],
)
def test_a_fault_has_a_position_and_a_fix(query: str, position: int, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(query)
    error = caught.value
    assert error.position == position
    assert words in str(error)
    line, caret = error.marked()
    assert len(line) <= 130
    if position < len(query):
        assert line[len(caret) - 1] == query[position]


def test_an_unknown_field_is_refused_but_not_an_address() -> None:
    for query in ("author:smith", "topics:transport"):
        with pytest.raises(QueryError, match="no field"):
            parse(query)
    assert parse('"author:smith"') == parse('"author smith"')


def test_only_the_quoted_position_of_a_label_differs() -> None:
    assert parse("source:a,b") == Label("source", frozenset("ab"), 99)


def test_saved_searches_are_replaced_by_their_expressions() -> None:
    saved = {"lights": "lamps OR saved:signals", "signals": "信号", "wrong": "a OR"}
    found = Query("saved:lights -tides", saved=saved).expression
    assert found == parse("(lamps OR 信号) -tides")
    assert Query("saved:(lights OR signals)", saved=saved).expression == parse("lamps OR 信号")
    for text, position, words in (
        ("a saved:light", 8, "lights"),
        ("a saved:wrong", 8, "a term is missing next to OR"),
    ):
        with pytest.raises(QueryError, match=words) as caught:
            _ = Query(text, saved=saved).expression
        assert caught.value.position == position


@pytest.mark.parametrize(
    "saved",
    [
        {"a": "saved:a"},
        {"a": "x saved:b", "b": "saved:c OR y", "c": "-saved:a"},
        {"a": "saved:n0", **{f"n{n}": f"saved:n{n + 1}" for n in range(50)}, "n50": "x"},
        {"a": " OR ".join(f"(saved:b {n})" for n in range(16)), "b": " ".join("bcdfghjk")},
    ],
)
def test_cycles_and_growth_of_saved_searches_are_refused(saved: dict[str, str]) -> None:
    with pytest.raises(QueryError) as caught:
        _ = Query("lamps saved:a", saved=saved).expression
    assert caught.value.position == 12


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a OR b", True),
        ("a -b", True),
        ("-a", False),
        ("a OR -b", False),
        ("-a -b", False),
        ("before:2024 -a", True),
        ("source:x", True),
        ("-source:x", False),
    ],
)
def test_a_query_needs_something_that_is_not_excluded(query: str, *, expected: bool) -> None:
    parsed = parse(query)
    assert parsed is not None
    assert is_bounded(parsed) is expected
    assert Query(query).is_empty is not expected


OLDER = st.text() | st.text(st.sampled_from('ab:"*-() ORNTDtile,信é'), max_size=40)


@given(OLDER)
@example("--*0")
def test_a_query_of_the_older_language_keeps_its_terms(text: str) -> None:
    expected = []
    for minus, phrase, word in TERM.findall(text):
        words = fold_search(phrase or word)
        if words:
            is_prefix = (phrase or word).rstrip().endswith("*")
            is_long = len(words.rpartition(" ")[2]) >= MIN_PREFIX_LETTERS
            expected.append(f"{minus}{words}{'*' if is_prefix and is_long else ''}")
    found = parse(upgraded(text))
    parts = found.parts if isinstance(found, And) else (found,) if found else ()
    # A phrase of one word and the same word may both be there: only the word has other forms.
    assert [*dict.fromkeys(map(_shown, parts))] == [*dict.fromkeys(expected)]


def _shown(one: Expression) -> str:
    """A term in the syntax of the older language."""
    if isinstance(one, Not):
        return f"-{_shown(one.part)}"
    assert isinstance(one, Term)
    return f"{one.words}{'*' if one.prefix else ''}"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('harbour "northern mole" -drill harb*', True),
        ("storm OR surge", False),
        ("(harbour)", True),
        ("title:mole", False),
        ('"unclosed', False),
        ("Update: a", True),
        ("f(x)", False),
    ],
)
def test_queries_with_one_meaning_in_both_versions(query: str, *, expected: bool) -> None:
    assert means_the_same(query) is expected


def test_queries_that_the_older_language_cut_off() -> None:
    assert "1000 characters" in fault_of_older("a" * 1001)
    assert "32 words" in fault_of_older("a " * 33)
    assert fault_of_older("a") == ""


def test_operators_in_lower_case_are_noticed() -> None:
    assert lower_case_operators('storm or surge "or" and not flood') == ("or", "not")
    assert lower_case_operators("or storm not") == ()
    assert lower_case_operators("not storm") == ("not",)


def test_the_examples_of_the_documentation_are_valid_and_name_all_fields() -> None:
    text = Path(__file__).parents[3].joinpath("docs/reference/queries.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    examples = [one for row in rows for one in re.findall("`([^`]+)`", row) if one != "AND"]
    assert len(examples) >= 20
    assert all(parse(one) for one in examples)
    assert {name for name in FIELDS if any(f"{name}:" in one for one in examples)} == {*FIELDS}
