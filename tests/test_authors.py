"""Who wrote a release is read off what its page marks, and nothing else is taken for a name."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from data.dates import Reading
from spiders.metadata import read_metadata
from spiders.page import Page
from spiders.page_facts import author_of
from spiders.release_page import read_release


def author(body: str, head: str = "") -> str | None:
    page = Page("https://merrow.example/n/1", f"<html><head>{head}</head><body>{body}".encode())
    return author_of(page, read_metadata(page))


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ('<p>By <a rel="author" href="/a/7">Ada Brook</a></p>', "Ada Brook"),
        ("<span itemprop=author>By Ada Brook</span>", "Ada Brook"),
        (
            "<div itemprop='author'><span itemprop=name>Ada Brook</span></div>",
            "Ada Brook",
        ),
        ('<a rel="nofollow author" href="/a/7">Da Silva</a>', "Da Silva"),
        ('<a rel="author" href="/a/7">von Berg</a>', "von Berg"),
        (f'<a rel="author" href="/a/7">{"All that was said and done " * 9}</a>', None),
        ('<p class="comment-author">Zeno</p>', None),
        ("<p>The author was thanked.</p>", None),
    ],
)
def test_a_marked_name_is_the_authors(body: str, name: str | None) -> None:
    assert author(body) == name


def test_an_address_is_no_name() -> None:
    profile = '<meta property="article:author" content="https://social.example/ada">'
    assert author("", profile) is None
    assert author('<a rel="author">Ada Brook</a>', profile) == "Ada Brook"
    assert author("", profile + '<meta name="author" content="Ada Brook">') == "Ada Brook"


def test_state_in_scripts_names_its_author_and_its_image() -> None:
    text = "<p>The harbour authority of Lower Merrow has closed the bridge to all traffic. </p>" * 9
    post = {
        "slug": "bridge-closes", "title": "Bridge closes", "publishDate": 1762164000000,
        "content": text, "author": {"name": "Ada Brook"}, "hero": {"url": "/i/bridge.jpg"},
        "banner": {"url": "/subscribe"},
    }  # fmt: skip
    html = (
        '<html><body><div id="__next"></div><script id="__NEXT_DATA__" type="application/json">'
        f"{json.dumps({'props': {'pageProps': {'post': post}}})}</script></body></html>"
    )
    page = Page("https://merrow.example/n/bridge-closes", html.encode())
    content = read_release(page, Reading("UTC", now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))).content
    assert content.author == "Ada Brook"
    assert [image.url for image in content.images] == ["https://merrow.example/i/bridge.jpg"]
