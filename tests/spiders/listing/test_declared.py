"""A listing by declared selectors, whatever its items lie in."""

from __future__ import annotations

from data.dates.context import DateContext
from spiders.listing.declared import declared_items
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
