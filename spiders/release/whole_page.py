"""Extract the text of a single page completely, so that no change of the page is missed."""

from dataclasses import replace
from typing import Final

from data.dates.context import DateContext
from data.languages.detection import detect_language
from data.models import Published, Release
from data.revisions.edits import SINGLE_PAGE
from data.text.words import tokens
from spiders.body.clean_html import prose_of
from spiders.body.segmentation import segment
from spiders.body.whole_text import find_whole_text
from spiders.items import ExtractedRelease
from spiders.page.page import Page
from spiders.release.date.choice import METADATA_RULES, VAGUE_RULES
from spiders.release.media import attachments_of
from spiders.release.read import dropped_of
from spiders.sources.source_file import ReleaseRules

MIN_KEPT_SHARE: Final = 0.98
"""Minimum share of a page's words in the body of an article. Otherwise, all text of the page
outside its frames becomes the body."""

MIN_KNOWN_SHARE: Final = 0.5
"""Minimum share of a page's words in the body of a page that is already stored as an article. It is
lower than MIN_KEPT_SHARE, so that the extraction does not flip between two visits."""


def with_whole_text(
    page: Page,
    read: ExtractedRelease,
    rules: ReleaseRules,
    context: DateContext,
    known: Release | None,
) -> ExtractedRelease:
    """Return the extraction of a single page, with all its text unless it is an article.

    ``read`` is its extraction as a release, and ``known`` the stored release. A body selected by
    the source file is not changed. Today's date on the page is not used as the publication date,
    unless the source file selects it.
    """
    content = read.content
    if content.published and _is_clock(content.published, context):
        content = replace(content, published=None)
    article = replace(
        read, content=replace(content, body_rule=f"{SINGLE_PAGE}:{content.body_rule}")
    )
    if rules.body:
        return article
    reasons = [*read.reasons]
    seen = segment(page.tree)
    whole = find_whole_text(seen, content.title)
    if whole is None:
        return article
    prose = prose_of(whole, seen, page.base, dropped_of(page, rules, reasons))
    html, text = prose.written()
    share = len(tokens(content.body_text)) / max(1, len(tokens(text)))
    before = known.content.body_rule if known else ""
    # An article with more words contains a part of the page's frames.
    is_kept = share >= MIN_KNOWN_SHARE if before else MIN_KEPT_SHARE <= share <= 1
    if before != SINGLE_PAGE and is_kept:
        return article
    content = replace(
        content,
        language=content.language or detect_language(text),
        body_html=html,
        body_text=text,
        body_rule=SINGLE_PAGE,
        attachments=attachments_of(whole.container.element, page.base),
    )
    confidence = {**read.confidence, "body": whole.confidence}
    return replace(read, content=content, confidence=confidence, reasons=tuple(reasons))


def _is_clock(published: Published, context: DateContext) -> bool:
    """Return whether a date is probably just the current day, which many pages show."""
    is_stated = published.rule.startswith(("declared", *METADATA_RULES))
    if is_stated and published.rule not in VAGUE_RULES:
        return False
    return published.day == context.now.astimezone(published.local.tzinfo).date()
