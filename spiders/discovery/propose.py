"""Propose a source from the fetched pages of a site, without side effects."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from data.dates.context import DateContext
from data.languages.detection import detect_language
from data.text.urls import host_of
from spiders.crawl.drafts.release_reader import document_content, document_type
from spiders.discovery.certainty import Certainty, certainty_of, unread_reason
from spiders.discovery.feed_candidates import Comparison
from spiders.discovery.field_review import FieldReport, SampleRelease, draft_rules, review
from spiders.discovery.proposal import MIN_CONFIDENCE, Guess, SourceDraft, page_id, source_id
from spiders.discovery.site_name import guess_name
from spiders.discovery.time_zone import LIKELY, country_of, guess_zone
from spiders.extract.page_type import kind_of
from spiders.items import ExtractedRelease, Listing, ListingItem
from spiders.learning.site_day_order import decided_order
from spiders.listing.feed import lists_all
from spiders.listing.read import read_listing
from spiders.page.embedded_metadata import read_metadata
from spiders.page.page import Page
from spiders.release.metadata import page_language
from spiders.release.read import UNTITLED, read_release
from spiders.release.whole_page import with_whole_text
from spiders.sources.source_file import ReleaseRules, SourceFile

MIN_ROWS: Final = 3
"""Minimum number of dated items on a page that is probably a list of releases."""

MIN_UNCHECKED_CERTAINTY = 0.9
"""Minimum certainty (0 to 1) of a list whose rows no person needs to check."""

GIVEN_REASON = "given by you"
"""Reason shown for a value that the user provided."""


@dataclass(frozen=True, slots=True)
class FetchedSite:
    """The fetched pages of a site.

    - ``page``: the page that lists the releases
    - ``feed``: a feed that can replace the page; ``feed_page`` is the feed as served
    - ``archive_page``: the newest archive with releases, if the page lists only archives
    - ``releases``: pairs of listing items and their pages
    - ``render``: whether a browser loaded the pages
    - ``offline``: whether only a saved page is available
    - ``now``: the time of the requests
    """

    page: Page
    now: dt.datetime
    feed: Comparison | None = None
    feed_page: Page | None = None
    archive_page: Page | None = None
    releases: tuple[tuple[ListingItem, Page], ...] = ()
    render: bool = False
    offline: bool = False

    @property
    def listing_page(self) -> Page:
        """The page or feed from which the source would extract its releases."""
        return self.feed_page or self.archive_page or self.page


@dataclass(frozen=True, slots=True)
class GivenFields:
    """Fields of a source that the user or a catalogue provided. Empty fields are guessed.

    ``catalogue`` is the value of this key in the source file, or "". ``country`` is an ISO 3166
    code, which helps to guess the time zone. ``host_timezone`` is the time zone of the host's other
    sources, which replaces an uncertain guess.
    """

    id: str = ""
    name: str = ""
    timezone: str = ""
    catalogue: str = ""
    country: str = ""
    host_timezone: str = ""

    def name_or(self, guess: Guess) -> Guess:
        """Return the source's name, given the ``guess`` from its pages."""
        return Guess(self.name, 1.0, GIVEN_REASON) if self.name else guess

    def zone_or(self, guess: Guess) -> Guess:
        """Return the source's time zone, given the ``guess`` from its pages."""
        if self.timezone:
            return Guess(self.timezone, 1.0, GIVEN_REASON)
        if self.host_timezone and not guess.sure:
            return Guess(self.host_timezone, LIKELY, "another source of the same host")
        return guess


@dataclass(frozen=True, slots=True)
class SourceProposal:
    """A proposed source, the data that visits would collect, and sentences about fields to check.

    ``certainty`` is how certain it is that the list contains the institution's releases.
    """

    proposal: SourceDraft
    file: SourceFile
    listing: Listing
    looks: tuple[SampleRelease, ...]
    fields: tuple[FieldReport, ...]
    doubts: tuple[str, ...]
    certainty: Certainty


