"""Extract release pages with the rules and learned layouts of their source, and create drafts."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec

from data.clock import utc_now
from data.dates.context import DateContext
from data.health.run_errors import BUG
from data.identity.decision import LISTING_RULE
from data.languages.detection import detect_language
from data.models import Capture, Content, Draft, Media, Release, Validator
from data.network.hosts import is_elsewhere
from data.revisions.edits import DOCUMENT
from data.store.core.store import Store
from data.text.html_text import paragraphs
from data.text.urls import canonical_url, part_fragment
from spiders.barriers import barrier_to_release
from spiders.body.clean_html import outer_html
from spiders.body.frames import is_frame_line
from spiders.crawl.drafts.page_sketch import NOTHING_SHOWN, Shown, shown_on, skeleton_of
from spiders.crawl.page_errors import CRAWL_BUG, MissingRelease, NotARelease, ReportError
from spiders.download.truncation import end_of
from spiders.items import ExtractedRelease, Listing, ListingItem
from spiders.learning.site_day_order import listed_order
from spiders.learning.source_templates import SourceTemplates
from spiders.page.media_files import DOCUMENT_TYPES, DocumentText, is_pdf
from spiders.page.page import Page
from spiders.page_parts.find_parts import FoundPart
from spiders.release.date.choice import document_date
from spiders.release.document import body_text_of, title_of
from spiders.release.read import part_at, read_part, read_release
from spiders.release.whole_page import with_whole_text
from spiders.sources.source_file import LoadedSource, ReleaseRules, SourceFile
from spiders.sources.unmatched_selectors import Unmatched, release_matches

PDF_TYPE = "application/pdf"
PAGES = {"", "text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml"}


def document_type(page: Page) -> str | None:
    """Return the media type of a document such as a PDF, or None for an HTML page.

    Raises NotARelease for any other media type and for an empty response.
    """
    media_type = page.content_type.partition(";")[0].strip().lower()
    if is_pdf(page.body):
        media_type = PDF_TYPE
    if media_type in DOCUMENT_TYPES:
        return media_type
    if media_type not in PAGES:
        raise NotARelease("media-type", f"{media_type} is not the media type of a page or document")
    if not page.body.strip():
        raise NotARelease("empty", "the response is empty")
    return None


def draft_release(
    source: str, file: SourceFile, page: Page, read: ExtractedRelease, item: ListingItem | None
) -> Draft:
    """Return the draft of a release page. ``read`` is the page's extraction.

    ``item`` is the page's listing item, or None. Raises NotARelease if the page is a login, a
    challenge, a notice or an error page.
    """
    content = read.content
    own = content
    if own.published and item and own.published == item.published:
        own = replace(own, published=None)
    if barrier := barrier_to_release(page, own, item.title if item else ""):
        if barrier.kind == "missing":
            raise MissingRelease(barrier.message)
        raise NotARelease(barrier.error_kind, barrier.message)
    if is_frame_line(page, content.body_text, (file.name, content.publisher or "")):
        content = replace(content, body_html="", body_text="", body_rule="")
    return Draft(
        source,
        page.url,
        completed(content, file),
        canonical=read.canonical,
        links=read.links,
        editions=read.editions,
        digest=page.digest,
        skeleton=skeleton_of(page),
        zone=file.timezone,
        refused=read.refused,
        has_end=end_of(page.body) == "complete",
    )


def completed(content: Content, file: SourceFile) -> Content:
    """Fill empty fields of a release's content with the default values in the source file."""
    return replace(
        content,
        language=content.language or file.language,
        publisher=content.publisher or file.name,
    )


def document_content(
    page: Page, media_type: str, item: ListingItem | None, context: DateContext
) -> Content:
    """Return the content of a document, from its listing item and its text.

    The file becomes the attachment of the content. If the document is encrypted, broken or scanned,
    the content comes only from the listing item.
    """
    document = page.document or DocumentText()
    listed = item.title if item else ""
    title, rule = title_of(document, listed)
    if not title:
        name = unquote(urlsplit(page.url).path.rpartition("/")[2])
        title, rule = (listed, "listing") if listed else (name, "file name")
    text = body_text_of(document, title)
    return Content(
        title=title,
        published=document_date(document, context, item),
        language=detect_language(text) if text else None,
        body_html=paragraphs(text),
        body_text=text,
        attachments=(Media(page.url, media_type, len(page.body), title),),
        title_rule=rule,
        body_rule=DOCUMENT,
    )


MAX_LISTING_CHARACTERS: Final = 1_000_000
"""Maximum length in characters of a stored listing that is searched for items. A sitemap may list a
whole site."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoredReleases:
    """The stored releases of a source.

    ``fronts`` returns the stored first pages of the source's listing and feed as JSON texts.
    """

    source: str
    store: Store
    fronts: Callable[[], Iterable[str]] = tuple

    def id_at(self, url: str) -> str | None:
        """Return the id of the stored release at a URL, or None."""
        key = canonical_url(url)
        return self.store.ids_at(self.source, [key]).get(key)

    def at(self, url: str) -> Release | None:
        """Return the stored release at a URL, or None."""
        release_id = self.id_at(url)
        return self.store.release(release_id) if release_id else None

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
            for text in self.fronts()
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
            content = completed(document_content(page, media_type, item, self.dates), self._file)
            draft = Draft(self._id, page.url, content, digest=page.digest, zone=self._file.timezone)
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
        shown = outer_html(part.content).encode("utf-8", "replace")
        return Draft(
            self._id,
            part.url,
            completed(read.content, self._file),
            digest=hashlib.sha256(shown).hexdigest(),
            zone=self._file.timezone,
            has_end=end_of(page.body) == "complete",
            capture=capture,
        )

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
