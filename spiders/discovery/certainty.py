"""Estimate how certain it is that a page lists an institution's releases.

A drafted source must reach a minimum certainty to be saved. The certainty starts at 1 and is
reduced for doubts about the page itself, the titles of its rows, the linked pages, and the number
of rows. A list without dates is accepted if the linked pages are releases.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from data.dates.context import DateContext
from data.dates.parse import parse_date
from data.text.clean import clean_line
from data.wording import counted
from spiders.discovery.field_review import SampleRelease
from spiders.discovery.press_links import is_front
from spiders.discovery.proposal import MIN_CONFIDENCE
from spiders.extract.page_type import kind_of, score_of
from spiders.items import ExtractedRelease, Listing, ListingItem
from spiders.listing.paging.page_numbers import is_page_of
from spiders.listing.paging.unread import reason_for
from spiders.listing.read import read_listing
from spiders.page.media_files import leads_to_file
from spiders.page.page import Page
from spiders.page.phrases import comparison_key, is_generic
from spiders.release.read import read_release

MIN_CERTAINTY: Final = 0.5
"""Minimum certainty (0 to 1) of an accepted source draft."""

MIN_CHECKED_CERTAINTY: Final = 0.2
"""Minimum certainty (0 to 1) of a source draft that is worth checking further."""

MIN_LIST_ROWS: Final = 3
"""Minimum number of rows in a list. Fewer similar rows may be a coincidence."""

MIN_GIVEN_PAGE_SCORE: Final = -1.5
"""Minimum page type score of a list whose URL the user gave. It is low because users mostly give
the right page. Of 136 lists, 133 have a higher score. Of 300 releases, 277 have a lower score."""

CERTAIN_LIST_ROWS: Final = 25
"""Minimum number of dated rows on a page that is certainly a list, even with a long text."""

MIN_TITLE_WORDS: Final = 4
"""Minimum number of words in a title that identifies a release. A shorter title may match by
chance."""

MIN_ARTICLE_LENGTH: Final = 200
"""Minimum length of the text of an article without a date, in characters."""

MAX_DATE_LENGTH: Final = 30
"""Maximum length of a row title that may consist of a date only, in characters."""

MAX_ROWS: Final = 60
"""Maximum number of rows per page whose titles are checked."""

MIN_FULL_LIST_ROWS: Final = 5
"""Minimum number of rows in a full list. A shorter list may be only an excerpt from another
page."""

MAX_CHECKED_ROWS: Final = 8
"""Maximum number of rows at the top of a list whose titles are checked."""

IS_RELEASE_FACTOR, FEW_ROWS_FACTOR, UNDATED_FACTOR, UNREAD_LINKS_FACTOR = 0.3, 0.6, 0.8, 0.8
"""Factors that reduce the certainty, by reason.

- `IS_RELEASE_FACTOR`: the page looks like a release
- `FEW_ROWS_FACTOR`: the page has very few rows
- `UNDATED_FACTOR`: the page has no dates at all
- `UNREAD_LINKS_FACTOR`: none of the linked pages could be read
"""

INCOMPLETE_FACTOR: Final = 0.8
"""Factor that reduces the certainty if older releases can't be reached from the page."""


@dataclass(frozen=True, slots=True)
class Certainty:
    """A certainty ``value`` from 0 to 1.

    ``reasons`` are sentences that explain why it is not higher.
    """

    value: float
    reasons: tuple[str, ...] = ()

    @property
    def hopeless(self) -> bool:
        """Whether the certainty is so low that the drafted source is not worth checking."""
        return self.value < MIN_CHECKED_CERTAINTY

    @property
    def enough(self) -> bool:
        """Whether the certainty is high enough to accept the drafted source."""
        return self.value >= MIN_CERTAINTY


def certainty_of(
    page: Page,
    listing: Listing,
    looks: Sequence[SampleRelease],
    context: DateContext,
    *,
    offline: bool,
    unread: str = "",
) -> Certainty:
    """Estimate how certain it is that a page's listing is a list of releases.

    ``looks`` contains the sample releases that were fetched. ``offline`` is true if none could be
    fetched. ``unread`` is the result of `unread_reason`: a clause about older releases that can't
    be reached, or "".
    """
    if not listing.items:
        return Certainty(0.0, ("no list of releases was found",))
    shares = list(_shares(page, listing, looks, context, offline=offline))
    if unread:
        shares.append((INCOMPLETE_FACTOR, f"older releases can't be collected, because {unread}"))
    value = 1.0
    for share, _ in shares:
        value *= share
    return Certainty(round(value, 2), tuple(why for share, why in shares if share < 1 and why))


