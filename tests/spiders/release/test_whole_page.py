"""A single page: all of its text, and only those dates that are not merely the day of the visit."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pytest

from data.dates.context import DateContext
from data.models import Content
from spiders.page.page import Page
from spiders.release.read import read_release
from spiders.release.whole_page import with_whole_text
from spiders.sources.source_file import ReleaseRules

CONTEXT: Final = DateContext("UTC", now=dt.datetime(2026, 8, 1, 12, tzinfo=dt.UTC))
DETECTED: Final = ReleaseRules()
VISIBLE: Final = "<p>1 August 2026</p>"
STATED: Final = (
    '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Pier 3 is open", '
    '"datePublished": "2026-08-01T08:00:00Z"}</script>'
)


def read(begin: str, rules: ReleaseRules = DETECTED) -> Content:
    html = (
        f"<html lang=en><head><title>Pier 3 is open</title></head><body><main><h1>Pier 3 is open"
        f"</h1>{begin}<p>The harbour board opened the new pier to all ships.</p></main></body>"
    )
    page = Page("https://harbour.example/pier", html.encode())
    return with_whole_text(page, read_release(page, CONTEXT, rules), rules, CONTEXT, None).content


def test_a_visible_date_of_today_is_no_date_of_publication() -> None:
    assert read(VISIBLE).published is None


@pytest.mark.parametrize("begin", [STATED, VISIBLE + STATED])
def test_a_page_that_states_today_as_its_publication_date_has_it(begin: str) -> None:
    published = read(begin).published
    assert published
    assert published.day == CONTEXT.now.date()


def test_a_date_of_today_that_the_source_file_selects_is_kept() -> None:
    assert read(VISIBLE, ReleaseRules(published="main p")).published


def test_control_characters_of_a_page_are_in_no_text() -> None:
    text = read("<p>\x01 Ships &#1;&#2; are welcome, \x02also at night.</p>").body_text
    assert text.startswith("Ships are welcome, also at night.")


def test_a_footer_belongs_to_the_text_only_if_it_is_that_of_an_article() -> None:
    footer = "<footer>Harbour Board, 12 Quay Street</footer>"
    article = f"<article><p>The pier is {'very ' * 30}long.</p>{footer}</article>"
    assert "12 Quay Street" in read(article).body_text
    assert "12 Quay Street" not in read(article, ReleaseRules(drop=("footer",))).body_text


def test_the_page_s_footer_is_left_out_even_if_text_follows_it() -> None:
    footer = "<footer>Harbour Board, 12 Quay Street</footer>"
    text = read(f"<p>The pier is {'very ' * 30}long.</p></main>{footer}<div>").body_text
    assert "12 Quay Street" not in text
    assert "The pier is" in text
