"""communique sources sample: save pages of a source as a test."""

from contextlib import ExitStack

import click

from data.clock import utc_now
from scheduler.cli import say, with_home
from scheduler.home.home import Home
from spiders.extract.golden import write_golden
from spiders.listing.read import read_listing
from spiders.page.page import Page
from spiders.sources.loader import LoadedSource, load_source


@click.command()
@click.argument("source")
@with_home
def sample(home: Home, *, source: str) -> int:
    """Save sample pages of a source as a test.

    The listing and the newest release are saved into HOME/samples, with the values extracted from
    them. Correct these values in expected.json: `communique sources check` reports differences.
    """
    one = load_source(home.sources, source)
    folder = home.samples / one.id
    listing, release = sample_pages(home, one)
    write_golden(folder, one.file, listing, release, utc_now())
    say(f"wrote {folder}; check its expected.json and correct it")
    return 0


def sample_pages(home: Home, one: LoadedSource) -> tuple[Page, Page]:
    """Fetch the listing of a source and its newest release. Raises NotFetched."""
    # Imported here: only this command fetches pages.
    from scheduler.children.fetch import PageFetcher  # noqa: PLC0415
    from spiders.discovery.fetcher import NotFetched  # noqa: PLC0415
    from spiders.download.settings import FILE_PATH  # noqa: PLC0415

    with ExitStack() as stack:
        pages = plain = stack.enter_context(PageFetcher(home, archive=True))
        if one.file.render:
            pages = stack.enter_context(PageFetcher(home, render=True, archive=True))
        url = one.file.feed or one.file.url
        listing = (plain if one.file.feed else pages).page(url)
        context = one.file.date_context(utc_now())
        found = read_listing(listing, context, one.file.listing)
        release = next((item for item in found.items if not FILE_PATH.search(item.url)), None)
        if release is None:
            why = "; ".join(found.reasons) or "the page lists only documents"
            raise NotFetched(url, f"no release was found on the page ({why})")
        return listing, pages.page(release.url)
