"""Tags with so many attributes that a parser would need hours for them."""

from __future__ import annotations

import pytest

from spiders.page import Page
from spiders.taming import LARGE, MOST, tamed

WAYS = (
    'a{}="x"', "a{}", "a{}=x", 'a{}=">"', "a{}='<'", "a{}/", '="a{}', '"a{}"', "a{} =  x",
    "a{}='\"'",
)  # fmt: skip


def wide(way: str) -> bytes:
    """A large page with one tag that has far too many attributes."""
    names = " ".join(way.format(number) for number in range(LARGE // len(way)))
    return f"<html><body><h1>Before</h1><div class=top {names}>within</div><p>after".encode()


@pytest.mark.parametrize("way", WAYS)
def test_a_tag_with_far_too_many_attributes_loses_them(way: str) -> None:
    tree = Page("https://harbour.example/", wide(way)).tree
    assert max(len(element.attrib) for element in tree.iter()) < MOST
    assert "".join(map(str, tree.itertext())).startswith("Before")


def test_the_text_around_such_a_tag_stays() -> None:
    tree = Page("https://harbour.example/", wide('a{}="x"')).tree
    assert [*map(str, tree.itertext())] == ["Before", "within", "after"]


def test_large_pages_of_ordinary_tags_stay_as_they_are() -> None:
    image = f"<img src='data:image/png;base64,{'QUJD' * 40_000}' alt=\"a > b\">"
    page = f"<html><body>{image}{'<p class=x id=y>text</p>' * 30_000}".encode()
    assert len(page) > LARGE
    assert tamed(page) == page


def test_small_pages_are_not_looked_at() -> None:
    page = b"<div " + b" a" * 10_000 + b">"
    assert tamed(page) is page
