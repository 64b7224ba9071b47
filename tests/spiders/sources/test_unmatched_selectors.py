"""Selectors that match nothing are told, once enough pages were looked at."""

from __future__ import annotations

from spiders.page.page import Page
from spiders.sources.source_file import ListingRules, ReleaseRules
from spiders.sources.unmatched_selectors import (
    Unmatched,
    listing_matches,
    message_about,
    release_matches,
)
from tests.press_room import listing_html, release_html

LISTING = Page("https://harbour.example/news/", listing_html([1, 2]).encode())
RELEASE = Page("https://harbour.example/news/1", release_html(1).encode())


def test_selectors_of_a_listing_are_looked_for_within_its_items() -> None:
    rules = ListingRules(
        item="li.row", link="a::attr(href)", title="h3", published=".date::text", next="a.next"
    )
    found = {key: matched for key, _, matched in listing_matches(LISTING, rules)}
    assert found == {
        "listing.item": True,
        "listing.link": True,
        "listing.title": False,
        "listing.published": True,
        "listing.next": False,
    }


def test_a_field_of_every_release_is_missed_after_one_page_and_others_after_three() -> None:
    rules = ReleaseRules(title="h1", body="div.article", section=".section", drop=(".share",))
    unmatched = Unmatched()
    for pages, missing in ((1, 1), (2, 1), (3, 2)):
        unmatched.note(release_matches(RELEASE, rules))
        assert len([*unmatched.without()]) == missing, pages
    assert unmatched.found(()) == ("release.body", "release.section")


def test_a_selector_that_matches_a_page_works_and_untried_ones_are_unchanged() -> None:
    unmatched = Unmatched()
    unmatched.note([("release.body", ".a", False)])
    unmatched.note([("release.body", ".a", True), ("release.title", "h9", False)])
    assert unmatched.found(("release.body", "listing.next")) == ("listing.next", "release.title")


def test_the_sentence_names_key_and_selector() -> None:
    assert message_about("release.body", ".a", 3) == (
        "release.body ('.a') matches nothing on any of 3 pages: correct it in the source file"
    )
