"""From the answer of a site to a draft: pure, given the page and what the listing said of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from data.dates.context import DateContext
from data.models import Content, Draft, Media, Validator
from data.revisions.edits import DOCUMENT
from data.text.html_text import paragraphs
from data.text.language_detection import detect_language
from spiders.crawl.blocked_page import block_reason, soft_404_reason
from spiders.crawl.layout_change import skeleton_of
from spiders.crawl.missing_text import is_leftover, lock_reason
from spiders.download.documents import is_pdf
from spiders.items import ExtractedRelease, ListingItem
from spiders.page.document_text import DocumentText
from spiders.page.page import Page
from spiders.release.document import published_of, text_of, title_of
from spiders.release.read import read_release
from spiders.sources.source_file import ReleaseRules, SourceFile

DOCUMENTS = {
    "application/pdf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/rtf",
}
"""Types of files that are releases in themselves where a listing links to them."""

PDF_TYPE = "application/pdf"
PAGES = {"", "text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml"}


ReadPage: TypeAlias = Callable[
    [Page, DateContext, ReleaseRules, ListingItem | None], ExtractedRelease
]
"""What reads a release page by the rules that its source file gives for it."""


class NotARelease(ValueError):
    """A page is no release: ``kind`` is a short code, the message a sentence."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def draft_release(
    source: str,
    file: SourceFile,
    page: Page,
    reading: DateContext,
    *,
    aliases: tuple[str, ...],
    item: ListingItem | None,
    validator: Validator | None,
    read_page: ReadPage = read_release,
) -> Draft:
    """The release on a page, as ``read_page`` reads it. Raises NotARelease."""
    digest = hashlib.sha256(page.body).hexdigest()
    media_type = page.content_type.partition(";")[0].strip().lower()
    if is_pdf(page.body):
        media_type = PDF_TYPE
    if media_type in DOCUMENTS:
        content = completed(document(page, media_type, item, reading), file)
        return Draft(
            source,
            page.url,
            content,
            aliases,
            digest=digest,
            validator=validator,
            zone=file.timezone,
        )
    if media_type not in PAGES:
        raise NotARelease("type", f"it is {media_type}, neither a page nor a document")
    if not page.body.strip():
        raise NotARelease("empty", "the answer is empty")
    read = read_page(page, reading, _rules(file, item), item)
    older = file.rules_on(read.content.published.day if read.content.published else None)
    if older != _rules(file, item):
        read = read_page(page, reading, older, item)
    own = read.content
    if own.published and item and own.published == item.published:
        own = replace(own, published=None)
    _refuse_none(page, own, item)
    content = _with_hint(read, item)
    if is_leftover(page, content.body_text, (file.name, content.publisher or "")):
        content = replace(content, body_html="", body_text="", body_rule="")
    if not content.title:
        raise NotARelease(
            "title", "no title was found on the page (write release.title in the source file)"
        )
    return Draft(
        source,
        page.url,
        completed(content, file),
        aliases,
        canonical=read.canonical,
        links=read.links,
        editions=read.editions,
        digest=digest,
        validator=validator,
        skeleton=skeleton_of(page),
        zone=file.timezone,
        refused=read.refused,
    )


def _refuse_none(page: Page, own: Content, item: ListingItem | None) -> None:
    """Raise NotARelease where something stands in place of a release; ``own`` is the page's own."""
    if before := block_reason(page, own) or lock_reason(page, own, item.title if item else ""):
        raise NotARelease("wall", before)
    if said := soft_404_reason(page, own):
        raise NotARelease("missing", said)


def completed(content: Content, file: SourceFile) -> Content:
    """A content with what the source file knows where the page did not say it."""
    return replace(
        content,
        language=content.language or file.language,
        publisher=content.publisher or file.name,
    )


def document(
    page: Page, media_type: str, item: ListingItem | None, reading: DateContext
) -> Content:
    """A document as a release: what the listing says of it and, where it could be read, it itself.

    The file is its attachment. Of one that is locked, broken or scanned only the listing tells.
    """
    said = page.document or DocumentText()
    listed = item.title if item else ""
    title, rule = title_of(said, listed)
    if not title:
        title, rule = (listed, "listing") if listed else (_file_name(page.url), "file name")
    text = text_of(said, title)
    return Content(
        title=title,
        published=(item.published if item else None) or published_of(said, reading),
        language=detect_language(text) if text else None,
        body_html=paragraphs(text),
        body_text=text,
        attachments=(Media(page.url, media_type, len(page.body), title),),
        title_rule=rule,
        body_rule=DOCUMENT,
    )


def _file_name(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2])


def _rules(file: SourceFile, item: ListingItem | None) -> ReleaseRules:
    return file.rules_on(item.published.day if item and item.published else None)


def _with_hint(read: ExtractedRelease, item: ListingItem | None) -> Content:
    content = read.content
    if item and not content.title and item.title:
        content = replace(content, title=item.title, title_rule="listing")
    if item and content.published is None and item.published:
        content = replace(content, published=item.published)
    return content
