"""Which selectors of a source file match nothing on the pages that they are for.

What is left out is detected, but what a person wrote is meant: a selector that matches nothing is
a mistake, or the site has changed. Some releases may lack a section or what is to be dropped; all
of several don't, where the selector is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from lxml import etree

from spiders.page.css import CssSelector
from spiders.page.page import Page
from spiders.sources.source_file import ListingRules, ReleaseRules

NEEDED: Final = ("title", "published", "body")
"""Fields of a release that every page of a kind has."""

ALSO: Final = ("section", "publisher")
"""Fields that a page may lack."""

ENOUGH: Final = 3
"""Pages without what a page may lack, from which on the selector is wrong."""


def listing_matches(page: Page, rules: ListingRules) -> Iterator[tuple[str, str, bool]]:
    """Of each selector for a listing its key, itself, and whether it matches on the first page."""
    items = [*outermost(CssSelector(rules.item).elements(page.tree))] if rules.item else [page.tree]
    for name in ("item", "next"):
        if selector := getattr(rules, name):
            yield f"listing.{name}", selector, bool(CssSelector(selector).found(page.tree))
    for name in ("link", "title", "published"):
        if selector := getattr(rules, name):
            find = CssSelector(selector)
            yield f"listing.{name}", selector, any(find.found(item) for item in items)


def release_matches(page: Page, rules: ReleaseRules) -> Iterator[tuple[str, str, bool]]:
    """The same of a release page; what is dropped from its text is not looked for."""
    for name in (*NEEDED, *ALSO):
        selector = getattr(rules, name)
        if selector:
            yield f"release.{name}", selector, bool(CssSelector(selector).found(page.tree))


def outermost(items: Iterable[etree._Element]) -> Iterator[etree._Element]:
    """The items that lie in no other item: what an inner one contains they contain as well."""
    inside: set[etree._Element] = set()
    for item in items:
        if item not in inside:
            yield item
            inside.update(item.iter())


class Unmatched:
    """Counts on how many pages of a visit each selector matches."""

    def __init__(self) -> None:
        self.looked_at: dict[str, tuple[str, int, bool]] = {}
        """By key the selector, the pages that were looked at, and whether any matched."""

    def note(self, matches: Iterable[tuple[str, str, bool]]) -> None:
        """Take in a page."""
        for key, selector, matched in matches:
            _, pages, before = self.looked_at.get(key, (selector, 0, False))
            self.looked_at[key] = (selector, pages + 1, before or matched)

    def found(self, before: Iterable[str]) -> tuple[str, ...]:
        """The keys of the selectors that match nothing, after those of the visit ``before``.

        One that no page was looked at for is as it was before.
        """
        matched = {key for key, (_, _, found) in self.looked_at.items() if found}
        return tuple(sorted({*before, *(key for key, _, _ in self.without())} - matched))

    def without(self) -> Iterator[tuple[str, str, int]]:
        """The selectors that match nothing: key, selector, and on how many pages."""
        for key, (selector, pages, matched) in self.looked_at.items():
            least = ENOUGH if key.partition(".")[2] in ALSO else 1
            if not matched and pages >= least:
                yield key, selector, pages


def told(key: str, selector: str, pages: int) -> str:
    """A sentence on a selector that matches nothing."""
    on = "the page" if pages == 1 else f"any of {pages} pages"
    return f"{key} ({selector!r}) matches nothing on {on}: correct it in the source file"
