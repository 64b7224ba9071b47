"""Extract a release (title, date, body, media) from its page or from a part of a page.

The body is selected by the source file, detected, or found in scripts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from lxml import etree

from data.dates.context import DateContext
from data.languages.detection import detect_language
from data.models import Content
from data.text.clean import clean_line
from data.text.urls import canonical_url, part_fragment
from spiders.body.clean_html import HUGE, clean_body, outer_html, prose_of
from spiders.body.main_content import MainContent, find_main_content
from spiders.body.short_body import short_body
from spiders.body.text_blocks import BlockTree, holder, segment
from spiders.body.trim_edges import trim_edges
from spiders.items import ExtractedRelease, ListingItem
from spiders.page.css import CssSelector, declared_element, declared_text
from spiders.page.embedded_metadata import read_metadata
from spiders.page.javascript import without_scripts
from spiders.page.page import NO_TEXT, Page
from spiders.page_parts.find_parts import FoundPart, find_parts
from spiders.release.date.choice import choose_date, confidence_of, rejected_date
from spiders.release.date.date_candidates import DateCandidates
from spiders.release.date.places import date_place
from spiders.release.date.release_day_order import release_context
from spiders.release.from_state import release_in_state
from spiders.release.headline_text import part_opening
from spiders.release.media import attachments_of, images_of
from spiders.release.metadata import (
    author_of,
    canonical_of,
    editions_of,
    links_after,
    page_language,
    publisher_of,
    section_of,
)
from spiders.release.title import Title, find_title, read_title
from spiders.sources.source_file import ReleaseRules

MIN_VISIBLE_LENGTH: Final = 200
"""If a body is shorter than this number of characters, the content of ``<noscript>`` is extracted,
too."""

MIN_NOSCRIPT_RATIO: Final = 3
"""Minimum length of a body in ``<noscript>``, as a multiple of the visible body's length."""

DECLARED: Final = "declared"
"""Rule name of a body selected by the source file."""

UNTITLED = "(untitled)"

NO_BODY: Final = "no body was found"
"""Reason reported if no body was found, or if it has no text."""

STATE = "state"
"""Rule name of a title or body from the JSON state of a page's scripts."""

SECTION = "section"
"""Rule name of the title and body of a page part."""


def read_release(
    page: Page,
    context: DateContext,
    rules: ReleaseRules | None = None,
    listed: ListingItem | None = None,
) -> ExtractedRelease:
    """Extract the release from a page. Selectors in ``rules`` take precedence over detection.

    ``listed`` is the release's listing item. Its title and date replace missing or uncertain values
    of the page. Broken pages do not raise an exception; the result's ``reasons`` explain missing
    values.
    """
    if part := part_at(page, context):
        return read_part(page, part, rules)
    found = _read_visible(page, context, rules, listed)
    if len(found.content.body_text) >= MIN_VISIBLE_LENGTH or found.content.body_rule == DECLARED:
        return found
    hidden = without_scripts(page)
    other = _read_visible(hidden, context, rules, listed) if hidden else found
    more = len(other.content.body_text) > MIN_NOSCRIPT_RATIO * len(found.content.body_text)
    return other if more else found


def _read_visible(
    page: Page, context: DateContext, rules: ReleaseRules | None, listed: ListingItem | None
) -> ExtractedRelease:
    """Extract the release from a page's elements or from the JSON state of its scripts."""
    rules = rules or ReleaseRules()
    root = page.tree
    reasons: list[str] = [NO_TEXT] if page.is_binary else []
    meta = read_metadata(page)
    part_opening(root)
    seen = segment(root)
    if page.is_cut or not seen.complete:
        reasons.append("the page is so large that only its beginning was read")
    language = page_language(root, meta)
    if language and not context.languages:
        context = replace(context, languages=(language,))
    body = find_main_content(seen, meta)
    listed_title = listed.title if listed else ""
    stated = None if rules.body else release_in_state(page, meta, body, listed_title, context)
    if stated is not None:
        body = None
    detected = find_title(meta, seen, body, page.url, listed_title)
    if stated is not None and stated.title:
        detected = Title(stated.title, STATE, stated.confidence)
    title = read_title(page, rules, listed, detected, reasons)
    if stated is None and not rules.body:
        body = short_body(seen, body, title.order if title else None, context)
    place = date_place(title.order if title else None, body, seen)
    dated = release_context(context, page, meta, seen, place)
    candidates = DateCandidates(page, meta, seen, place, dated)
    in_state = stated.published if stated else None
    published = choose_date(rules, listed, in_state, candidates, reasons)
    if body is not None:
        headline, order = (title.text, title.order) if title else ("", None)
        kept = trim_edges(body.kept, headline, order, context, published)
        body = replace(body, kept=kept, container=holder(kept))
    if stated is not None:
        prose, doubts = clean_body(stated.html, page.base, stated.title, rules.drop)
        reasons.extend(doubts)
        element = Page(page.url, f"<body><div>{stated.html}</div></body>".encode()).tree
        text = BodyText(element, *prose.written(), STATE, stated.confidence)
    else:
        text = read_body(page, rules, body, seen, title, reasons)
    images = images_of(text.element, meta, page.base)
    files_place = text.element
    if files_place is None and title and title.order is not None:
        files_place = seen.blocks[title.order].container.element
    if stated is not None and stated.image is not None:
        images = (stated.image, *(image for image in images if image.url != stated.image.url))
    content = Content(
        title=title.text if title and title.text else UNTITLED,
        published=published,
        language=language or detect_language(text.text),
        section=declared_text(page.tree, rules.section, reasons)
        or section_of(page, meta, seen, body),
        publisher=declared_text(page.tree, rules.publisher, reasons) or publisher_of(page, meta),
        author=(stated.author if stated else None) or author_of(page, meta),
        summary=clean_line(meta.meta("og:description", "description")) or None,
        body_html=text.html,
        body_text=text.text,
        images=images,
        attachments=attachments_of(files_place, page.base),
        title_rule=title.rule if title else "",
        body_rule=text.rule,
    )
    return ExtractedRelease(
        url=page.url,
        content=content,
        canonical=canonical_of(page),
        links=links_after(body.kept[-1].container.element, page.base) if body else (),
        editions=editions_of(page, language),
        confidence={
            "title": title.confidence if title else 0.0,
            "published": confidence_of(published),
            "body": text.confidence,
        },
        reasons=tuple(reasons),
        refused="" if published else rejected_date(candidates),
    )


