"""Tags with so many attributes that a parser would need hours for them."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from data.dates.context import DateContext
from data.text import markup
from data.text.markup import MAX_ATTRIBUTES, MAX_TAGS, MIN_CHECKED_BYTES, without_oversized_tags
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.release.read import read_release

READING = DateContext("UTC", now=dt.datetime(2026, 11, 20, tzinfo=dt.UTC))

WAYS = (
    'a{}="x"', "a{}", "a{}=x", 'a{}=">"', "a{}='<'", "a{}/", '="a{}', '"a{}"', "a{} =  x",
    "a{}='\"'",
)  # fmt: skip


def wide(way: str) -> bytes:
    """A large page with one tag that has far too many attributes."""
    names = " ".join(way.format(number) for number in range(MIN_CHECKED_BYTES // len(way)))
    return f"<html><body><h1>Before</h1><div class=top {names}>within</div><p>after".encode()


@pytest.mark.parametrize("way", WAYS)
def test_a_tag_with_far_too_many_attributes_loses_them(way: str) -> None:
    tree = Page("https://harbour.example/", wide(way)).tree
    assert max(len(element.attrib) for element in tree.iter()) <= MAX_ATTRIBUTES
    assert "".join(map(str, tree.itertext())).startswith("Before")


def test_the_text_around_such_a_tag_is_kept() -> None:
    tree = Page("https://harbour.example/", wide('a{}="x"')).tree
    assert [*map(str, tree.itertext())] == ["Before", "within", "after"]


@pytest.mark.thorough
@pytest.mark.parametrize(
    "hidden",
    [
        "<script>i<b c='</script>", '<style>a<b c="</style>', "<!-- <b c=' -->",
        "<textarea><b c='</textarea>", "<title>a <b c='</title>", "<![CDATA[ <b c=' ]]>",
        "<script><!--<script>i<b c='</script>--></script>", "</ <b c='>", "<?php <b c='>",
        "<script>i<b c='</script><script>i<b c=\"'</script>",
    ],
)  # fmt: skip
def test_no_quote_that_only_seems_to_begin_hides_such_a_tag(hidden: str) -> None:
    for way in WAYS:
        page = wide(way).replace(b"<h1>Before</h1>", b"<h1>Before</h1>" + hidden.encode())
        tree = Page("https://harbour.example/", page).tree
        assert max(len(element.attrib) for element in tree.iter()) <= MAX_ATTRIBUTES, way
        assert "".join(map(str, tree.itertext())).startswith("Before"), way


def test_a_page_is_cut_at_endlessly_nested_tags() -> None:
    page = b"<p>Before</p>" + b"<b c='<b d=\"" * 60_000
    kept, cut = without_oversized_tags(page)
    assert cut
    assert b"<p>Before</p>" in kept
    assert len(kept) < len(page)


def test_a_page_that_is_cut_keeps_no_such_tag_before_the_cut() -> None:
    page = wide("a{}") + b"<b c='<b d=\"" * 60_000
    tree = Page("https://harbour.example/", page).tree
    assert max(len(element.attrib) for element in tree.iter()) <= MAX_ATTRIBUTES


def test_the_first_attributes_of_such_a_tag_stay() -> None:
    tree = Page("https://harbour.example/", wide("a{}")).tree
    assert [node.get("class") for node in tree.iter("div")] == ["top"]


def test_large_pages_of_ordinary_tags_stay_as_they_are() -> None:
    image = f"<img src='data:image/png;base64,{'QUJD' * 40_000}' alt=\"a > b\">"
    state = f"<div data-state='{json.dumps([{'a': 1}] * 5_000)}'>"
    page = f"<html><body>{image}{state}{'<p class=x id=y>text</p>' * 30_000}".encode()
    assert len(page) > MIN_CHECKED_BYTES
    assert without_oversized_tags(page) == (page, False)


def test_small_pages_are_not_looked_at() -> None:
    page = b"<div " + b" a" * 10_000 + b">"
    assert without_oversized_tags(page) == (page, False)


def test_a_page_with_too_many_tags_is_cut_between_tags() -> None:
    page = b"<html><body>" + b"word<br>" * 2_000_000
    kept, cut = without_oversized_tags(page)
    assert cut
    assert kept.count(b"<") == MAX_TAGS
    assert page.startswith(kept)
    assert kept.endswith(b"word")


@pytest.mark.thorough
def test_truncated_releases_and_listings_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markup, "MAX_TAGS", 4_000)
    rows = "".join(f"<li><a href=/n/{n}>Notice {n} of ships</a> 2 March 2026" for n in range(3_000))
    page = Page("https://harbour.example/", f"<h1>Notices</h1><ul>{rows}".encode())
    assert any("only its beginning" in reason for reason in read_release(page, READING).reasons)
    listing = read_listing(page, READING)
    assert any("only the first" in reason for reason in listing.reasons)
    assert listing.items[0].url == "https://harbour.example/n/0"
