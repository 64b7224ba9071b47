"""Extract a release that is a section of a page and has no page of its own."""

from __future__ import annotations

from data.dates.context import DateContext
from data.languages.detection import detect_language
from data.models import Content
from data.text.urls import canonical_url, section_fragment
from spiders.body.clean_html import clean_body
from spiders.body.fragment import outer_html
from spiders.items import ExtractedRelease
from spiders.page.embedded_metadata import read_metadata
from spiders.page.page import Page
from spiders.release.media import attachments_of, images_of
from spiders.release.metadata import page_language, publisher_of
from spiders.sections.find import FoundSection, find_sections
from spiders.sources.source_file import ReleaseRules

SECTION = "section"
"""Name of the rule for the title and body of a section."""


def section_at(page: Page, reading: DateContext) -> FoundSection | None:
    """Return the section at the fragment of a page's address, or None."""
    if not section_fragment(page.url):
        return None
    key = canonical_url(page.url)
    sections = find_sections(page, reading)
    return next((one for one in sections if canonical_url(one.url) == key), None)


def read_section(
    page: Page, section: FoundSection, rules: ReleaseRules | None = None
) -> ExtractedRelease:
    """Extract a section as a release: its text is the body and its files are the attachments."""
    meta = read_metadata(page)
    drop = rules.drop if rules else ()
    prose, reasons = clean_body(outer_html(section.content), page.base, section.title, drop)
    html, text = prose.written()
    plain = read_metadata(Page(page.url, b""))
    content = Content(
        title=section.title,
        published=section.published,
        language=page_language(page.tree, meta) or detect_language(text),
        publisher=publisher_of(page, meta),
        body_html=html,
        body_text=text,
        images=images_of(section.content, plain, page.base),
        attachments=attachments_of(section.content, page.base),
        title_rule=SECTION,
        body_rule=SECTION,
    )
    return ExtractedRelease(
        url=section.url,
        content=content,
        confidence={"title": 0.9, "published": 0.9, "body": 0.9 if text else 0.0},
        reasons=tuple(reasons),
    )
