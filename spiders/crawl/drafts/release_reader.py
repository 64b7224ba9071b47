"""Extract release pages with the rules and the learned layouts of their source."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import msgspec

from data.clock import utc_now
from data.dates.context import DateContext
from data.health.run_errors import BUG
from data.identity.decision import LISTING_RULE
from data.models import Capture, Draft, Release, Validator
from data.network.hosts import is_elsewhere
from data.store.core.store import Store
from data.text.urls import canonical_url, part_fragment
from spiders.crawl.drafts.draft import (
    document_content,
    document_type,
    draft_document,
    draft_part,
    draft_release,
)
from spiders.crawl.drafts.page_sketch import NOTHING_SHOWN, Shown, shown_on
from spiders.crawl.page_errors import CRAWL_BUG, NotARelease, ReportError
from spiders.items import ExtractedRelease, Listing, ListingItem
from spiders.learning.site_day_order import listed_order
from spiders.learning.source_templates import SourceTemplates
from spiders.page.page import Page
from spiders.page_parts.find_parts import FoundPart
from spiders.release.read import part_at, read_part, read_release
from spiders.release.whole_page import with_whole_text
from spiders.sources.loader import LoadedSource
from spiders.sources.source_file import ReleaseRules, SourceFile
from spiders.sources.unmatched_selectors import Unmatched, release_matches

MAX_LISTING_CHARACTERS: Final = 1_000_000
"""Maximum length in characters of a stored listing that is searched for items. A sitemap may list a
whole site."""

log = logging.getLogger(__name__)


class StoredReleases:
    """The stored releases of a source.

    ``fronts`` returns the stored first pages of the source's listing and feed as JSON texts.
    """

    def __init__(
        self, source: str, store: Store, fronts: Callable[[], Iterable[str]] = tuple
    ) -> None:
        self._source = source
        self._store = store
        self._fronts = fronts

    def id_at(self, url: str) -> str | None:
        """Return the id of the stored release at a URL, or None."""
        key = canonical_url(url)
        return self._store.ids_at(self._source, [key]).get(key)

    def at(self, url: str) -> Release | None:
        """Return the stored release at a URL, or None."""
        release_id = self.id_at(url)
        return self._store.release(release_id) if release_id else None

    def first_at(self, urls: Iterable[str]) -> Release | None:
        """Return the first stored release at one of the URLs, or None."""
        return next(filter(None, map(self.at, dict.fromkeys(urls))), None)

    def redirects_elsewhere(self, url: str, answered: str, own: Iterable[str]) -> bool:
        """Whether the URL of a stored release redirects to an unrelated site.

        ``answered`` is the URL of the response. Sites of the source's ``own`` URLs are related,
        because the source file contains them.
        """
        if not is_elsewhere(answered, [url, *own]):
            return False
        known = self.at(url)
        return known is not None and is_elsewhere(answered, [known.url, *known.aliases])

    def item_of(self, url: str) -> ListingItem | None:
        """Return the listing item of a stored release, or one built from its stored values.

        The extraction of a page then does not depend on whether its listing was extracted. The
        item's date keeps the rule that found it, so that an extraction error does not become
        permanent.
        """
        release = self.at(url)
        if release is None:
            return None
        if item := self.listing_item(url, release):
            return item
        published = replace(release.published, rule=f"{LISTING_RULE}:known")
        dated = release.published.precision != "none"
        return ListingItem(url, release.content.title, published if dated else None)

    def listing_item(self, url: str, release: Release) -> ListingItem | None:
        """Return a stored release's item on the first page of listing or feed, or None."""
        keys = map(canonical_url, (url, release.url, *release.aliases))
        return next((self._listed[key] for key in keys if key in self._listed), None)

    @cached_property
    def _listed(self) -> Mapping[str, ListingItem]:
        """The items on the first pages of the listing and of the feed, by canonical URL."""
        listings = (
            msgspec.json.decode(text, type=Listing)
            for text in self._fronts()
            if len(text) <= MAX_LISTING_CHARACTERS
        )
        return {canonical_url(item.url): item for one in listings for item in one.items}

    def read_by(
        self,
        file: SourceFile,
        pages: Callable[[], Iterable[tuple[Page, Release]]],
        rules: ReleaseRules,
    ) -> Iterator[tuple[Page, ListingItem, Release]]:
        """Yield the pages to which ``rules`` apply, each with its listing item and release."""
        for page, release in pages():
            listed = self.item_of(release.url)
            if listed and file.rules_on(release.published.day) == rules:
                yield page, listed, release


