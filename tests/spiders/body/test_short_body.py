"""Releases of one paragraph are read, whatever design shows them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from lxml import html

from data.dates.context import DateContext
from data.text.words import tokens
from spiders.items import ListingItem
from spiders.page.page import Page
from spiders.release.read import read_release
from tests.themes import THEMES, posts, shown

READING = DateContext("Europe/Oslo", now=dt.datetime(2026, 11, 26, tzinfo=dt.UTC))
LOOSE = ("portlet", "utility")
"""Themes that put a line of their own right below the text."""


@pytest.mark.parametrize("theme", THEMES)
def test_one_paragraph_is_a_body(theme: str) -> None:
    short = [replace(post, body=post.body.partition("</p>")[0] + "</p>") for post in posts()]
    for post in short:
        url = f"https://port.example/{post.name}.html"
        page = Page(url, shown(theme, post, short, "/").encode())
        read = read_release(page, READING, None, ListingItem(url, post.title)).content
        said = tokens(" ".join(map(str, html.fromstring(post.body).itertext())))
        assert read.title == post.title
        if theme in LOOSE:
            continue
        assert tokens(read.body_text) == said, post.title


def test_a_page_of_links_has_no_body() -> None:
    links = "".join(f'<li><a href="/{n}">Notice number {n} of the board</a></li>' for n in range(9))
    page = Page("https://port.example/", f"<h1>Notices</h1><ul>{links}</ul>".encode())
    assert not read_release(page, READING).content.body_text


@pytest.mark.parametrize("end", ["23-Nov-26", "Nov 23, 26", "23 Nov '26", "11/23/26", "23.11.26"])
def test_a_lone_date_of_two_figures_a_year_is_read_at_the_end(end: str) -> None:
    text = "<p>" + "The harbour board counted ships in its basins last week. " * 5 + "</p>"
    page = Page(
        "https://port.example/1", f"<h1>Ships</h1><div>{text * 2}<p>{end}</p></div>".encode()
    )
    published = read_release(page, READING).content.published
    assert published is not None
    assert published.iso == "2026-11-23"
