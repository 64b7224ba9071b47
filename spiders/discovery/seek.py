"""Find the press room of a site from any of its pages, by its links and parent folders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from data.clock import utc_now
from data.text.urls import canonical_url
from data.wording import counted
from spiders.barriers.challenges import challenge_in
from spiders.discovery.certainty import TEASER, odd_rows, reads_as_release
from spiders.discovery.fetcher import Fetcher, StatusReporter
from spiders.discovery.press_links import PressLink, is_front, press_links
from spiders.discovery.probe import as_feed, first_listing
from spiders.discovery.propose import initial_date_context
from spiders.items import Listing
from spiders.listing.paging.archives import covers
from spiders.page.javascript import needs_scripts
from spiders.page.links import url_pattern
from spiders.page.page import Page

LINKS_IN_FIRST_ROUND: Final = 5
"""Maximum number of the page's links that are tried."""

LINKS_PER_LATER_ROUND: Final = 3
"""Maximum number of links that are tried in each later round."""

MAX_ROUNDS: Final = 3
"""Maximum number of rounds, with the first one."""

ARCHIVES: Final = 3
"""Maximum number of archives that are read if a page lists only archives."""

LAST_RESORT: Final = 0.4
"""Score of the home page as a possible list of releases."""

SUFFICIENT_PROMISE: Final = 0.6
"""Minimum promise of a page after which no further pages are tried."""

MAX_COUNTED_ROWS: Final = 8
"""Number of rows above which more rows do not increase a page's promise."""

THE_ONE: Final = 0.5
"""Additional promise of a page that lists the given release."""


@dataclass(frozen=True, slots=True)
class TriedPage:
    """A page that was tried: the link to it, its listing, and its promise (0 if not a listing).

    ``why`` is a short description of the result. If the page lists only archives, ``listing`` is
    the listing of its newest ``archive``.
    """

    link: PressLink
    page: Page | None
    listing: Listing | None
    promise: float
    why: str
    archive: Page | None = None

    def is_part_of(self, given: Listing) -> bool:
        """Whether this page lists only a part of the ``given`` listing, like a category page.

        Both pages have some rows in common, the given listing has more, and this page's addresses
        are of the same kinds. A given listing that is only a teaser does not count.
        """
        if self.listing is None or len(given.items) < TEASER:
            return False
        rows, others = (
            {canonical_url(item.url) for item in one.items} for one in (given, self.listing)
        )
        kinds = {url_pattern(url) for url in rows}
        return (
            bool(rows & others and rows - others) and {url_pattern(url) for url in others} <= kinds
        )


def seek(
    fetcher: Fetcher, page: Page, on_status: StatusReporter, *, article: bool
) -> tuple[TriedPage, ...]:
    """Return pages that may be the press room of this page's site, the most promising first.

    The search starts with the page's links, and the home page if this page is an ``article``. It
    then follows the links of the tried pages for at most MAX_ROUNDS rounds, until a page is
    promising.
    """
    release = "" if is_front(page.url) else page.url
    links = list(press_links(page)[:LINKS_IN_FIRST_ROUND])
    if article and release:
        links.append(PressLink(urljoin(page.url, "/"), "the front page", LAST_RESORT))
    seen = {canonical_url(page.url)}
    tried: list[TriedPage] = []
    for _ in range(MAX_ROUNDS):
        new = _try(fetcher, links, seen, release, on_status)
        tried += new
        if max((one.promise for one in tried), default=0.0) >= SUFFICIENT_PROMISE:
            break
        onward = [link for one in new if one.page for link in press_links(one.page)]
        unseen = {canonical_url(link.url): link for link in onward}
        links = [link for key, link in unseen.items() if key not in seen]
        links.sort(key=lambda link: -link.score)
        del links[LINKS_PER_LATER_ROUND:]
    return tuple(sorted(tried, key=lambda one: -one.promise))


def _try(
    fetcher: Fetcher,
    links: Iterable[PressLink],
    seen: set[str],
    release: str,
    on_status: StatusReporter,
) -> list[TriedPage]:
    wanted = {link.url: link for link in links}
    if wanted:
        on_status(f"looking for the press room at {counted(len(wanted), 'address', 'addresses')}")
    seen.update(map(canonical_url, wanted))
    tried = []
    for answer in fetcher.fetch(wanted):
        link = wanted[answer.asked]
        if answer.page is None:
            tried.append(TriedPage(link, None, None, 0.0, answer.why))
            continue
        seen.add(canonical_url(answer.page.url))
        tried.append(_looked_at(fetcher, link, answer.page, release))
    return tried


def newest_archive(fetcher: Fetcher, page: Page, listing: Listing) -> tuple[Page, Listing] | None:
    """Return the newest archive with releases that a page links to, and the archive's listing.

    ``listing`` is the listing of the page, which has no items.
    """
    if needs_scripts(page) or challenge_in(page):
        return None
    for archive in listing.archives[:ARCHIVES]:
        (answer,) = fetcher.fetch([archive.url])
        read = first_listing(answer.page) if answer.page else listing
        if answer.page and read.items and covers(archive, read.items):
            return answer.page, read
    return None


def _looked_at(fetcher: Fetcher, link: PressLink, page: Page, release: str) -> TriedPage:
    listing, archive = first_listing(page), None
    is_feed = as_feed(page) is not None
    if not (listing.items or is_feed) and (found := newest_archive(fetcher, page, listing)):
        archive, listing = found
    if not listing.items or is_feed:
        return TriedPage(link, page, listing, 0.0, "no list of releases")
    reading = initial_date_context(page, utc_now())
    if reads_as_release(page, listing, reading):
        return TriedPage(link, page, listing, 0.0, "a page of text")
    named = canonical_url(release) in {canonical_url(item.url) for item in listing.items}
    promise = THE_ONE * (named and bool(release)) + promise_of(page, listing) * link.score
    reason = counted(len(listing.items), "release")
    return TriedPage(link, page, listing, round(promise, 2), reason, archive)


def promise_of(page: Page, listing: Listing) -> float:
    """Return how promising a page is as a list of releases, 0 to 1, before releases are read."""
    if not listing.items:
        return 0.0
    reading = initial_date_context(page, utc_now())
    rows = listing.items[:MAX_COUNTED_ROWS]
    dated = sum(item.published is not None for item in listing.items) / len(listing.items)
    odd = odd_rows(rows, reading) / len(rows)
    return (1 - odd) * (0.4 + 0.3 * len(rows) / MAX_COUNTED_ROWS + 0.3 * dated)