def initial_date_context(page: Page, now: dt.datetime) -> DateContext:
    """Return the context for parsing dates on a page before its source is known."""
    zone = guess_zone(host_of(page.url), languages_of([page]), ())
    return DateContext(zone.value, now=now)


def propose(
    site: FetchedSite, taken: Iterable[str], given: GivenFields | None = None
) -> SourceProposal:
    """Propose a source for a site. ``taken`` contains the source ids already in use."""
    given = given or GivenFields()
    pages = [page for _, page in site.releases]
    context = initial_date_context(site.page, site.now)
    listing = read_listing(site.listing_page, context)
    reads = [read_release(page, context) for page in pages]
    dates = [item.published for item in listing.items]
    dates += [read.content.published for read in reads]
    languages = languages_of([site.page, *pages])
    languages += tuple(read.content.language for read in reads if read.content.language)
    if not languages:
        spoken = detect_language(" ".join(item.title for item in listing.items))
        languages = (spoken,) if spoken else ()
    name = guess_name(site.page, pages, site.feed_page)
    name = given.name_or(name)
    zone = guess_zone(
        host_of(site.page.url),
        languages,
        # Local times of dates whose UTC offset is stated on the site.
        [date.local for date in dates if date and date.zone.startswith(("+", "-"))],
        country=given.country
        or country_of([(page, read_metadata(page)) for page in (site.page, *pages)]),
        spoken=detect_language(" ".join(item.title for item in listing.items)) or "",
    )
    zone = given.zone_or(zone)
    # An uncertain time zone does not show the order of day and month.
    known = DateContext(zone.value if zone.sure else "UTC", languages=languages_of([site.page]))
    place = replace(context, zone=zone.value)
    lists = [site.listing_page, *[site.page] * bool(site.feed_page and site.page.body)]
    certain = known.day_order is not None
    order, doubt = decided_order(lists, site.releases, place, certain=certain)
    proposal = SourceDraft(
        id=given.id or source_id(name, site.page.url, taken),
        name=name,
        url=site.page.url,
        timezone=zone,
        feed=site.feed.place.url if site.feed else None,
        render=site.render,
        date_order=order,
        catalogue=given.catalogue,
    )
    proposal, listing, looks = _mended(proposal, site)
    fields = review(looks, name.value)
    unread = unread_reason(_for_readers(site, listing, place))
    certainty = certainty_of(site.page, listing, looks, place, offline=site.offline, unread=unread)
    doubts = [
        *(doubt,) * bool(doubt),
        *_doubts(proposal, listing, looks, certainty),
        *(f"{field.name}: {field.advice}" for field in fields if field.advice),
    ]
    return SourceProposal(proposal, proposal.file, listing, looks, fields, tuple(doubts), certainty)


def propose_page(site: FetchedSite, taken: Iterable[str], given: GivenFields) -> SourceProposal:
    """Propose a source that is the single page of ``site``. ``taken`` contains used source ids.

    Raises NotARelease if the page is neither HTML nor a document such as a PDF.
    """
    page = site.page
    context = initial_date_context(page, site.now)
    read = _read_page(page, context)
    title = read.content.title
    languages = languages_of([page]) or tuple(filter(None, [read.content.language]))
    owner = guess_name(page, [page], None)
    both = owner.value if title in {"", UNTITLED, owner.value} else f"{owner.value}: {title}"
    name = given.name_or(replace(owner, value=both))
    country = given.country or country_of([(page, read_metadata(page))])
    zone = given.zone_or(guess_zone(host_of(page.url), languages, (), country=country))
    proposal = SourceDraft(
        id=given.id or page_id(owner, page.url, taken),
        name=name,
        url=page.url,
        timezone=zone,
        kind="page",
        render=site.render,
        catalogue=given.catalogue,
    )
    looks = (SampleRelease(page, read, ListingItem(page.url, title)),)
    fields = review(looks, name.value)
    has_text = bool(read.content.body_text or read.content.attachments)
    certainty = Certainty(1.0) if has_text else Certainty(0.0, ("no text was found on the page",))
    listing = Listing(page.url, ())
    doubts = list(_doubts(proposal, listing, looks, certainty))
    if (rows := _dated_rows(page, read, context)) >= MIN_ROWS:
        doubts.append(
            f"kind: the page lists {rows} dated items; to collect them as releases, use"
            " `communique add` without --page"
        )
    return SourceProposal(proposal, proposal.file, listing, looks, fields, tuple(doubts), certainty)


