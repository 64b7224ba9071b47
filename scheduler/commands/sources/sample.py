"""communique sources sample: pages of a source as a golden test."""

from __future__ import annotations

from contextlib import ExitStack

import click

from data.clock import utc_now
from scheduler.children.fetch import PageFetcher
from scheduler.cli import say, with_home
from scheduler.home import Home
from spiders.discovery.fetcher import NotFetched
from spiders.download.browser import NO_PAGE
from spiders.golden.golden import write_golden
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.sources.loader import LoadedSource, load_source


@click.command()
@click.argument("source")
@with_home
def sample(home: Home, *, source: str) -> int:
    """Save a source's listing and newest release into HOME/samples, with what is read of them.

    Read expected.json and correct it: from then on `sources check` says what differs from it.
    """
    one = load_source(home.sources, source)
    folder = home.samples / one.id
    listing, release = sample_pages(home, one)
    write_golden(folder, one.file, listing, release, utc_now())
    say(f"wrote {folder}; read its expected.json and correct it")
    return 0


def sample_pages(home: Home, one: LoadedSource) -> tuple[Page, Page]:
    """The listing of a source and its newest release, as served. Raises NotFetched."""
    with ExitStack() as stack:
        pages = plain = stack.enter_context(PageFetcher(home, archive=True))
        if one.file.render:
            pages = stack.enter_context(PageFetcher(home, render=True, archive=True))
        url = one.file.feed or one.file.url
        listing = (plain if one.file.feed else pages).page(url)
        reading = one.file.date_context(utc_now())
        found = read_listing(listing, reading, one.file.listing)
        release = next((item for item in found.items if not NO_PAGE.search(item.url)), None)
        if release is None:
            why = "; ".join(found.reasons) or "it lists documents only"
            raise NotFetched(url, f"no release was found on it ({why})")
        return listing, pages.page(release.url)
