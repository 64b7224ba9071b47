"""Line breaks and layout tables of bodies become paragraphs, and the text stays."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data.text.html_text import text_of
from data.text.paragraphing import with_paragraphs
from data.text.sanitize import sanitize_absolute
from tests.examples import examples

EMPTY = "<table><tr><td>&nbsp;</td></tr></table>"


@pytest.mark.parametrize(
    ("html", "made"),
    [
        ("One<br><br>\nTwo<br>lines<br><br>\n<hr><br>", "<p>One</p><p>Two<br>lines</p>"),
        ("One<br>&nbsp;<br><br>Two", "<p>One</p><p>Two</p>"),
        ("<p>One</p><hr><br>\n", "<p>One</p>"),
        ('<p lang="az">One<br><br>Two</p>', '<p lang="az">One</p><p lang="az">Two</p>'),
        ("<b>One<br><br>Two</b> x", "<p><b>One</b></p><p><b>Two</b> x</p>"),
        ("<div>One<br><br>Two</div>", "<div><p>One</p><p>Two</p></div>"),
        ("One<br><br><ul><li>a</li></ul>", "<p>One</p><ul><li>a</li></ul>"),
        ("One<br><br>Two<ul><li>a</li></ul>", "<p>One</p><p>Two</p><ul><li>a</li></ul>"),
        (
            f"<table><tr><td></td><td>One<br><br>Two</td></tr><tr><td>{EMPTY}</td></tr></table>",
            "<div><p>One</p><p>Two</p></div>",
        ),
        ("<pre>One<br><br>Two</pre>", "<pre>One<br><br>Two</pre>"),
        ("One<br>Two", "One<br>Two"),
        ("One<table></table>Two", "One Two"),
    ],
)
def test_line_breaks_and_layout_tables_become_paragraphs(html: str, made: str) -> None:
    assert with_paragraphs(html) == made


@pytest.mark.parametrize(
    "table",
    [
        "<table><tbody><tr><td>06:30</td><td>07:20</td></tr></tbody></table>",
        "<table><tbody><tr><th>Depth</th></tr><tr><td>8 m</td></tr></tbody></table>",
        "<table><caption>Depths</caption><tbody><tr><td>8 m</td></tr></tbody></table>",
    ],
)
def test_a_data_table_is_kept(table: str) -> None:
    assert with_paragraphs(f"One<br><br>Two{table}") == f"<p>One</p><p>Two</p>{table}"


PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "a",
                " ",
                "b ",
                "&nbsp;",
                "<br>",
                "<br><br>",
                "<hr>",
                "<p>",
                "</p>",
                "<div>",
                "</div>",
            ),
            *("<b>", "</b>", "<i>", "</i>", "<span>", "</span>", "<ul><li>", "</li></ul>"),
            *(
                "<table>",
                "</table>",
                "<tr>",
                "<td>",
                "<th>",
                "<pre>",
                "<blockquote>",
                "<a href='/x'>",
            ),
        ]
    ),
    max_size=30,
).map("".join)


def test_text_with_a_rule_in_an_inline_element_is_in_no_paragraph() -> None:
    safe = sanitize_absolute("<table><td>a<b>a<hr></b> and more</td></table>")
    made = with_paragraphs(safe)
    assert made == "<div>a<b>a<hr></b> and more</div>"
    assert sanitize_absolute(made) == made


@examples(200)
@given(PIECES)
@example("<table><td>a<b><hr>")
@example("<table><td>a<b>a<hr>")
@example("a<table><table>a")
@example("<a href='/x'><table><td><a href='/x'>a")
def test_the_text_is_kept_and_a_second_pass_changes_nothing(html: str) -> None:
    safe = sanitize_absolute(html)
    made = with_paragraphs(safe)
    assert with_paragraphs(made) == made
    # Links may be nested in a table, but no longer once it is unwrapped.
    assert sanitize_absolute(made) == made or safe.count("<a ") > 1
    assert text_of(made).split() == text_of(safe).split()


@pytest.mark.parametrize(
    "html",
    [
        "a<br><br>" * 4_000,
        "<p title='%s'>" % ("x" * 50_000) + "a<br><br>" * 4_000,
        "<b><i><u><s>" * 30 + "a<br><br>" * 4_000,
        "<table><tr><td>" * 5_000 + "a",
        "<table><tr><td>a" * 5_000,
        "<div><br><br>" * 4_000,
        "<table></table><br>" * 4_000,
    ],
)
def test_output_for_hostile_html_is_at_most_four_times_as_long(html: str) -> None:
    safe = sanitize_absolute(html)
    assert len(with_paragraphs(safe)) < 4 * len(safe) + 100
