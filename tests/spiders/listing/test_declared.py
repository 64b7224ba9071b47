"""A listing by declared selectors, whatever its items lie in."""

from __future__ import annotations

from data.dates.context import DateContext
from spiders.listing.declared import CUT, NESTED, declared_items
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.sources.source_file import ListingRules
from tests.counted_tree import CountedTree, counted_tree

RULES = ListingRules(item="li")


def page_of(tree: CountedTree) -> Page:
    """A page with a tree whose visits are counted."""
    page = Page("http://harbour.example/news/", b"")
    page.__dict__["tree"] = tree.root
    return page


def test_items_in_items_are_read_a_few_times_each() -> None:
    visits = []
    for count in (60, 120):
        tree = counted_tree("<ul><li><b>Ships</b><a href=/news/1>Ships counted</a>" * count)
        declared_items(page_of(tree), DateContext("UTC"), RULES)
        visits.append(tree.visits)
    assert visits[1] < 2.5 * visits[0]


def test_a_list_in_a_list_is_read_with_it() -> None:
    tree = counted_tree(
        "<ul><li><a href=/a>March</a><ul><li><a href=/b>Lamps</a><li><a href=/c>Ships</a></ul></ul>"
    )
    found = declared_items(page_of(tree), DateContext("UTC"), RULES)
    assert [one.title for one in found] == ["March", "Lamps", "Ships"]


def test_dates_in_dates_are_read_a_few_times_each() -> None:
    rules = ListingRules(item="li", published="i")
    visits = []
    for count in (60, 120):
        tree = counted_tree("<ul><li><a href=/a>Ships</a><i>2 March 2026" * count)
        declared_items(page_of(tree), DateContext("UTC"), rules)
        visits.append(tree.visits)
    assert visits[1] < 2.5 * visits[0]


def test_a_page_whose_titles_overlap_too_much_keeps_its_addresses() -> None:
    rules = ListingRules(item="li", link="a", title="b", published="i")
    inside = "".join(f"<i>2 March <b>{place}</b>" for place in range(100)) + "</i>" * 100
    tree = counted_tree(f"<ul><li>{inside}<a href=/a>Ships</a><li><a href=/b>Lamps</a></ul>")
    reasons: list[str] = []
    found = declared_items(page_of(tree), DateContext("UTC"), rules, reasons)
    assert [one.url for one in found] == ["http://harbour.example/a", "http://harbour.example/b"]
    assert reasons == [CUT]


def test_items_in_too_many_items_are_reported() -> None:
    page = Page("http://harbour.example/news/", b"<ul><li><a href=/a>Ships</a>" * 9)
    assert NESTED in read_listing(page, DateContext("UTC"), RULES).reasons
    page = Page("http://harbour.example/news/", b"<ul><li><a href=/a>Ships</a></ul>" * 9)
    assert not read_listing(page, DateContext("UTC"), RULES).reasons


def test_several_items_and_dates_are_combined_rightly() -> None:
    """The days of ``li, p`` with ``i, b`` are those in each, and settle the order of all."""
    rules = ListingRules(item="li, p", published="i, b")
    body = b"<li><a href=/a>Ships</a> 25/12/2024 <i>03/04/2026</i><p><a href=/b>Lamps</a>"
    page = Page("http://harbour.example/news/", body + b"<b>02/27/2026</b>")
    days = [
        str(one.published.day)
        for one in declared_items(page, DateContext("UTC"), rules)
        if one.published
    ]
    assert days == ["2026-03-04", "2026-02-27"]
