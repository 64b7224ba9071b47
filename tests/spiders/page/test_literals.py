"""Literals of JavaScript are read as values, and nothing of them is run."""

from __future__ import annotations

from typing import Any

import pytest

from spiders.page.literals import NoLiteral, first_value

READ = {
    "{a: 1, 'b': \"x\", c: [1, 2,],}": {"a": 1, "b": "x", "c": [1, 2]},
    "{a: void 0, b: !0, c: !1, d: undefined}": {"a": None, "b": True, "c": False, "d": None},
    "{a: new Date(1700000000000)}": {"a": "1700000000000"},
    "{a: `two\nlines`, b: '\\u{1F600}\\x41'}": {"a": "two\nlines", "b": "😀A"},
    "{a: .5, b: 1e3, c: 0x1F}": {"a": 0.5, "b": 1000.0, "c": 31},
    "{a: 1, /* c */ b: 'http://x', // d\n c: 3}": {"a": 1, "b": "http://x", "c": 3},
    "(function(a,b){return {x:a,y:b}}(1,'two'))": {"x": 1, "y": "two"},
    "JSON.parse('{\\\"a\\\":1}')": {"a": 1},
}


@pytest.mark.parametrize("text", READ)
def test_a_literal_is_evaluated(text: str) -> None:
    assert first_value(text, 0)[0] == READ[text]


@pytest.mark.parametrize("text", ["{a: 1+2}", "{a: f(1)}", "alert(1)", "{a:" * 100_000, "{a: 1 /*"])
def test_what_is_not_a_literal_is_not_guessed(text: str) -> None:
    with pytest.raises(NoLiteral):
        first_value(text, 0)


def test_a_second_literal_begins_where_the_first_ends() -> None:
    text = "{a: 1}; window.B = {b: 2}"
    found: list[Any] = []
    at = 0
    while (at := text.find("{", at)) >= 0:
        value, at = first_value(text, at)
        found.append(value)
    assert found == [{"a": 1}, {"b": 2}]
