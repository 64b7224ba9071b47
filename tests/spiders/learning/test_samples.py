"""Where values stand on a page is found in time that grows with its length alone."""

from __future__ import annotations

import pytest

from data.dates.context import DateContext
from data.models import Content
from spiders.items import ExtractedRelease
from spiders.learning import samples
from spiders.learning.samples import Sample
from spiders.page.page import Page
from tests.counted_tree import CountedTree, counted_tree


def read_of(title: str, text: str) -> ExtractedRelease:
    """What was read of a page."""
    return ExtractedRelease("http://harbour.example/1", Content(title, body_text=text))


def sample_of(tree: CountedTree, title: str = "Lamps", text: str = "") -> Sample:
    """A page with a tree whose visits are counted."""
    page = Page("http://harbour.example/1", b"")
    page.__dict__["tree"] = tree.root
    return Sample(page, read_of(title, text), DateContext("UTC"))


@pytest.mark.parametrize("inside", ["<div>", "<table><tr><td>", "<b></b><div><i>"])
def test_titles_are_looked_for_once_in_each_element(inside: str) -> None:
    few, many = (counted_tree(inside * count) for count in (60, 120))
    for one in (few, many):
        assert [*sample_of(one).titles()] == []
    assert many.visits < 2.5 * few.visits


def test_a_title_is_found_in_the_innermost_element_with_it() -> None:
    tree = counted_tree("<div><p class=a><b>La</b>mps </p><p>Lamps and ships</p></div>")
    assert [(one.get("class"), how) for one, how in sample_of(tree).titles()] == [("a", "")]


def test_the_inmost_element_that_holds_a_body_is_found_with_those_around_it() -> None:
    lines = [f"Ship number {n} came in at the eastern pier." for n in range(9)]
    inside = "".join(f"<div><p>{line}</p></div>" for line in lines)
    tree = counted_tree(
        f"<body><section><div class=text>{inside}</div></section><p>Foot</p></body>"
    )
    chain = sample_of(tree, text="\n".join(lines)).chain
    assert [one.get("class") or one.tag for one in chain] == ["text", "section", "body", "html"]


@pytest.mark.parametrize("inside", ["<div><p>{}</p>", "<ul><li>{}"])
def test_holders_of_a_body_are_weighed_once_each(inside: str) -> None:
    visits = []
    for count in (60, 120):
        lines = [f"Ship number {n} came in at the pier." for n in range(count)]
        tree = counted_tree("".join(map(inside.format, lines)))
        one = sample_of(tree, text="\n".join(lines))
        assert one.runs
        tree.visits = 0
        assert one.chain
        visits.append(tree.visits)
    assert visits[1] < 2.5 * visits[0] + 10


def test_lines_are_searched_for_once_and_in_the_beginning_of_a_long_body(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(samples, "MAX_SEARCHED", 40)
    text = "Ships were counted at the eastern pier of the town, and lamps were lit in the harbour."
    one = sample_of(counted_tree("<p>x</p>"), text=text)
    assert one.says("counted at the eastern pier")
    assert not one.says("lamps were lit in the harbour")
    assert one.says(text)
