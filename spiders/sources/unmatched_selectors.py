"""Find the selectors in a source file that match nothing on the source's pages.

Such a selector is wrong, or the site has changed. Some fields, such as the section, may be missing
on single pages, but not on all of several pages.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from lxml import etree

from spiders.page.css import CssSelector
from spiders.page.page import Page
from spiders.sources.source_file import ListingRules, ReleaseRules

NEEDED_FIELDS: Final = ("title", "published", "body")
"""Fields that every release page has."""

OPTIONAL_FIELDS: Final = ("section", "publisher")
"""Fields that may be missing on some release pages."""

MIN_UNMATCHED_PAGES: Final = 3
"""The selector of an optional field is reported if at least this many pages were checked and it
matches on none of them."""


def listing_matches(page: Page, rules: ListingRules) -> Iterator[tuple[str, str, bool]]:
    """Yield the key and selector of each listing rule, and whether the selector matches."""
    items = [*outermost(CssSelector(rules.item).elements(page.tree))] if rules.item else [page.tree]
    for name in ("item", "next"):
        if selector := getattr(rules, name):
            yield f"listing.{name}", selector, bool(CssSelector(selector).found(page.tree))
    for name in ("link", "title", "published"):
        if selector := getattr(rules, name):
            find = CssSelector(selector)
            yield f"listing.{name}", selector, any(find.found(item) for item in items)


def release_matches(page: Page, rules: ReleaseRules) -> Iterator[tuple[str, str, bool]]:
    """Yield the key and selector of each release rule, and whether the selector matches.

    `drop` selectors are not checked.
    """
    for name in (*NEEDED_FIELDS, *OPTIONAL_FIELDS):
        selector = getattr(rules, name)
        if selector:
            yield f"release.{name}", selector, bool(CssSelector(selector).found(page.tree))


def outermost(items: Iterable[etree._Element]) -> Iterator[etree._Element]:
    """Yield the item elements that are not inside another item element."""
    inside: set[etree._Element] = set()
    for item in items:
        if item not in inside:
            yield item
            inside.update(item.iter())


class Unmatched:
    """Counts, for each selector, the pages of a visit on which it was checked and matched."""

    def __init__(self) -> None:
        self.looked_at: dict[str, tuple[str, int, bool]] = {}
        """Selector, number of checked pages, and whether any page matched, by key."""

    def note(self, matches: Iterable[tuple[str, str, bool]]) -> None:
        """Add the results of `listing_matches` or `release_matches` for one page."""
        for key, selector, matched in matches:
            _, pages, before = self.looked_at.get(key, (selector, 0, False))
            self.looked_at[key] = (selector, pages + 1, before or matched)

    def found(self, before: Iterable[str]) -> tuple[str, ...]:
        """Return the keys of the selectors that match nothing.

        ``before`` contains the keys that the previous visit reported, which stay reported until
        their selectors match again.
        """
        matched = {key for key, (_, _, found) in self.looked_at.items() if found}
        return tuple(sorted({*before, *(key for key, _, _ in self.without())} - matched))

    def without(self) -> Iterator[tuple[str, str, int]]:
        """Yield the selectors that match nothing: key, selector, and number of checked pages."""
        for key, (selector, pages, matched) in self.looked_at.items():
            least = MIN_UNMATCHED_PAGES if key.partition(".")[2] in OPTIONAL_FIELDS else 1
            if not matched and pages >= least:
                yield key, selector, pages


def message_about(key: str, selector: str, pages: int) -> str:
    """Return a message about a selector that matches nothing on ``pages`` pages."""
    on = "the page" if pages == 1 else f"any of {pages} pages"
    return f"{key} ({selector!r}) matches nothing on {on}: correct it in the source file"
