"""Captured pages that are in no release are found, and read as of when they were captured."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path

import pytest

from data.archive.warc.index import Index
from data.identity.matching import mint
from data.models import Source
from data.topics.taxonomy import load_taxonomy
from scheduler.home.home import Home, home_at
from scheduler.mirror.reextract import find_unread, queue_unread, read_unread
from spiders.sources.source_file import load_sources
from spiders.stored.stored_pages import PageCaptures
from tests.archived import START, exchange
from tests.command import make_home
from tests.press_room import listing_html, release_html

SITE = "https://harbour.example"
NEWS = f"{SITE}/news/"
DAY = dt.timedelta(days=1)
LATEST = '<li><span class="date">2 March 2026</span> <a href="/news/">The latest notices</a></li>'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A HOME without releases, with an archive of a listing of two pages and of releases."""
    home = home_at(make_home(tmp_path / "home", NEWS, listing='{link = ".news a"}'))
    older = '<p><a href="/news/page/2/">Older notices</a></p>'
    with closing(home.open_archive()) as archive:
        for url, html in (
            (NEWS, listing_html([5, 4, 3], more=older).replace("</ul>", f"{LATEST}</ul>")),
            (f"{NEWS}page/2/", listing_html([2, 1])),
            *((f"{NEWS}{number}.html", release_html(number)) for number in (1, 2, 3, 9)),
            (f"{SITE}/about", "<h1>About us</h1><p>Two lines.</p>"),
        ):
            archive.exchange(exchange(url, html.encode(), START))
        led = ((b"Location", b"/moved"),)
        archive.exchange(exchange(f"{NEWS}4.html", b"", START, status=301, headers=led))
        archive.exchange(exchange(f"{SITE}/moved", release_html(4).encode(), START + DAY))
        edited = release_html(2, text="<p>The pilots of Lindmouth got their second lamp.</p>")
        for body in (edited, edited, edited):
            archive.exchange(exchange(f"{NEWS}2.html", body.encode(), START + 2 * DAY))
    with closing(home.plain_store()) as store:
        store.register(Source("harbour", "Harbour Board", NEWS, "Europe/Oslo"))
    return home


def test_pages_of_listings_and_of_lost_releases_are_queued(home: Home) -> None:
    lost = {mint("harbour", f"{NEWS}9.html"), mint("harbour", f"{NEWS}7.html")}
    with closing(home.plain_store()) as store:
        found = queue_unread(home, store, lost)
    # Pages without a capture, the listing and other pages of the site are not queued.
    assert sorted(found) == [f"{NEWS}{number}.html" for number in (1, 2, 3, 4, 9)]


def test_an_unread_page_is_dated_by_its_capture(home: Home) -> None:
    sources, _ = load_sources(home.sources)
    with closing(home.plain_store()) as store, closing(Index(home.archive)) as index:
        queue_unread(home, store, ())
        captures = PageCaptures(home.archive, index, 10**7)
        unread = find_unread(captures, store, "harbour")
        # Of captures that show the same only the first and the last are read.
        assert sorted(map(len, unread.histories)) == [1, 1, 1, 3]
        done = read_unread(unread, captures, sources["harbour"], store, load_taxonomy(None))
        assert done.errors == []
        found = {one.url: one for one in store.by_first_seen()}
        assert {one.id for one in found.values()} == {mint("harbour", url) for url in found}
        moved, edited = found[f"{SITE}/moved"], found[f"{NEWS}2.html"]
        assert moved.first_seen == START + DAY
        assert f"{NEWS}4.html" in moved.aliases
        assert (edited.first_seen, edited.revision) == (START, 2)
        assert edited.updated == START + 2 * DAY
        assert find_unread(captures, store, "harbour").histories == []
