"""Create drafts (extracted releases) from pages and listing items, without side effects."""

import hashlib
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from data.dates.context import DateContext
from data.languages.detection import detect_language
from data.models import Content, Draft, Media
from data.revisions.edits import DOCUMENT
from data.text.html_text import paragraphs
from spiders.barriers.barrier import barrier_to_release
from spiders.body.clean_html import outer_html
from spiders.body.frames import is_frame_line
from spiders.crawl.drafts.page_sketch import skeleton_of
from spiders.crawl.page_errors import MissingRelease, NotARelease
from spiders.download.truncation import end_of
from spiders.items import ExtractedRelease, ListingItem
from spiders.page.document import DocumentText, is_pdf
from spiders.page.media_urls import DOCUMENT_TYPES
from spiders.page.page import Page
from spiders.page_parts.find_parts import FoundPart
from spiders.release.date.choice import document_date
from spiders.release.document import body_text_of, title_of
from spiders.sources.source_file import SourceFile

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


def draft_document(source: str, file: SourceFile, page: Page, content: Content) -> Draft:
    """Return the draft of a release that is a document such as a PDF.

    ``content`` is the document's extracted content.
    """
    return Draft(source, page.url, completed(content, file), digest=page.digest, zone=file.timezone)


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


def draft_part(
    source: str, file: SourceFile, page: Page, part: FoundPart, read: ExtractedRelease
) -> Draft:
    """Return the draft of a release that is a part of a page. ``read`` is the part's extraction."""
    shown = outer_html(part.content).encode("utf-8", "replace")
    return Draft(
        source,
        part.url,
        completed(read.content, file),
        digest=hashlib.sha256(shown).hexdigest(),
        zone=file.timezone,
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
        title, rule = (listed, "listing") if listed else (_file_name(page.url), "file name")
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


def _file_name(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2])