def _read_page(page: Page, context: DateContext) -> ExtractedRelease:
    if media_type := document_type(page):
        content = document_content(page, media_type, None, context)
        return ExtractedRelease(page.url, content)
    read = read_release(page, context)
    return with_whole_text(page, read, ReleaseRules(), context, None)


def _dated_rows(page: Page, read: ExtractedRelease, context: DateContext) -> int:
    """Return the number of dated items if a page is a list of releases, or 0."""
    listing = read_listing(page, context)
    is_list = bool(listing.items) and kind_of(read, listing) == "listing"
    return sum(item.published is not None for item in listing.items) if is_list else 0


def _for_readers(site: FetchedSite, listing: Listing, context: DateContext) -> Listing:
    """Return the page's listing if the source's feed contains only the newest releases.

    Otherwise returns ``listing``.
    """
    if site.feed_page is None or not site.page.body or lists_all(listing):
        return listing
    return read_listing(site.archive_page or site.page, context)


def languages_of(pages: Sequence[Page]) -> tuple[str, ...]:
    """Return the languages that pages declare, in page order."""
    found = (page_language(page.tree, read_metadata(page)) for page in pages)
    return tuple(dict.fromkeys(tag for tag in found if tag))


def _mended(
    proposal: SourceDraft, site: FetchedSite
) -> tuple[SourceDraft, Listing, tuple[SampleRelease, ...]]:
    """Add selectors to a proposed source for fields that detection extracts wrongly.

    Returns the source, and the listing and sample releases extracted with it.
    """
    listing, looks = _read(proposal, site)
    file = proposal.file
    rules = draft_rules(looks, file.date_context(site.now))
    if rules != ReleaseRules():
        mended = replace(proposal, rules=rules)
        _, better = _read(mended, site)
        if draft_rules(better, file.date_context(site.now)) != rules:
            return mended, listing, better
    return proposal, listing, looks


def _read(proposal: SourceDraft, site: FetchedSite) -> tuple[Listing, tuple[SampleRelease, ...]]:
    """Extract the fetched pages with the proposed source file, as a visit would."""
    file = proposal.file
    context = file.date_context(site.now)
    listing = read_listing(site.listing_page, context, file.listing)
    items = {item.url: item for item in listing.items}
    looks = []
    for listed, page in site.releases:
        item = items.get(listed.url, listed)
        rules = file.rules_on(item.published.day if item.published else None)
        looks.append(SampleRelease(page, read_release(page, context, rules, item), item))
    return listing, tuple(looks)


def _doubts(
    proposal: SourceDraft, listing: Listing, looks: Sequence[SampleRelease], certainty: Certainty
) -> Iterator[str]:
    if not proposal.name.sure:
        yield f'name: this is a guess ({proposal.name.rule}); if it is wrong, write name = "…"'
    if not proposal.timezone.sure:
        yield (
            f"timezone: {proposal.timezone.value} is a guess ({proposal.timezone.rule}); if it is "
            'wrong, write timezone = "Area/City"'
        )
    if not listing.items:
        return
    if not any(item.published for item in listing.items):
        if looks and all(look.read.content.published for look in looks):
            return  # the release pages have dates
        yield (
            "listing: the links have no dates; if the page shows dates, write [listing] with "
            'item = "…" and published = "…"'
        )
    elif listing.confidence < MIN_CONFIDENCE and certainty.value < MIN_UNCHECKED_CERTAINTY:
        yield 'listing: if the rows above are not the releases, write [listing] item = "…"'
