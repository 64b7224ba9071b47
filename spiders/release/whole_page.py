"""Extract the text of a single page completely, so that no change of the page is missed."""

from dataclasses import replace
from typing import Final

from lxml import etree

from data.dates.context import DateContext
from data.languages.detection import detect_language
from data.models import Published, Release
from data.revisions.edits import SINGLE_PAGE
from data.text.words import tokens
from spiders.body.clean_html import prose_of
from spiders.body.frames import TAGS, own_names
from spiders.body.main_content import MainContent, month_calendars
from spiders.body.text_blocks import BlockTree, TextBlock, holder, segment
from spiders.items import ExtractedRelease
from spiders.page.class_hints import hidden_parts
from spiders.page.page import Page
from spiders.release.date.choice import METADATA_RULES, VAGUE_RULES
from spiders.release.media import attachments_of
from spiders.release.read import dropped_of
from spiders.sources.source_file import ReleaseRules

MIN_KEPT_SHARE: Final = 0.98
"""Minimum share of a page's words that the body must contain for the page to be an article.
Otherwise, all text of the page outside its frames becomes the body."""

MIN_KNOWN_SHARE: Final = 0.5
"""Minimum share of a page's words that the body must contain if the page is already stored as an
article. It is lower than MIN_KEPT_SHARE, so that the extraction does not flip between two visits.
"""


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


FRAME_ROLES: Final = frozenset(
    ["banner", "complementary", "contentinfo", "navigation", "search", "dialog", "alertdialog"]
)
FRAME_NAMES: Final = frozenset(
    "foot footer site-footer page-footer colophon header site-header page-header nav navbar "  # noqa: SIM905 - words read better in a row
    "navigation menu breadcrumb breadcrumbs sidebar cookie cookies cookie-banner".split()
)
"""Classes and ids of the frames of a page. Unlike in releases, ``legal`` may mark the content."""

MAIN_TAGS: Final = frozenset(["main", "article"])

MIN_MAIN_SHARE: Final = 0.5
"""If a ``main`` element contains at least this share of a page's text (without frames), the text
outside of the element is ignored."""

MAX_FRAME_SHARE: Final = 0.5
"""Maximum share of a page's text in an element that is left out as a frame."""


def find_whole_text(seen: BlockTree, headline: str) -> MainContent | None:
    """Return all blocks of a segmented page outside its frames, except the first ``headline``.

    Returns None if no blocks remain.
    """
    root = seen.top.element
    hidden = frozenset(hidden_parts(root))
    dropped = hidden.union(month_calendars(root))
    size = sum(len(block.text) for block in seen.blocks)
    outside: list[TextBlock] = []
    mains: dict[int, list[TextBlock]] = {}
    end = 0
    inside = (0, -1)
    left_out: set[int] = set()
    for container in seen.containers:
        if not container.blocks or container.last <= end:
            continue
        element = container.element
        is_main = element.tag in MAIN_TAGS or element.get("role") == "main"
        if is_main and container.first >= inside[0]:
            inside = (container.last, container.index)
            mains[container.index] = seen.blocks[container.first : container.last]
        in_main = container.first < inside[0]
        if element in dropped or (_is_frame(element, in_main=in_main) and not is_main):
            own = seen.blocks[container.first : container.last]
            if element in dropped or sum(len(one.text) for one in own) <= MAX_FRAME_SHARE * size:
                left_out.update(range(container.first, container.last))
                end = container.last
    outside = [block for block in seen.blocks if block.order not in left_out]
    left = sum(len(block.text) for block in outside)
    for own in mains.values():
        kept = [block for block in own if block.order not in left_out]
        if sum(len(block.text) for block in kept) >= MIN_MAIN_SHARE * left:
            outside = kept
            break
    named = next((block for block in outside if block.text == headline), None)
    blocks = tuple(block for block in outside if block is not named)
    return MainContent(holder(blocks), blocks, SINGLE_PAGE, 1.0, hidden) if blocks else None


def _is_frame(element: etree._Element, *, in_main: bool) -> bool:
    """Return whether an element is a frame of the page. Inside the main element, only menus are."""
    if element.tag == "nav" or element.get("role") in FRAME_ROLES:
        return True
    if in_main:
        return False
    return element.tag in TAGS or not FRAME_NAMES.isdisjoint(own_names(element))
