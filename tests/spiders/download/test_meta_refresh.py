"""A page that leads to another one by a meta element is followed, whatever charset it declares."""

from __future__ import annotations

import encodings.aliases

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse
from scrapy.utils.test import get_crawler

from spiders.download.middlewares import CheapMetaRefreshMiddleware

URL = "http://harbour.example/news/"


@pytest.mark.parametrize("name", sorted({*encodings.aliases.aliases.values(), "idna", "undefined"}))
def test_a_refresh_is_followed_whatever_charset_is_declared(name: str) -> None:
    middleware = CheapMetaRefreshMiddleware.from_crawler(get_crawler())
    html = '<html><meta http-equiv="refresh" content="0;url=/moved">Préfecture \\N</html>'
    response = HtmlResponse(
        URL,
        body=html.encode("utf-16" if name.startswith("utf_16") else "latin-1"),
        headers={"Content-Type": f"text/html; charset={name}"},
    )
    made = middleware.process_response(Request(URL), response)
    if name.startswith("utf_32"):
        # These bytes are no text in UTF-32.
        assert made is response
    else:
        assert made.url == "http://harbour.example/moved"


def test_a_page_without_a_refresh_is_unchanged() -> None:
    middleware = CheapMetaRefreshMiddleware.from_crawler(get_crawler())
    response = HtmlResponse(URL, body=b"<p>How to refresh a page</p>", headers={})
    assert middleware.process_response(Request(URL), response) is response
