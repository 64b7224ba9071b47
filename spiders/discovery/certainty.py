"""How sure it is that a page lists an institution's releases: what a draft must reach to be saved.

Each finding takes a share off 1: what the page itself reads as, what its rows are called, where
they lead, and how many they are. A list without dates is as good as any if its pages are releases.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from data.dates.context import DateContext
from data.dates.parse import parse_date
from data.text.clean import clean_line
from data.wording import counted
from spiders.discovery.field_review import SampleRelease
from spiders.discovery.press_links import is_front
from spiders.discovery.proposal import SURE
from spiders.extract.page_type import kind_of, score_of
from spiders.items import ExtractedRelease, Listing, ListingItem
from spiders.listing.paging.page_numbers import is_page_of
from spiders.listing.paging.unread import reason_for
from spiders.listing.read import read_listing
from spiders.page.generic_names import is_generic
from spiders.page.media_urls import leads_to_file
from spiders.page.page import Page
from spiders.page.phrases import comparison_key
from spiders.release.read import read_release

FLOOR: Final = 0.5
"""Certainty from which on a draft is taken for right."""

HOPELESS: Final = 0.2
"""Certainty below which a draft isn't worth looking at."""

FEW: Final = 3
"""Rows from which on a list is no accident."""

NAMED: Final = -1.5
"""Score of its kind from which on a page is the list that it was given for: people mostly name the
right page. Of 136 lists 133 are above it, and of 300 releases 277 below."""

MANY: Final = 25
"""Dated rows from which on a page is a list, whatever its text is like."""

WORDS: Final = 4
"""Words of a heading that is told twice by no chance: on the listing and on its page."""

SOME_TEXT: Final = 200
"""Characters of a text from which on a page without a date is one of text."""

LONGEST_DATE: Final = 30
"""Characters of a row that may be a date and nothing else."""

MOST_ROWS: Final = 60
"""Rows whose names are looked at."""

TEASER: Final = 5
"""Rows below which a page shows the newest of a longer list, kept elsewhere."""

ENOUGH_ROWS: Final = 8
"""Rows by which it is known whether they are called as releases are."""

IS_RELEASE, FEW_ROWS, UNDATED, NOT_LOOKED_AT = 0.3, 0.6, 0.8, 0.8
"""What is left where the page reads as a release, lists hardly anything, says no days anywhere, or
where none of the pages that it leads to could be read."""

INCOMPLETE: Final = 0.8
"""The share that is left if the page shows more releases than it leads to."""


@dataclass(frozen=True, slots=True)
class Certainty:
    """``value`` is 0 to 1; ``reasons`` are sentences on what takes from it."""

    value: float
    reasons: tuple[str, ...] = ()

    @property
    def hopeless(self) -> bool:
        """Whether the page is rather something else than a list of releases."""
        return self.value < HOPELESS

    @property
    def enough(self) -> bool:
        """Whether the draft can be taken for right."""
        return self.value >= FLOOR


def certainty_of(
    page: Page,
    listing: Listing,
    looks: Sequence[SampleRelease],
    reading: DateContext,
    *,
    offline: bool,
    unread: str = "",
) -> Certainty:
    """How sure it is that a listing, read off a page, is that of releases.

    ``looks`` are the pages of it that were looked at; ``offline`` says that none could be.
    ``unread`` is a clause about older releases that the page does not lead to (unread_reason).
    """
    if not listing.items:
        return Certainty(0.0, ("no list of releases was found",))
    shares = list(_shares(page, listing, looks, reading, offline=offline))
    if unread:
        shares.append((INCOMPLETE, f"older releases can't be collected, because {unread}"))
    value = 1.0
    for share, _ in shares:
        value *= share
    return Certainty(round(value, 2), tuple(why for share, why in shares if share < 1 and why))


