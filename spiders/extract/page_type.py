"""Whether a page is a release or a listing, from what both readings of it found.

A logistic score over eleven plain features, fitted on 1,236 release pages and 135 listing pages of
other people's sites and of ours. On sites that it was not fitted on (five-fold) it knows 98 % of
the releases and 90 % of the listings.
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import unquote, urlsplit

from spiders.items import ExtractedRelease, Listing
from spiders.page.media_urls import leads_to_file
from spiders.page.phrases import comparison_key

Kind = Literal["release", "listing"]

SAYS_ARTICLE = ("json-ld", "meta", "microdata", "state")
"""Rules that found a date where only pages of one article have it."""

MANY = 25
LONG = 4000
"""Items and characters from which on more of them say nothing more."""

ENOUGH = 800
"""Characters of a text from which a page shows a release."""

READ = 50_000
"""Characters of a text in which the titles of items are looked for."""

SHORTEST = 9
"""Letters of a title from which on it is not in a text by chance."""

FEW = 5
"""Items of which one date says nothing."""

BIAS = -3.4

WORD = re.compile(r"[^\W\d]{2,}")
ENDING = re.compile(r"\.\w{2,5}$")
NUMBER = re.compile(r"\d{4,}")


def kind_of(release: ExtractedRelease, listing: Listing) -> Kind:
    """What a page is, given its reading as a release and as a listing."""
    if not listing.items or release.content.body_rule == "state":
        return "release"  # a release is read out of scripts only where it is surely the page's
    if listing.rule == "state":
        # What only scripts list beside a long text are other releases.
        return "listing" if len(release.content.body_text) < ENOUGH else "release"
    if listing.rule and not listing.rule.startswith("region:"):
        return "listing"
    return "listing" if score_of(release, listing) > 0 else "release"


def score_of(release: ExtractedRelease, listing: Listing) -> float:
    """How much a page's detected rows and its text speak for a listing: above 0 it is one."""
    rule = release.content.published.rule if release.content.published else ""
    items = min(len(listing.items), MANY) / MANY
    dated = dated_items(release, listing)
    words, number = address_of(release.canonical or release.url)
    return (
        BIAS
        + 1.6 * items
        + 3.2 * listing.confidence * items
        + 2.5 * (dated >= 3)  # noqa: PLR2004 - fewer are no list
        + 1.9 * told_share(release, listing)
        + 3.1 * (1 - release.confidence.get("title", 0.0))
        + 4.3 * (1 - release.confidence.get("body", 0.0))
        - 2.1 * min(len(release.content.body_text), LONG) / LONG
        - 2.1 * rule.startswith(SAYS_ARTICLE)
        + 0.7 * (not rule or rule.startswith("line"))
        - 1.5 * words
        - 2.3 * number
    )


def dated_items(release: ExtractedRelease, listing: Listing) -> int:
    """How many items have dates that may be those of releases.

    The pages above this one are none. One date for all of a few pages is rather that of this page
    itself, or today's.
    """
    here = (release.url, release.canonical or "")
    dated = [item for item in listing.items if item.published and not is_above(item.url, here)]
    days = {item.published.day for item in dated if item.published}
    several = len(days) > 1 or len(dated) > FEW or any(leads_to_file(item.url) for item in dated)
    return len(dated) if several else 0


def is_above(url: str, pages: tuple[str, ...]) -> bool:
    """Whether an address is that of a folder which one of these pages lies in.

    What a query adds to the address of the page itself is below it: ``/?p=55`` of ``/``.
    """
    path, _, query = url.partition("?")
    folder = path.rstrip("/") + "/"
    return any(
        page.startswith(folder) and not (query and page.rstrip("/") + "/" == folder)
        for page in pages
    )


def told_share(release: ExtractedRelease, listing: Listing) -> float:
    """The share of items whose title the text of the release holds: it is the list itself then."""
    text = comparison_key(release.content.body_text[:READ])
    titles = [comparison_key(item.title) for item in listing.items]
    told = sum(len(title) >= SHORTEST and title in text for title in titles)
    return told / len(titles)


def address_of(url: str) -> tuple[float, bool]:
    """How far an address is that of a release: it ends in words, and it holds a long number.

    An unknown address is half of the first.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return 0.5, False
    if not parts.netloc:
        return 0.5, False
    last = ENDING.sub("", unquote(parts.path.rstrip("/").rpartition("/")[2]))
    return float(len(WORD.findall(last)) >= 3), NUMBER.search(parts.path) is not None  # noqa: PLR2004 - fewer name a section
