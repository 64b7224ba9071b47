"""A page that leads to another one by a meta element is followed, whatever charset it declares."""

from __future__ import annotations

import encodings.aliases

from scrapy import Request
from scrapy.http import HtmlResponse
from scrapy.utils.test import get_crawler

from spiders.download.middlewares import CheapMetaRefreshMiddleware

URL = "http://harbour.example/news/"


def test_a_refresh_is_followed_whatever_charset_is_declared() -> None:
    middleware = CheapMetaRefreshMiddleware.from_crawler(get_crawler())
    html = '<html><meta http-equiv="refresh" content="0;url=/moved">Préfecture \\N</html>'
    for name in sorted({*encodings.aliases.aliases.values(), "idna", "undefined"}):
        response = HtmlResponse(
            URL,
            body=html.encode("utf-16" if name.startswith("utf_16") else "latin-1"),
            headers={"Content-Type": f"text/html; charset={name}"},
        )
        made = middleware.process_response(Request(URL), response)
        # The bytes are not text in UTF-32.
        moved = URL if name.startswith("utf_32") else "http://harbour.example/moved"
        assert made.url == moved, name


def test_a_page_without_a_refresh_is_unchanged() -> None:
    middleware = CheapMetaRefreshMiddleware.from_crawler(get_crawler())
    response = HtmlResponse(URL, body=b"<p>How to refresh a page</p>", headers={})
    assert middleware.process_response(Request(URL), response) is response
