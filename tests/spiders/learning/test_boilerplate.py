"""What repeats over pages is found in time that grows with their length alone."""

from __future__ import annotations

import pytest
from lxml import etree

from spiders.learning import samples
from spiders.learning.samples import MAX_VISITS, Body, parts_with_tables, repeated, unread
from spiders.page.css import CssSelector
from spiders.page.phrases import comparison_key
from tests.counted_tree import counted_tree


def bodies(count: int, name: str) -> list[Body]:
    """Two bodies with so many elements that hold no text of the release."""
    found = []
    for _ in range(2):
        inside = "".join(
            f"<p class='{name.format(chr(97 + n % 26) * (n // 26 + 1))}'>x</p>"
            for n in range(count)
        )
        root = etree.fromstring(f"<div><b>kept</b>{inside}</div>", etree.HTMLParser())
        body = root.find(".//div")
        assert body is not None
        # All are in a wanted element too, so no selector is ever right.
        found.append(Body(body, frozenset(body), tuple(body)[1:]))
    return found


@pytest.mark.parametrize("name", ["share", "share-{}"])
def test_each_selector_is_tried_once_and_a_bounded_number_in_all(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    visited = 0

    class Counted(CssSelector):
        def elements(self, root: etree._Element) -> list[etree._Element]:
            nonlocal visited
            visited += sum(1 for _ in root.iter())
            return super().elements(root)

    monkeypatch.setattr(samples, "CssSelector", Counted)
    monkeypatch.setattr(samples, "MAX_VISITS", MAX_VISITS // 20)
    assert unread(bodies(400, name)) == ()
    assert visited <= MAX_VISITS // 20 + 2 * 2 * 402


@pytest.mark.parametrize("inside", ["<table><tr><td>", "<div><table>", "<b><td><i>"])
def test_elements_around_tables_are_looked_at_once_each(inside: str) -> None:
    few, many = (counted_tree("<div>" + inside * count) for count in (60, 120))
    parts_with_tables(few.root)
    parts_with_tables(many.root)
    assert many.visits < 2.5 * few.visits + 10


def test_tables_their_parts_and_their_containers_are_found() -> None:
    root = etree.fromstring(
        "<div id=a><p id=b>x</p><figure id=c><table id=d><tr id=e><td id=f><i id=g>x"
        "</table></figure><figure id=h><img></figure></div>",
        etree.HTMLParser(),
    )
    found = {one.get("id") for one in parts_with_tables(root)} - {None}
    assert found == {"a", "c", "d", "e", "f"}


def test_each_line_is_normalized_once_to_find_repetitions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bodies of one very long line took a second for each squashing."""
    squashed: list[str] = []

    def counted(line: str) -> str:
        squashed.append(line)
        return comparison_key(line)

    monkeypatch.setattr(samples, "comparison_key", counted)
    bodies = [[f"Ship {n} came in.", "", f"Lamp {n} was lit.", "Press office"] for n in range(3)]
    assert repeated(bodies, frozenset({"pressoffice"})) == ("Press office",)
    assert len(squashed) == sum(map(len, bodies))