@dataclass(frozen=True, slots=True)
class BodyText:
    """An extracted body: its element, HTML, text, extraction rule and confidence."""

    element: etree._Element | None = None
    html: str = ""
    text: str = ""
    rule: str = ""
    confidence: float = 0.0


def read_body(  # noqa: PLR0917 - needs all parts of a page
    page: Page,
    rules: ReleaseRules,
    body: MainContent | None,
    seen: BlockTree,
    title: Title | None,
    reasons: list[str],
) -> BodyText:
    """Return the body that the source file selects, or else the detected body.

    Problems are added to ``reasons``.
    """
    headline = title.text if title else ""
    if rules.body:
        found = declared_element(page.tree, rules.body, reasons)
        if found is not None:
            prose, doubts = clean_body(outer_html(found), page.base, headline, rules.drop)
            reasons.extend(doubts)
            return BodyText(found, *prose.written(), "declared", 1.0)
        reasons.append(
            f"the declared body {rules.body!r} is not on the page; the body was detected instead"
        )
    if body is None:
        reasons.append(NO_BODY)
        return BodyText()
    prose = prose_of(body, seen, page.base, dropped_of(page, rules, reasons))
    if prose.is_huge:
        reasons.append(HUGE)
    html, text = prose.written()
    if not text:
        reasons.append(NO_BODY)
    return BodyText(body.container.element, html, text, body.rule, body.confidence)


def dropped_of(page: Page, rules: ReleaseRules, reasons: list[str]) -> list[etree._Element]:
    """Return the elements that the source file's `drop` selectors remove from a body.

    Problems are added to ``reasons``.
    """
    found: list[etree._Element] = []
    for selector in rules.drop:
        try:
            found += CssSelector(selector).elements(page.tree)
        except ValueError as error:
            reasons.append(f"the drop rule {selector!r} can't be read: {error}")
    return found


def part_at(page: Page, context: DateContext) -> FoundPart | None:
    """Return the page part that the fragment of the page's URL identifies, or None."""
    if not part_fragment(page.url):
        return None
    key = canonical_url(page.url)
    parts = find_parts(page, context)
    return next((one for one in parts if canonical_url(one.url) == key), None)


def read_part(page: Page, part: FoundPart, rules: ReleaseRules | None = None) -> ExtractedRelease:
    """Extract a part of a page as a release.

    The text of the part is the body, and its files are the attachments.
    """
    meta = read_metadata(page)
    drop = rules.drop if rules else ()
    prose, reasons = clean_body(outer_html(part.content), page.base, part.title, drop)
    html, text = prose.written()
    plain = read_metadata(Page(page.url, b""))
    content = Content(
        title=part.title,
        published=part.published,
        language=page_language(page.tree, meta) or detect_language(text),
        publisher=publisher_of(page, meta),
        body_html=html,
        body_text=text,
        images=images_of(part.content, plain, page.base),
        attachments=attachments_of(part.content, page.base),
        title_rule=SECTION,
        body_rule=SECTION,
    )
    return ExtractedRelease(
        url=part.url,
        content=content,
        confidence={"title": 0.9, "published": 0.9, "body": 0.9 if text else 0.0},
        reasons=tuple(reasons),
    )
