"""Selectors with combinators find what XPath finds, on pages of any shape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from parsel.csstranslator import HTMLTranslator

from spiders.page.css import CssSelector, is_element
from tests.examples import examples, thorough

COMPOUNDS = (
    *("div", "p", "b.x", "*", "#k", ".x", "p:not(.x)", "p:nth-of-type(2)", "div:has(b)"),
    *(":nth-child(2n+1)", "b:nth-last-child(-n+2)", "p:nth-last-of-type(2)", "b:first-child"),
    *("div:last-child", "p:only-child", "b:first-of-type", "div:only-of-type"),
    *(
        "p:not(div p)",
        "b:not(.x ~ b).x",
        "p:not(b + p > div)",
        "p:has(~ .x)",
        "p:has(+ p):not(b b)",
    ),
    *("div:has(> b, + p)", ":not(:has(~ p))", "div:has(b > p)", "b:not(p:has(b))"),
    *("p:not(p:nth-of-type(2))", ":not(b:last-of-type)", "[class='count(preceding-sibling::*)']"),
)
COMBINATORS = (" ", " > ", " + ", " ~ ")
ENDS = ("", "", "::text", "::attr(class)")


def tree_of(markup: str) -> etree._Element:
    """The tree of a page."""
    return etree.fromstring(markup, etree.HTMLParser(huge_tree=True))


@st.composite
def selectors(draw: st.DrawFn) -> str:
    """One or two selectors, each with up to three combinators."""
    found = []
    for _ in range(draw(st.integers(1, 2))):
        parts = [draw(st.sampled_from(COMPOUNDS))]
        for _ in range(draw(st.integers(0, 3))):
            parts += draw(st.sampled_from(COMBINATORS)), draw(st.sampled_from(COMPOUNDS))
        # parsel's XPath of `p *::text` wrongly finds the texts of the p itself, too.
        ends = ENDS[:1] if parts[-1] == "*" else ENDS
        found.append("".join(parts) + draw(st.sampled_from(ends)))
    return ", ".join(found)


MARKUP = st.recursive(
    st.sampled_from(("ships", "lamps", "<!--c-->")),
    lambda inner: st.builds(
        lambda tag, kind, parts: f"<{tag}{kind}>{''.join(parts)}</{tag}>",
        st.sampled_from(("div", "b", "span", "ul")),
        st.sampled_from(("", " class=x", " id=k")),
        st.lists(inner, max_size=4),
    ),
    max_leaves=30,
)


@given(st.lists(MARKUP, max_size=3), selectors(), st.booleans())
@examples(200)
def test_combinators_match_the_same_elements_as_xpath(
    parts: list[str],
    selector: str,
    within: bool,  # noqa: FBT001 - Hypothesis gives it
) -> None:
    root = tree_of(f"<body><p class=x>{'<p>'.join(parts)}<p><b class=x>x</b>")
    prefix = "descendant::" if within else "descendant-or-self::"
    found = root.xpath(HTMLTranslator().css_to_xpath(selector, prefix=prefix))
    assert isinstance(found, list)
    expected = [one if is_element(one) else str(one) for one in found]
    assert CssSelector(selector, within=within).found(root) == expected


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("selector", "markup", "count"),
    [
        ("div div p", "<div>" * 2000 + "<p>a</p>" * 20_000, 20_000),
        ("p ~ p b", "<p><b>a</b></p>" * 40_000, 39_999),
        ("p:has(~ b)", "<p>a</p>" * 80_000, 0),
        ("p:nth-of-type(2)", "<p>a</p>" * 150_000, 1),
        *thorough(
            ("p + p b", "<p><b>a</b></p>" * 40_000, 39_999),
            ("b:not(p ~ b)", "<p>a</p><b>x</b>" * 40_000, 0),
            ("p:not(b + p)", "<p>a</p>" * 80_000, 80_000),
            ("p:not(:has(~ p))", "<p>a</p>" * 80_000, 1),
            ("p:not(div p)", "<div>" * 1_500 + "<p>a</p>" * 60_000, 0),
            ("b.x, p", "<p><b class=x>a</b></p>" * 80_000, 160_000),
            ("p:nth-last-child(3)", "<p>a</p>" * 150_000, 1),
            ("p:not(:first-child):not(p:last-of-type)", "<p>a</p>" * 150_000, 149_998),
        ),
    ],
)
def test_selectors_take_linear_time(selector: str, markup: str, count: int) -> None:
    """XPath takes cubic or quadratic time: minutes for each of these pages."""
    assert len(CssSelector(selector).found(tree_of(markup))) == count


def test_a_selector_that_is_wrong_is_refused() -> None:
    for selector in ("div > p::first-letter", "div > ", "div p:hover(2)"):
        with pytest.raises(ValueError, match=r"\S"):
            CssSelector(selector)


@pytest.mark.parametrize(
    ("markup", "apart"),
    [
        ("<div class=x><b>11/26/26</b><i>9 views</i></div>", "11/26/26 9 views"),
        ("<div class=x><p>26.11.2026</p><p>09:30</p></div>", "26.11.2026 09:30"),
        ("<div class=x>26<sup>th</sup> May</div>", "26th May"),
        ("<div class=x>No. <b>4</b>/<b>26</b></div>", "No. 4/26"),
        ("<div class=x> <b>4</b> <b>5</b> </div>", "4 5"),
    ],
)
def test_figures_of_neighbouring_elements_stay_apart(markup: str, apart: str) -> None:
    assert CssSelector("div.x").value(tree_of(markup), apart=True) == apart
    assert CssSelector("div.x").value(tree_of(markup)) == apart.replace("26 9", "269").replace(
        "2026 0", "20260"
    )