def _shares(
    page: Page,
    listing: Listing,
    looks: Sequence[SampleRelease],
    context: DateContext,
    *,
    offline: bool,
) -> Iterator[tuple[float, str]]:
    if reads_as_release(page, listing, context):
        yield IS_RELEASE_FACTOR, "the page looks like a release, not like a list of releases"
    rows = listing.items[:MAX_ROWS]
    odd = odd_rows([item for item in rows if not leads_to_file(item.url)], context)
    if odd:
        # A row whose title is a day may lead to the minutes of that day, or to a list for that day.
        kinds = [kind_of(look.read, read_listing(look.page, context)) for look in looks]
        worth = 0.5 if kinds and set(kinds) == {"release"} else 1.0
        share = f"{odd} of {counted(len(rows), 'row')}"
        yield 1 - worth * odd / len(rows), f"{share} have a date or a section name as title"
    if len(listing.items) < MIN_LIST_ROWS:
        yield FEW_ROWS_FACTOR, f"it lists only {counted(len(listing.items), 'release')}"
    dated = any(item.published for item in listing.items)
    dated = dated or any(look.read.content.published for look in looks)
    if looks:
        good = sum(is_release(look, context) for look in looks)
        share = f"{len(looks) - good} of {counted(len(looks), 'page')} that the list links to"
        yield 0.2 + 0.8 * good / len(looks), f"no release was found on {share}"
        if not dated:
            yield UNDATED_FACTOR, "neither the page nor the releases contain dates"
    elif offline:
        yield max(listing.confidence, MIN_CONFIDENCE * dated), "the releases were not checked"
    elif not any(leads_to_file(item.url) for item in listing.items):
        yield UNREAD_LINKS_FACTOR, "none of the listed releases could be read"


def unread_reason(listing: Listing) -> str:
    """Return why paging from a page would not reach the oldest release (a clause), or ""."""
    if listing.next or listing.archives:
        return ""
    return reason_for(listing, listed=len(listing.items), pages=1)


def odd_rows(items: Sequence[ListingItem], context: DateContext) -> int:
    """Return the number of rows whose title is only a day, a month or a page type.

    Only the first MAX_ROWS rows are checked.
    """
    return sum(_is_odd(item.title, context) for item in items[:MAX_ROWS])


def _is_odd(title: str, context: DateContext) -> bool:
    line = clean_line(title)
    if not line:
        return False  # sitemaps have no titles
    if is_generic(line):
        return True
    return len(line) <= MAX_DATE_LENGTH and parse_date(line, context, "row") is not None


def reads_as_release(page: Page, listing: Listing, context: DateContext) -> bool:
    """Whether a page that was given as a listing is actually a release.

    A site's home page is not a release if its list has a next page, however much text it has.
    """
    if is_front(page.url) and goes_on(page, listing, context):
        return False
    files = sum(leads_to_file(item.url) for item in listing.items)
    dated = sum(item.published is not None for item in listing.items)
    if dated >= CERTAIN_LIST_ROWS or files * 2 > len(listing.items) >= MIN_LIST_ROWS:
        return False
    read = read_release(page, context)
    if not read.content.body_text or kind_of(read, listing) == "listing":
        return False
    return not listing.rule.startswith("region:") or score_of(read, listing) <= MIN_GIVEN_PAGE_SCORE


def goes_on(page: Page, listing: Listing, context: DateContext) -> bool:
    """Whether a page is a list of releases with a next page.

    This includes the home page of a blog, even if its menu contains categories.
    """
    if listing.next is None or len(listing.items) < MIN_FULL_LIST_ROWS:
        return False
    rows = listing.items[:MAX_CHECKED_ROWS]
    return 2 * odd_rows(rows, context) < len(rows) and is_page_of(page.url, listing.next)


def is_article(page: Page, context: DateContext) -> bool:
    """Whether a page has an article's text, unlike almost empty pages and logins."""
    content = read_release(page, context).content
    return bool(content.body_text) and (
        content.published is not None or len(content.body_text) >= MIN_ARTICLE_LENGTH
    )


def is_release(look: SampleRelease, context: DateContext) -> bool:
    """Whether a sample page linked from a listing is a release, by its page type or title."""
    if not look.read.content.body_text:
        return False
    if same_heading(look.read, look.item) and len(look.item.title.split()) >= MIN_TITLE_WORDS:
        return True
    return kind_of(look.read, read_listing(look.page, context)) == "release"


def same_heading(read: ExtractedRelease, item: ListingItem) -> bool:
    """Whether a page has the same title as its listing item. Either title may be truncated."""
    listed, shown = comparison_key(item.title.rstrip(" .…[]")), comparison_key(read.content.title)
    return bool(listed and shown) and (shown.startswith(listed) or listed.startswith(shown))
