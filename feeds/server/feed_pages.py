"""Feeds as browsers show them: a page in the place of a source text that helps nobody."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import HTMLResponse, Response

from data.settings import Site
from data.text.clean import plain
from data.text.urls import site_address
from feeds.catalog import Catalog
from feeds.pages.feed_page import feed_page
from feeds.pages.renderer import PageRenderer
from feeds.server.response import CHOSEN_BY, policy_of
from feeds.urls import is_feed


def is_for_a_person(path: str, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a browser will show a feed as a document (Fetch Metadata)."""
    return is_feed(path[1:]) and (b"sec-fetch-dest", b"document") in headers


def atom_path(path: str) -> str:
    """The path of a feed in the format that its page is made from."""
    return path.rpartition(".")[0] + ".atom"


class FeedPages:
    """Makes the pages of the feeds of one site."""

    def __init__(self, site: Site) -> None:
        title = plain(site.title) or "Communique"
        catalog = Catalog(site_address(site.url), title, {}, {}, language=site.language)
        self._pages = PageRenderer(catalog, {})

    def answer(self, path: str, query: bytes, atom: bytes) -> Response:
        """The page of the feed at a path, from what it holds as Atom."""
        body = feed_page(self._pages, path, query.decode("ascii", "replace"), atom)
        headers = {
            "cache-control": "no-store",
            "vary": CHOSEN_BY.decode(),
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "content-security-policy": policy_of("/feeds/", is_feed=False).decode(),
        }
        return HTMLResponse(body, headers=headers)