@dataclass(frozen=True, slots=True)
class PageDraft:
    """The draft of a page, with the values needed to check it.

    ``listed`` is the page's listing item. If the page of a stored release has changed, ``shown``
    contains the lines and files of the whole page.
    """

    draft: Draft
    listed: ListingItem | None = None
    shown: Shown = NOTHING_SHOWN


class ReleaseReader:
    """Extracts the pages of one source, and creates drafts from them."""

    def __init__(
        self,
        loaded: LoadedSource,
        templates: SourceTemplates,
        stored: StoredReleases,
        report_error: ReportError,
    ) -> None:
        self.unmatched = Unmatched()
        """Records which selectors of the source file match nothing."""
        self.dates: DateContext = loaded.file.date_context(utc_now())
        """Context for parsing the dates of this source."""
        self._id = loaded.id
        self._file = loaded.file
        self._templates = templates
        self._stored = stored
        self._report_error = report_error

    def learn_day_order(self, page: Page) -> None:
        """Learn the order of day and month in dates from a listing page."""
        if not self.dates.order:
            self.dates = replace(self.dates, order=listed_order(page, self.dates.now.date()))

    def draft(
        self,
        page: Page,
        aliases: tuple[str, ...],
        item: ListingItem | None,
        validator: Validator | None = None,
        *,
        capture: Capture | None = None,
        reextract: bool = False,
    ) -> PageDraft:
        """Extract a page and return its draft. Raises NotARelease if the page is not a release.

        ``item`` is the page's listing item, or None. ``reextract`` is true if the stored version
        was extracted from the same page.
        """
        if part_fragment(page.url):
            part = part_at(page, self.dates)
            if part is None:
                raise NotARelease("section", "the page has no section with this URL fragment")
            return PageDraft(self.draft_part(page, part, item, capture))
        if media_type := document_type(page):
            content = document_content(page, media_type, item, self.dates)
            draft = draft_document(self._id, self._file, page, content)
            draft = replace(draft, aliases=aliases, validator=validator, capture=capture)
            return PageDraft(replace(draft, is_page=self._file.is_page))
        known = self._stored.at(page.url)
        edited = not reextract and known is not None and known.digest != page.digest
        rules = self._file.rules_on(item.published.day if item and item.published else None)
        read = self._read(rules, page, item, known, edited=edited, reextract=reextract)
        published = read.content.published
        # The date on the page may be older than the date on the listing.
        own_rules = self._file.rules_on(published.day if published else None)
        self.unmatched.note(release_matches(page, own_rules))
        if own_rules != rules:
            read = self._read(own_rules, page, item, known, edited=edited, reextract=reextract)
        if self._file.is_page:
            read = with_whole_text(page, read, own_rules, self.dates, known)
        draft = draft_release(self._id, self._file, page, read, item)
        if self._file.is_page:
            draft = replace(draft, is_page=True, links=())
        return PageDraft(
            replace(draft, aliases=aliases, validator=validator, capture=capture),
            self._stored.listing_item(page.url, known) if known else item,
            shown_on(page) if edited else NOTHING_SHOWN,
        )

    def draft_part(
        self, page: Page, part: FoundPart, item: ListingItem | None, capture: Capture | None
    ) -> Draft:
        """Return the draft of a page part. Its date comes from its listing item."""
        if item and item.published and item.published.rule.startswith("section"):
            part = replace(part, title=item.title, published=item.published)
        rules = self._file.rules_on(part.published.day)
        read = read_part(page, part, rules)
        return replace(draft_part(self._id, self._file, page, part, read), capture=capture)

    def _read(
        self,
        rules: ReleaseRules,
        page: Page,
        item: ListingItem | None,
        known: Release | None,
        *,
        edited: bool,
        reextract: bool,
    ) -> ExtractedRelease:
        """Extract a page with ``rules`` and the learned layouts of the source."""
        try:
            return self._templates.read(
                page, self.dates, rules, item, known, edited=edited, reextract=reextract
            )
        except Exception as error:
            # Learned layouts may be the cause, and would fail again in the next visit.
            log.exception("the learned layouts could not be applied to %s", page.url)
            self._report_error(page.url, BUG, f"{CRAWL_BUG} ({type(error).__name__})")
            return read_release(page, self.dates, rules, item)
