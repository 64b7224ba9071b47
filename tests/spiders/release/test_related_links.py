"""Links to other releases after a body are known by titles of any script."""

from __future__ import annotations

import pytest

from data.text.clean import clean_line
from spiders.page.page import Page
from spiders.release.related_links import links_after

TITLES = ["第二座船闸正式启用", "第二閘門の供用開始", "제2갑문 개통 안내", "Second lock opens"]


@pytest.mark.parametrize("title", TITLES)
def test_a_short_title_in_dense_letters_is_a_title(title: str) -> None:
    html = (
        "<html><body><div id='b'><p>Text.</p></div><ul>"
        f"<li><a href='/n/1'>{title}</a><li><a href='/n/2'>更多</a><li><a href='/n/3'>More</a></ul>"
    )
    page = Page("https://merrow.example/n/7", html.encode())
    body = next(page.tree.iter("p"))
    found = links_after(body, page.base)
    assert [(link.url, link.title) for link in found] == [
        ("https://merrow.example/n/1", clean_line(title))
    ]
