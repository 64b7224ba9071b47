"""Decide whether a page is a release or a listing, given its extraction as both.

The score is a logistic regression over eleven features, trained on 1,236 release pages and 135
listing pages of our own and other sites. On sites not in the training data (five-fold
cross-validation), it recognizes 98 % of the releases and 90 % of the listings.
"""

import re
from typing import Literal
from urllib.parse import unquote, urlsplit

from spiders.items import ExtractedRelease, Listing
from spiders.page.media_files import leads_to_file
from spiders.page.phrases import comparison_key

Kind = Literal["release", "listing"]

ARTICLE_RULES = ("json-ld", "meta", "microdata", "state")
"""Rules for dates in markup that is typical of pages with a single article."""

MAX_SCORED_ITEMS = 25
"""Maximum number of listing items that affect the score."""
MAX_SCORED_LENGTH = 4000
"""Maximum length in characters of the part of a text that affects the score."""

MIN_RELEASE_LENGTH = 800
"""Minimum length in characters of the text of a release page that also has a list in its scripts.
"""

MAX_SEARCHED_LENGTH = 50_000
"""Number of characters at the start of a text that are searched for item titles."""

MIN_TITLE_LENGTH = 9
"""Minimum length in letters of an item title that is searched for in a text. Shorter titles occur
by chance."""

MAX_SINGLE_DATE_ITEMS = 5
"""If the dated items have only one date, it is ignored if at most this many items have it."""

SCORE_BIAS = -3.4

WORD = re.compile(r"[^\W\d]{2,}")
ENDING = re.compile(r"\.\w{2,5}$")
NUMBER = re.compile(r"\d{4,}")


def kind_of(release: ExtractedRelease, listing: Listing) -> Kind:
    """Return the type of a page ("release" or "listing"), given its extraction as both."""
    if not listing.items or release.content.body_rule == "state":
        return "release"  # a release in scripts certainly belongs to the page
    if listing.rule == "state":
        # A list in scripts beside a long text contains other releases.
        return "listing" if len(release.content.body_text) < MIN_RELEASE_LENGTH else "release"
    if listing.rule and not listing.rule.startswith("region:"):
        return "listing"
    return "listing" if score_of(release, listing) > 0 else "release"


def score_of(release: ExtractedRelease, listing: Listing) -> float:
    """Return a score for the type of a page, positive for listings and negative for releases."""
    rule = release.content.published.rule if release.content.published else ""
    items = min(len(listing.items), MAX_SCORED_ITEMS) / MAX_SCORED_ITEMS
    dated = dated_items(release, listing)
    words, number = address_of(release.canonical or release.url)
    return (
        SCORE_BIAS
        + 1.6 * items
        + 3.2 * listing.confidence * items
        + 2.5 * (dated >= 3)  # noqa: PLR2004 - fewer are not a list
        + 1.9 * listed_share(release, listing)
        + 3.1 * (1 - release.confidence.get("title", 0.0))
        + 4.3 * (1 - release.confidence.get("body", 0.0))
        - 2.1 * min(len(release.content.body_text), MAX_SCORED_LENGTH) / MAX_SCORED_LENGTH
        - 2.1 * rule.startswith(ARTICLE_RULES)
        + 0.7 * (not rule or rule.startswith("line"))
        - 1.5 * words
        - 2.3 * number
    )


def dated_items(release: ExtractedRelease, listing: Listing) -> int:
    """Return the number of listing items whose date may be the date of a release.

    Links to parent pages don't count. A single date shared by a few items is probably the date of
    the page itself, or today.
    """
    here = (release.url, release.canonical or "")
    dated = [item for item in listing.items if item.published and not is_above(item.url, here)]
    days = {item.published.day for item in dated if item.published}
    several = (
        len(days) > 1
        or len(dated) > MAX_SINGLE_DATE_ITEMS
        or any(leads_to_file(item.url) for item in dated)
    )
    return len(dated) if several else 0


def is_above(url: str, pages: tuple[str, ...]) -> bool:
    """Whether a URL is a parent folder of one of ``pages``.

    A page's own URL with a query is not below it: ``/`` is not a parent of ``/?p=55``.
    """
    path, _, query = url.partition("?")
    folder = path.rstrip("/") + "/"
    return any(
        page.startswith(folder) and not (query and page.rstrip("/") + "/" == folder)
        for page in pages
    )


def listed_share(release: ExtractedRelease, listing: Listing) -> float:
    """Return the share of listing items whose title is in the release's text.

    A high share means that the text is the list itself.
    """
    text = comparison_key(release.content.body_text[:MAX_SEARCHED_LENGTH])
    titles = [comparison_key(item.title) for item in listing.items]
    shown = sum(len(title) >= MIN_TITLE_LENGTH and title in text for title in titles)
    return shown / len(titles)


def address_of(url: str) -> tuple[float, bool]:
    """Return two features of a URL: whether its last segment has several words, and a long number.

    The first is 0.5 if the URL is unknown.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return 0.5, False
    if not parts.netloc:
        return 0.5, False
    last = ENDING.sub("", unquote(parts.path.rstrip("/").rpartition("/")[2]))
    return float(len(WORD.findall(last)) >= 3), NUMBER.search(parts.path) is not None  # noqa: PLR2004 - fewer words are a section