def _shares(
    page: Page,
    listing: Listing,
    looks: Sequence[SampleRelease],
    reading: DateContext,
    *,
    offline: bool,
) -> Iterator[tuple[float, str]]:
    if reads_as_release(page, listing, reading):
        yield IS_RELEASE, "the page reads as a release itself, not as a list of them"
    rows = listing.items[:MOST_ROWS]
    odd = odd_rows([item for item in rows if not leads_to_file(item.url)], reading)
    if odd:
        # What a day leads to may be the minutes of that day, but it may be the list of that day.
        kinds = [kind_of(look.read, read_listing(look.page, reading)) for look in looks]
        worth = 0.5 if kinds and set(kinds) == {"release"} else 1.0
        said = f"{odd} of {counted(len(rows), 'row')}"
        yield 1 - worth * odd / len(rows), f"{said} are called by a day or a section"
    if len(listing.items) < FEW:
        yield FEW_ROWS, f"it lists {counted(len(listing.items), 'release')} only"
    dated = any(item.published for item in listing.items)
    dated = dated or any(look.read.content.published for look in looks)
    if looks:
        good = sum(is_release(look, reading) for look in looks)
        said = f"{len(looks) - good} of {counted(len(looks), 'page')} that it leads to"
        yield 0.2 + 0.8 * good / len(looks), f"no release was found on {said}"
        if not dated:
            yield UNDATED, "neither it nor the releases say a day"
    elif offline:
        yield max(listing.confidence, SURE * dated), "the releases were not looked at"
    elif not any(leads_to_file(item.url) for item in listing.items):
        yield NOT_LOOKED_AT, "none of its releases could be read"


def unread_reason(listing: Listing) -> str:
    """Why a walk from this page would not come to the oldest release, as a clause; or empty."""
    if listing.next or listing.archives:
        return ""
    return reason_for(listing, listed=len(listing.items), pages=1)


def odd_rows(items: Sequence[ListingItem], reading: DateContext) -> int:
    """How many of the first rows are called by a day, a month or a kind of page."""
    return sum(_is_odd(item.title, reading) for item in items[:MOST_ROWS])


def _is_odd(title: str, reading: DateContext) -> bool:
    line = clean_line(title)
    if not line:
        return False  # a sitemap names none
    if is_generic(line):
        return True
    return len(line) <= LONGEST_DATE and parse_date(line, reading, "row") is not None


def reads_as_release(page: Page, listing: Listing, reading: DateContext) -> bool:
    """Whether a page that was given for a listing is a release.

    The front page of a site is none where its list goes on, however much it says of its owner.
    """
    if is_front(page.url) and goes_on(page, listing, reading):
        return False
    files = sum(leads_to_file(item.url) for item in listing.items)
    dated = sum(item.published is not None for item in listing.items)
    if dated >= MANY or files * 2 > len(listing.items) >= FEW:
        return False
    read = read_release(page, reading)
    if not read.content.body_text or kind_of(read, listing) == "listing":
        return False
    return not listing.rule.startswith("region:") or score_of(read, listing) <= NAMED


def goes_on(page: Page, listing: Listing, reading: DateContext) -> bool:
    """Whether a page is a list that has a second page.

    The front page of a blog is one, whatever categories its menu names.
    """
    if listing.next is None or len(listing.items) < TEASER:
        return False
    rows = listing.items[:ENOUGH_ROWS]
    return 2 * odd_rows(rows, reading) < len(rows) and is_page_of(page.url, listing.next)


def is_article(page: Page, reading: DateContext) -> bool:
    """Whether a page has a text of its own, rather than next to nothing or a login."""
    content = read_release(page, reading).content
    return bool(content.body_text) and (
        content.published is not None or len(content.body_text) >= SOME_TEXT
    )


def is_release(look: SampleRelease, reading: DateContext) -> bool:
    """Whether a page that a listing leads to is a release: by its kind, or by the same heading."""
    if not look.read.content.body_text:
        return False
    if same_heading(look.read, look.item) and len(look.item.title.split()) >= WORDS:
        return True
    return kind_of(look.read, read_listing(look.page, reading)) == "release"


def same_heading(read: ExtractedRelease, item: ListingItem) -> bool:
    """Whether a page is called as the listing calls it, be it cut short there."""
    listed, said = comparison_key(item.title.rstrip(" .…[]")), comparison_key(read.content.title)
    return bool(listed and said) and (said.startswith(listed) or listed.startswith(said))
