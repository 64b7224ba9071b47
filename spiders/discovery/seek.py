"""Seeks the press room of a site from any of its pages: by links, and by the folders above."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from data.clock import utc_now
from data.text.urls import canonical_url
from data.wording import counted
from spiders.discovery.certainty import TEASER, odd_rows, reads_as_release
from spiders.discovery.fetcher import Fetcher, StatusReporter
from spiders.discovery.press_links import PressLink, is_front, press_links
from spiders.discovery.probe import as_feed, first_listing
from spiders.discovery.propose import initial_date_context
from spiders.items import Listing
from spiders.page.links import url_pattern
from spiders.page.page import Page

FIRST: Final = 5
MORE: Final = 3
ROUNDS: Final = 3
"""Links of the page that are tried, links of those that are tried after them, and how often."""

LAST_RESORT: Final = 0.4
"""What the front page is worth as a list of releases."""

ENOUGH: Final = 0.6
"""Promise from which on no page further away is tried."""

MANY: Final = 8
"""Rows from which on more of them promise no more."""

THE_ONE: Final = 0.5
"""What the page that lists the given release is worth more."""


@dataclass(frozen=True, slots=True)
class TriedPage:
    """A page that was tried: by which link, what it lists, and how promising that is (0 is not).

    ``why`` says in a few words what was found there.
    """

    link: PressLink
    page: Page | None
    listing: Listing | None
    promise: float
    why: str

    def is_part_of(self, given: Listing) -> bool:
        """Whether the page lists a part only of what another one does, as that of a category does.

        It names some of the other's rows, which are no mere teaser, lacks others of them, and leads
        to no pages of other kinds.
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
    """The pages that may be the press room which a page belongs to, the most promising first.

    From the page's own links, and from those of the front page where it is an ``article`` of the
    site, it goes on to what those lead to, for at most ROUNDS and as long as nothing is promising.
    """
    release = "" if is_front(page.url) else page.url
    links = list(press_links(page)[:FIRST])
    if article and release:
        links.append(PressLink(urljoin(page.url, "/"), "the front page", LAST_RESORT))
    seen = {canonical_url(page.url)}
    tried: list[TriedPage] = []
    for _ in range(ROUNDS):
        new = _try(fetcher, links, seen, release, on_status)
        tried += new
        if max((one.promise for one in tried), default=0.0) >= ENOUGH:
            break
        onward = [link for one in new if one.page for link in press_links(one.page)]
        unseen = {canonical_url(link.url): link for link in onward}
        links = [link for key, link in unseen.items() if key not in seen]
        links.sort(key=lambda link: -link.score)
        del links[MORE:]
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
        tried.append(_looked_at(link, answer.page, release))
    return tried


def _looked_at(link: PressLink, page: Page, release: str) -> TriedPage:
    listing = first_listing(page)
    if not listing.items or as_feed(page):
        return TriedPage(link, page, listing, 0.0, "no list of releases")
    reading = initial_date_context(page, utc_now())
    if reads_as_release(page, listing, reading):
        return TriedPage(link, page, listing, 0.0, "a page of text")
    named = canonical_url(release) in {canonical_url(item.url) for item in listing.items}
    promise = THE_ONE * (named and bool(release)) + promise_of(page, listing) * link.score
    said = counted(len(listing.items), "release")
    return TriedPage(link, page, listing, round(promise, 2), said)


def promise_of(page: Page, listing: Listing) -> float:
    """How much a page promises to be the list of releases, before any of them is read: 0 to 1."""
    if not listing.items:
        return 0.0
    reading = initial_date_context(page, utc_now())
    rows = listing.items[:MANY]
    dated = sum(item.published is not None for item in listing.items) / len(listing.items)
    odd = odd_rows(rows, reading) / len(rows)
    return (1 - odd) * (0.4 + 0.3 * len(rows) / MANY + 0.3 * dated)
